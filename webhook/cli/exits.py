"""The exit codes of all commands.

0 is success, changed or not, so that `inject -f x | kubectl apply -f -` works under `set -o pipefail`.
Whoever wants to know asks with `--exit-code`, as with `git diff`, or `--diff`, as with `kubectl diff`: then 1
means changed, and whatever went wrong is above 1.
"""

from typing import Final

CHANGED: Final = 1
PROBLEMS: Final = 1
"""`doctor` found something that does not work."""
ERROR: Final = 2
"""Also what click uses for a wrong command line."""
REFUSED: Final = 3
"""An object would be denied by the webhook."""
UNFIT: Final = 4
"""A certificate is expired, has a foreign key, or is not trusted; or a Pod keeps an old token."""
INTERNAL: Final = 70
"""EX_SOFTWARE of sysexits.h: a mistake of ours."""
INTERRUPTED: Final = 130
"""128 + SIGINT, as shells report it."""
BROKEN_PIPE: Final = 141
"""128 + SIGPIPE: nobody reads what we write (`| head`)."""
