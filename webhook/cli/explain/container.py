"""What was decided about one container, as a row of the table and as a member of the JSON."""

from typing import Any, Final

from webhook.cli.table import Row
from webhook.core.decision import Action, Verdict

_GETS_ONE: Final = (Action.ADD, Action.KEEP, Action.REPLACE)


def described(verdict: Verdict) -> dict[str, Any]:
    """Return what was decided about a container."""
    choice = verdict.choice
    return {
        "container": verdict.container,
        "path": verdict.path,
        "action": str(verdict.action),
        "needsToken": verdict.reason.needs,
        "reason": str(verdict.reason),
        "sentence": verdict.sentence,
        "secret": choice
        and {
            "name": choice.secret,
            "key": choice.key,
            "source": str(choice.source),
            "detail": choice.detail,
        },
        "method": verdict.method and str(verdict.method),
        "repositories": list(verdict.repositories),
    }


def as_row(verdict: Verdict) -> Row:
    """Return a container's row."""
    choice = verdict.choice
    source = ""
    if choice is not None:
        by = " ".join(filter(None, [str(choice.source), choice.detail]))
        source = f"{choice.secret}/{choice.key} ({by})"
        if verdict.method is not None:
            source += f" as {verdict.method}"
    return Row(
        verdict.container,
        "yes" if verdict.action in _GETS_ONE else "taken back" if verdict.action is Action.REMOVE else "no",
        f"{verdict.reason}: {verdict.sentence}",
        source or "-",
        ", ".join(verdict.repositories) or "-",
    )
