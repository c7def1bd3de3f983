"""What was decided about one container, as a row of the table and as a member of the JSON."""

from collections.abc import Mapping
from typing import Any, Final

from webhook.cli.explain.facts import Held, Reference
from webhook.cli.explain.judged import Container, Holding
from webhook.cli.table import Row
from webhook.core.decision import Action, Choice, Verdict
from webhook.core.knowledge import Presence
from webhook.core.policy.finding import Finding

_GETS_ONE: Final = (Action.ADD, Action.KEEP, Action.REPLACE)


def described(verdict: Verdict) -> dict[str, Any]:
    """Return what was decided about a container."""
    return {
        "container": verdict.container,
        "path": verdict.path,
        "action": str(verdict.action),
        "needsToken": verdict.reason.needs,
        "reason": str(verdict.reason),
        "sentence": verdict.sentence,
        "secret": verdict.choice and _choice(verdict.choice),
        "method": verdict.method and str(verdict.method),
        "repositories": list(verdict.repositories),
    }


def described_live(container: Container, held: Mapping[Reference, Held]) -> dict[str, Any]:
    """Return the same of a container of a cluster, and what it has."""
    reference = container.reference
    known = held.get(reference) if reference else None
    return {
        **described(container.verdict),
        "holds": str(container.holding),
        "from": reference
        and {
            "kind": _kind(config_map=reference.config_map),
            "name": reference.name,
            "key": reference.key,
            "present": str(known.presence if known else Presence.UNKNOWN),
            "keyPresent": str(known.key if known else Presence.UNKNOWN),
        },
        "wiring": container.wiring,
        "now": container.other and _choice(container.other),
    }


def as_row(verdict: Verdict) -> Row:
    """Return a container's row."""
    choice = verdict.choice
    return Row(
        verdict.container,
        "yes" if verdict.action in _GETS_ONE else "taken back" if verdict.action is Action.REMOVE else "no",
        f"{verdict.reason}: {verdict.sentence}",
        _source(verdict, choice) if choice else "-",
        ", ".join(verdict.repositories) or "-",
    )


def as_live_row(container: Container, held: Mapping[Reference, Held], *, entry_only: bool = False) -> Row:
    """Return the row of a container of a cluster.

    Args:
        container: Of an object or a Pod.
        held: What is known of the Secrets.
        entry_only: An entry of ours is no token, as the object's Pods have none.
    """
    verdict, reference = container.verdict, container.reference
    row = as_row(verdict)
    source = row.source if verdict.choice else container.wiring or "-"
    if reference is not None:
        source += _presence(held.get(reference), config_map=reference.config_map)
    if container.other is not None:
        source += f"; now it would be {_source(verdict, container.other)}"
    token = "entry only" if entry_only and container.holding is Holding.OURS else _token(container, held)
    return row._replace(token=token, source=source)


def _token(container: Container, held: Mapping[Reference, Held]) -> str:
    """Return what a container has: an entry whose Secret is not all there, or not seen, is no plain yes."""
    reference, holding = container.reference, container.holding
    if reference is None or holding not in {Holding.OURS, Holding.OWN}:
        return holding.cell
    match held.get(reference):
        case Held(Presence.ABSENT, _):
            return f"no {_kind(config_map=reference.config_map)}"
        case Held(_, Presence.ABSENT):
            return "no key"
        case None | Held(Presence.UNKNOWN, _) if holding is Holding.OURS:
            return "yes?"
        case _:
            return holding.cell


def _choice(choice: Choice) -> dict[str, Any]:
    return {
        "name": choice.secret,
        "key": choice.key,
        "source": str(choice.source),
        "detail": choice.detail,
    }


def _source(verdict: Verdict, choice: Choice) -> str:
    by = " ".join(filter(None, [str(choice.source), choice.detail]))
    method = f" as {verdict.method}" if verdict.method is not None else ""
    return f"{choice.secret}/{choice.key} ({by}){method}"


def _presence(held: Held | None, *, config_map: bool) -> str:
    """Return what is to be said of a Secret, or ConfigMap, that is not all there."""
    kind = _kind(config_map=config_map)
    match held:
        case None | Held(Presence.UNKNOWN, _):
            return f", {kind} not seen"
        case Held(Presence.ABSENT, _):
            return f", no such {kind}"
        case Held(_, Presence.ABSENT):
            return ", no such key"
        case _:
            return ""


def _kind(*, config_map: bool) -> str:
    return "ConfigMap" if config_map else "Secret"


def objection(finding: Finding) -> dict[str, str]:
    """Return what the policy has against an object, for the JSON outputs."""
    return {
        "fault": str(finding.fault),
        "action": str(finding.action),
        "container": finding.container,
        "path": finding.path,
        "sentence": finding.sentence,
        "change": finding.change,
    }
