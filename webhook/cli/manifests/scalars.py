"""What Kubernetes makes of a plain YAML scalar, and when a string must be quoted so that it stays one.

Kubernetes reads YAML through sigs.k8s.io/yaml, a fork of go-yaml 2 (its `resolve.go`). It knows the booleans
of YAML 1.1 (`yes`, `on`, `y`, …) and its octal numbers (`0777`), and neither its base-60 numbers nor its
timestamps, both of which PyYAML reads. So `1:30` is a string here, as it is in a cluster.
"""

import base64
import binascii
import math
import re
from typing import Final

from webhook.cli.manifests.nodes import Json

_BOOLEANS: Final = {
    spelling: word in ("y", "yes", "true", "on")
    for word in ("y", "yes", "true", "on", "n", "no", "false", "off")
    for spelling in (word, word.capitalize(), word.upper())
}
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})
_NO_NUMBERS: Final = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_INTEGER: Final = re.compile(
    r"(?P<sign>[-+]?)(?:0[xX](?P<hex>[0-9a-fA-F]+)|0[bB](?P<bin>[01]+)|0[oO]?(?P<oct>[0-7]+)|(?P<dec>0|[1-9][0-9]*))"
)
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_BASES: Final = {"hex": 16, "bin": 2, "oct": 8, "dec": 10}

_EXACT_FLOAT: Final = 1e21
"""Below it Go writes a whole float as an integer, so that `8.0` reaches the API server as `8`."""

_MAX_INTEGER: Final = 2**64
_LONGEST_NUMBER: Final = 1000
"""Characters. No float is written longer, and Python refuses integers of more than 4300 digits."""

_PREFIX: Final = "tag:yaml.org,2002:"
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "null": (type(None),),
}

_PLAIN: Final = re.compile(r"[A-Za-z_/][\w./+=@%-]*(?:[ :][\w./+=@%-]+)*", re.ASCII)
"""Strings that read as themselves in block style and, without a colon, in flow style.

Stricter than YAML: what begins with a digit, a dot or a sign may be a number to somebody."""

_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}


def plain(text: str) -> Json:
    """Return the value of a scalar that is neither quoted nor tagged.

    Raises:
        ValueError: It is infinite or not a number, which JSON cannot hold.
    """
    if text in _NULLS:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text[0] not in "+-.0123456789" or len(text) > _LONGEST_NUMBER:
        return text
    if _NO_NUMBERS.fullmatch(text):
        raise ValueError(f"{text} has no place in a Kubernetes object: JSON knows no such number")
    digits = text if text[0] == "." else text.replace("_", "")
    integer = _INTEGER.fullmatch(digits)
    if integer is not None:
        base = str(integer.lastgroup)
        number = int(integer["sign"] + integer[base], _BASES[base])
        if abs(number) < _MAX_INTEGER or base != "dec":
            return number
    return _float(digits) if _FLOAT.fullmatch(digits) else text


def _float(digits: str) -> float | int | str:
    """Return a float as Go would write it, or the text itself where it is out of range."""
    number = float(digits)
    if math.isinf(number):
        return digits
    return int(number) if number.is_integer() and abs(number) < _EXACT_FLOAT else number


def tagged(tag: str, text: str) -> Json:
    """Return the value of a scalar with a tag.

    Raises:
        ValueError: The text is not what the tag says.
    """
    name = tag.removeprefix(_PREFIX)
    if name == "binary":
        try:
            return base64.b64decode("".join(text.split()), validate=True).decode("utf-8", "replace")
        except binascii.Error as error:
            raise ValueError("!!binary does not hold base64") from error
    expected = _TYPES.get(name) if name != tag else None
    if expected is None:
        return text
    value = plain(text)
    if not isinstance(value, expected) or (name != "bool" and isinstance(value, bool)):
        raise ValueError(f"the value is not what the tag !!{name} says")
    return value


def quoted(text: str, *, flow: bool = False) -> str:
    """Return a string as a YAML scalar on one line: plain where that is safe, else in quotes."""
    if _PLAIN.fullmatch(text) and text not in _BOOLEANS and text not in _NULLS and not (flow and ":" in text):
        return text
    if text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    """Return a character as it stands between double quotes."""
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004
