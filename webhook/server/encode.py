"""JSON on the way out, for answers and for the log."""

import json
from collections.abc import Callable
from typing import Any

import orjson


def encode(value: Any, *, default: Callable[[Any], Any] | None = None) -> bytes:  # noqa: ANN401
    """Return a value as JSON.

    orjson writes UTF-8 and so refuses a lone surrogate, and refuses more than 254 levels; the standard
    library writes the first as an escape and goes deeper. An answer must not fail for either.
    """
    try:
        return orjson.dumps(value, default=default)
    except TypeError:
        return json.dumps(value, default=default, separators=(",", ":")).encode("ascii")
