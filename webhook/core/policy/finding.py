"""What policy can have against an object: a closed set, each with a sentence and what to change.

A fault is one word in metrics, logs and audit annotations, and two sentences for people. A sentence may name
a subject: a variable, a flag, a repository. It never holds the value of anything.
`docs/reference/reasons.md` is written from this module.
"""

from enum import StrEnum
from typing import NamedTuple

from webhook.core.settings import PolicyAction
from webhook.core.words import Phrase


class Check(StrEnum):
    """The checks of the policy, by the names of their settings."""

    LITERAL_TOKENS = "literalTokens"
    REPOSITORIES = "repositories"
    REQUIRE_REVISION = "requireRevision"
    REQUIRE_TOKEN = "requireToken"  # noqa: S105 - the name of a setting
    TRUST_REMOTE_CODE = "trustRemoteCode"


class Fault(Phrase):
    """What is wrong.

    Each member carries the check that finds it, a sentence in which `{}` stands for the subject, and what to
    change.
    """

    check: Check
    change: str

    def __init__(self, _value: str, check: Check, sentence: str, change: str) -> None:
        self.check = check
        self.sentence = sentence
        self.change = change

    LITERAL_TOKEN = (
        "LiteralToken",
        Check.LITERAL_TOKENS,
        "{} holds a token in clear text",
        "refer to a Secret by secretKeyRef, and revoke the token",
    )
    LITERAL_VALUE = (
        "LiteralValue",
        Check.LITERAL_TOKENS,
        "{} is given in clear text",
        "refer to a Secret by secretKeyRef, and revoke the token",
    )
    TOKEN_IN_URL = (
        "TokenInUrl",
        Check.LITERAL_TOKENS,
        "a URL in {} carries a token",
        "take it out, refer to a Secret by secretKeyRef, revoke the token",
    )
    TOKEN_IN_LAST_APPLIED = (
        "TokenInLastApplied",
        Check.LITERAL_TOKENS,
        "kubectl's annotation last-applied-configuration repeats a token",
        "take the token out of the manifest, and apply that",
    )
    NOT_SEARCHED = (
        "NotSearched",
        Check.LITERAL_TOKENS,
        "{}, so it was not searched for tokens",
        "make it smaller, or look yourself",
    )

    REPOSITORY_DENIED = (
        "RepositoryDenied",
        Check.REPOSITORIES,
        "{} may not be used",
        "name another repository, or ask the platform team",
    )
    REPOSITORY_NOT_ALLOWED = (
        "RepositoryNotAllowed",
        Check.REPOSITORIES,
        "{} is not among the repositories that may be used",
        "name another, or ask the platform team",
    )
    NOT_READ = (
        "NotRead",
        Check.REPOSITORIES,
        "{}, so what it asks the Hub for is not known",
        "make it smaller, or look yourself",
    )
    NO_REVISION = (
        "NoRevision",
        Check.REQUIRE_REVISION,
        "{} is named without a revision",
        "name the commit that is meant, 40 hexadecimal digits",
    )
    REVISION_MOVES = (
        "RevisionMoves",
        Check.REQUIRE_REVISION,
        "{} is named with a branch or tag, which can move",
        "name the commit, 40 hexadecimal digits",
    )
    NO_TOKEN = (
        "NoToken",
        Check.REQUIRE_TOKEN,
        "it asks the Hub for {} without a token",
        "opt in, or refer to a Secret",
    )
    REMOTE_CODE = (
        "RemoteCode",
        Check.TRUST_REMOTE_CODE,
        "{} lets code of the repository run beside the token",
        "leave it out, or use a model without code",
    )


NEVER_DENIED = frozenset({Fault.NOT_SEARCHED, Fault.NOT_READ})
"""Faults of our reading and not of the object: nothing is refused because we could not look."""


class Finding(NamedTuple):
    """One thing that policy has against an object."""

    fault: Fault
    action: PolicyAction
    """What comes of it: `WARN` or `DENY`."""

    path: str
    """JSON pointer to where it is, without what looks like a token."""

    container: str = ""
    """The container that it is in, or the component of an InferenceService; "" for none."""

    subject: str = ""

    @property
    def sentence(self) -> str:
        """What is wrong, for people."""
        return self.fault.tell(self.subject)

    @property
    def change(self) -> str:
        """What to change, for people."""
        return self.fault.change

    @property
    def warning(self) -> str:
        """The whole in one short line."""
        where = f"{self.container}: " if self.container else ""
        return f"{where}{self.sentence}: {self.change}"

    @property
    def objection(self) -> str:
        """The whole with its place in the object."""
        where = f"{self.container}: " if self.container else ""
        return f"{where}{self.sentence} ({self.path}): {self.change}"
