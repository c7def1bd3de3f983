"""JSON texts as nodes with positions.

YAML's parser reads most JSON, not all: a pair of escaped surrogates, as Python and Java write an emoji, is an
error to libyaml. And Kubernetes tools take several JSON values one after another in one stream.
"""

import json
import re

from webhook.cli.manifests.nodes import MAX_DEPTH, Json, Kind, ManifestError, Node, check_keys

_BLANK = re.compile(r"[ \t\r\n]*")


def _no_constant(word: str) -> Json:
    """Refuse NaN and Infinity, which Python's reader would take."""
    raise ManifestError(f"{word} is not JSON", 0)


_DECODER = json.JSONDecoder(parse_constant=_no_constant)


def compose_stream(text: str, start: int = 0) -> list[Node]:
    """Return the JSON values that a text holds from an offset on.

    Raises:
        ManifestError: It holds something else.
    """
    values = []
    at = _skip(text, start)
    while at < len(text):
        values.append(_value(text, at, 1))
        at = _skip(text, values[-1].end)
    return values


def _skip(text: str, at: int) -> int:
    """Return the offset of the next character that is not blank."""
    match = _BLANK.match(text, at)
    return match.end() if match else at


def _value(text: str, at: int, depth: int) -> Node:
    """Read the value that starts at an offset."""
    if depth > MAX_DEPTH:
        raise ManifestError(f"nested more than {MAX_DEPTH} levels deep", at)
    first = text[at : at + 1]
    if first and first in "{[":
        return _collection(text, at, depth)
    try:
        value, end = _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise ManifestError(
            f"{error.msg[0].lower()}{error.msg[1:]}", min(error.pos, max(0, len(text) - 1))
        ) from error
    except ManifestError as error:
        raise ManifestError(error.message, at) from error
    return Node(Kind.SCALAR, at, end, style='"' if first == '"' else "", value=value)


def _collection(text: str, at: int, depth: int) -> Node:
    """Read the object or array that starts at an offset."""
    mapping = text[at] == "{"
    node = Node(Kind.MAPPING if mapping else Kind.SEQUENCE, at, at, flow=True)
    closing = "}" if mapping else "]"
    position = _skip(text, at + 1)
    while text[position : position + 1] != closing or node.children:
        if mapping:
            key = _key(text, position)
            value = _value(text, _skip(text, _expect(text, _skip(text, key.end), ":")), depth + 1)
            node.entries.append((key, value))
        else:
            value = _value(text, position, depth + 1)
            node.items.append(value)
        position = _skip(text, value.end)
        if text[position : position + 1] == closing:
            break
        position = _skip(text, _expect(text, position, ",", closing))
    node.close(position + 1)
    check_keys(node)
    return node


def _key(text: str, at: int) -> Node:
    """Read the key that starts at an offset."""
    if text[at : at + 1] != '"':
        raise ManifestError("a key in double quotes is expected here", min(at, len(text) - 1))
    return _value(text, at, 1)


def _expect(text: str, at: int, *wanted: str) -> int:
    """Return the offset after the first of the wanted characters, which must stand here."""
    if text[at : at + 1] != wanted[0]:
        words = " or ".join(f'"{character}"' for character in wanted)
        raise ManifestError(f"{words} is expected here", min(at, len(text) - 1))
    return at + 1
