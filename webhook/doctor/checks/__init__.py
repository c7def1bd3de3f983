"""One check a file.

`ABOUT` is the sentence that holds where it finds nothing, `NEEDS` what has to be read for it, and `check`
yields what it finds.
"""
