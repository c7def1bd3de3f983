"""Which repositories may be named, in which revision, and whether their code may run."""

import re
from collections.abc import Iterator
from typing import Final

from webhook.core.globs import glob
from webhook.core.policy.contents import Content
from webhook.core.policy.finding import Fault
from webhook.core.settings import RepositoryPolicy
from webhook.core.variables import UNKNOWN

_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
"""As huggingface_hub has it (`REGEX_COMMIT_HASH`): all that cannot move. Whoever owns the repository can move
a tag."""

_DEFAULT: Final = frozenset({"", "main"})
"""Revisions that are none: `main` is what is taken where nothing is said."""

Objection = tuple[Fault, str]
"""What is wrong, and its subject."""


def allowed(content: Content, policy: RepositoryPolicy) -> Iterator[Objection]:
    """Yield the repositories that may not be named."""
    for reference in content.references:
        name = reference.repository
        if any(glob(pattern).fullmatch(name) for pattern in policy.deny):
            yield Fault.REPOSITORY_DENIED, name
        elif policy.allow and not any(glob(pattern).fullmatch(name) for pattern in policy.allow):
            yield Fault.REPOSITORY_NOT_ALLOWED, name


def pinned(content: Content) -> Iterator[Objection]:
    """Yield the repositories that are named without a commit; where that cannot be known, nothing is said."""
    for reference in content.references:
        revision = reference.revision
        if revision in _DEFAULT:
            yield Fault.NO_REVISION, reference.repository
        elif UNKNOWN not in revision and not _COMMIT.fullmatch(revision):
            yield Fault.REVISION_MOVES, reference.repository


def remote_code(content: Content) -> Iterator[Objection]:
    """Yield what lets code of a repository run."""
    if content.reading is not None and content.reading.remote_code:
        yield Fault.REMOTE_CODE, content.reading.remote_code
