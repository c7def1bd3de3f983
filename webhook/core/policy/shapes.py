"""What a token looks like, and what merely looks alike; see `tests/cases/policy/literal-tokens.txt`.

A token of the Hub is `hf_` and 34 letters or digits (`api_org_` and 34 in older ones of organisations), as
gitleaks and trufflehog have it. 30 to 48 are taken: a copy that lost or gained a few characters still gives
most of one away, shorter words are names (`hf_transfer`), and longer ones are blobs. `hf_oauth_`, `hf_jwt_`
begin the tokens of sign-ins and of jobs, which are longer and have dots. A word that goes on before or behind
is another word (`my_hf_…`, `hf_…_model`); so are hexadecimal digests and fillers (`hf_xxxxxx`).
"""

import re
from collections.abc import Iterator
from typing import Final

_PREFIXES: Final = ("hf_", "api_org_")
_BODY = re.compile(
    r"(?:hf|api_org)_(?P<body>[A-Za-z0-9]{30,48}+)(?![A-Za-z0-9_])"
    r"|hf_(?:oauth|jwt)_[A-Za-z0-9][A-Za-z0-9._-]{19,1000}+"
)
_FEWEST: Final = 3
"""Different characters of a token: one of 34 from 62 has 26 on the average, a filler one or two."""

_HEXADECIMAL = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_ESCAPE = re.compile(r"(?:\\[nrtbf]|%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4})\Z")
_WORD = re.compile(r"[A-Za-z0-9_]")
_URL = re.compile(r"://[^\s/@\"'<>]*\Z")
_USER: Final = 120
"""Characters before a token in which the start of its URL is looked for."""


def tokens(text: str) -> Iterator[re.Match[str]]:
    """Yield what has the form of a token, in any place of a text."""
    for prefix in _PREFIXES:
        position = text.find(prefix)
        while position >= 0:
            match = _BODY.match(text, position)
            if match is not None and starts_word(text, position) and not _looks_alike(match["body"]):
                yield match
            position = text.find(prefix, position + len(prefix))


def may_have_token(text: str) -> bool:
    """Whether it is worth looking for the form of a token in a text."""
    return "hf_" in text or "api_org_" in text


def has_token(text: str) -> bool:
    """Whether something in a text has the form of a token."""
    return next(tokens(text), None) is not None


def in_url(match: re.Match[str]) -> bool:
    """Whether a token stands in a URL's place for user and password."""
    text, start, end = match.string, match.start(), match.end()
    return text[end : end + 1] == "@" and _URL.search(text[max(0, start - _USER) : start]) is not None


def starts_word(text: str, position: int) -> bool:
    r"""Whether a word begins here, also behind an escape of JSON or a URL (`\n`, `%20`, `\u0026`)."""
    before = text[max(0, position - 6) : position]
    return not before or _WORD.match(before[-1]) is None or _ESCAPE.search(before) is not None


def _looks_alike(body: str | None) -> bool:
    """Whether what stands behind the prefix is no token's; those of sign-ins and jobs have no body."""
    return body is not None and (len(set(body)) < _FEWEST or _HEXADECIMAL.fullmatch(body) is not None)
