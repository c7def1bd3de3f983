"""Why the cluster could not be followed. Imports no client: metrics name these where there is none."""

from enum import StrEnum
from typing import NamedTuple


class Cause(StrEnum):
    """Why Namespaces could not be followed: a closed set, for the metric's label."""

    FORBIDDEN = "Forbidden"
    EXPIRED = "Expired"
    UNAVAILABLE = "Unavailable"
    MALFORMED = "Malformed"
    INTERNAL = "Internal"


class Failure(NamedTuple):
    """What went wrong, in a sentence, and how often in a row something did."""

    cause: Cause
    why: str
    in_a_row: int
