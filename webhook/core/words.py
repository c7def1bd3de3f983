"""Closed sets of words that carry something: what a word means to people, and what follows from it."""

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """A word of a closed set.

    A member is written with what it carries behind it; its class takes that in `__init__`.
    """

    def __new__(cls, value: str, *_carried: object) -> Self:
        """Make a member that is its word."""
        member = str.__new__(cls, value)
        member._value_ = value
        return member


class Phrase(Word):
    """A word with a sentence, in which `{}` stands for the subject."""

    sentence: str

    def tell(self, subject: str = "") -> str:
        """Return the sentence about a subject."""
        return self.sentence.replace("{}", subject, 1)
