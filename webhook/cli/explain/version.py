"""The version of what `--output json` prints."""

from typing import Final

VERSION: Final = 1
"""Of the shape. A member may come in under the same version; one that changes or goes makes a new one."""
