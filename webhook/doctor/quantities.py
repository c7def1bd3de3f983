"""Quantities as Kubernetes writes them, and sizes as people read them."""

import re
from typing import Final

_QUANTITY: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(?:([eE][+-]?\d{1,2})|(m|[kMGTPE]i?|Ki))?")
_FACTORS: Final = {
    "m": 0.001,
    "k": 10**3,
    **{letter: 1000**power for power, letter in enumerate("MGTPE", 2)},
    **{f"{letter}i": 1024**power for power, letter in enumerate("KMGTPE", 1)},
}
_UNITS: Final = ("B", "KiB", "MiB", "GiB", "TiB")
_STEP: Final = 1024


def quantity(value: object) -> int | None:
    """Return a quantity in its unit, such as bytes (apimachinery, `resource.Quantity`); None for none."""
    if isinstance(value, int):
        return value
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    number, exponent, suffix = match.groups()
    return int(float(number + (exponent or "")) * _FACTORS.get(suffix or "", 1))


def shown(size: float) -> str:
    """Return a number of bytes for people."""
    for unit in _UNITS[:-1]:
        if size < _STEP:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= _STEP
    return f"{size:.1f} {_UNITS[-1]}"
