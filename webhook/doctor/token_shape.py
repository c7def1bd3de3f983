"""What can be wrong with a token's value, told without the value."""

import re
from typing import Final

from webhook.core.hub import HUGGING_FACE, Hub
from webhook.core.words import Phrase


class Flaw(Phrase):
    """What is wrong with a value: a word, a sentence that reads after the key's name, and how bad it is."""

    works: bool
    """Whether the Hub may take it all the same."""

    def __init__(self, _value: str, works: bool, sentence: str) -> None:  # noqa: FBT001
        self.works = works
        self.sentence = sentence

    EMPTY = "Empty", False, "is empty"
    BLANK = "Blank", False, "holds nothing but blanks"
    LINE_BREAK = (
        "LineBreak",
        True,
        "ends with a line break, as echo writes one: huggingface_hub cuts it off, other clients send it",
    )
    BLANKS = "Blanks", True, "has blanks around it: huggingface_hub cuts them off, other clients send them"
    INSIDE = "BlanksInside", False, "has blanks or line breaks inside"
    QUOTED = "Quoted", False, "has quotation marks around it, which are sent with it"
    ASSIGNMENT = "Assignment", False, "holds NAME=VALUE and not the value alone"
    ENCODED = "EncodedTwice", False, "is base64 of a token: data was encoded twice, or stringData was meant"
    NO_TEXT = "NoText", False, "has characters that no token has"
    PLACEHOLDER = "Placeholder", False, "is a placeholder and no token"
    FOREIGN = "Foreign", True, "does not begin with hf_, as tokens of the Hugging Face Hub do"


_QUOTES: Final = "\"'`"
_ENCODED_TOKEN: Final = re.compile(r"aGZf[A-Za-z0-9+/]{16,}={0,2}")
"""`hf_` in base64: three bytes are four characters."""
_PLACEHOLDER: Final = re.compile(
    r"hf_(?:\.{2,}|x{3,}|\*+|[<{$].*|your.*|token)?|<.*>|change-?me|todo|placeholder|dummy", re.IGNORECASE
)


def flaw(value: bytes, hub: Hub = HUGGING_FACE) -> Flaw | None:
    """Return what is wrong with a token's value, the worst first; None where it looks like a token."""
    try:
        text = value.decode("ascii")
    except UnicodeDecodeError:
        return Flaw.NO_TEXT
    bare = text.strip()
    if not bare:
        return Flaw.BLANK if text else Flaw.EMPTY
    wrong = {
        Flaw.PLACEHOLDER: _PLACEHOLDER.fullmatch(bare) is not None,
        Flaw.QUOTED: bare[0] in _QUOTES or bare[-1] in _QUOTES,
        Flaw.INSIDE: any(character.isspace() for character in bare),
        Flaw.NO_TEXT: not bare.isprintable(),
        Flaw.ASSIGNMENT: bare.startswith(tuple(f"{name}=" for name in hub.token_variables)),
        Flaw.ENCODED: _ENCODED_TOKEN.fullmatch(bare) is not None,
        Flaw.LINE_BREAK: bare != text and text.rstrip("\r\n") == bare,
        Flaw.BLANKS: bare != text,
        Flaw.FOREIGN: not bare.startswith("hf_"),
    }
    return next((found for found, is_so in wrong.items() if is_so), None)
