"""One check a file.

`ABOUT` is the sentence that holds where it finds nothing, `NEEDS` what has to be read for it, and `check`
yields what it finds in what was seen. What was not is told by the registry, for every check alike.
"""
