"""What a check finds."""

from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    """It works, or nobody could look; a person should know."""

    FAIL = "fail"
    """Something does not work, or will not at the next start."""

    @property
    def rank(self) -> int:
        """The worse, the higher."""
        return list(Status).index(self)


class Subject(NamedTuple):
    """The object that a finding is about."""

    kind: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace + '/' if self.namespace else ''}{self.name}"


class Finding(NamedTuple):
    """One thing that a check has to say. None of its texts ever holds a token.

    Attributes:
        status: How bad it is.
        subject: What it is about; None where it is about the whole installation.
        sentence: What was found, a whole sentence that reads after the subject's name.
        fix: What mends it, or shows more, as a shell takes it; empty where no command does. What else
            a person has to do is for the sentence to say.
        unseen: Whether it tells of what could not be looked at, and of nothing that was found.
    """

    status: Status
    subject: Subject | None
    sentence: str
    fix: str = ""
    unseen: bool = False


def ok(subject: Subject | None, sentence: str) -> Finding:
    """Return a finding that nothing has to be done about."""
    return Finding(Status.OK, subject, sentence)


def warn(subject: Subject | None, sentence: str, fix: str = "") -> Finding:
    """Return a finding that a person should know of."""
    return Finding(Status.WARN, subject, sentence, fix)


def unseen(what: str, why: str) -> Finding:
    """Return what a check has to say of what it needs and did not see."""
    return Finding(Status.WARN, None, f"Not looked at: {what} ({why}).", unseen=True)


def fail(subject: Subject | None, sentence: str, fix: str = "") -> Finding:
    """Return a finding about what does not work."""
    return Finding(Status.FAIL, subject, sentence, fix)
