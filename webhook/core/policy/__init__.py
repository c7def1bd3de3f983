"""What the platform's policy has against an object; `validate.validate()` is the way in.

`checks` runs what is on. `literal_tokens` finds tokens by their form (`shapes`) and by the names they stand
behind (`values`) in everything that `strings` walks over. `contents` reads what the containers ask the Hub
for, `repositories` and `needs` judge that. A guard rail, not a boundary: what cannot be resolved cannot be
judged.
"""
