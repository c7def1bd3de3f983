"""What was found out in a cluster, as text and as JSON."""

import json
from collections.abc import Iterable
from typing import Any

import click

from webhook.cli.explain.answer import Answer
from webhook.cli.explain.codes import LACKING
from webhook.cli.explain.container import as_live_row, described_live, objection
from webhook.cli.explain.explained import Explained, PodSeen
from webhook.cli.table import COLUMNS, lines, rich_table
from webhook.cluster.resources import NAMESPACE, POD
from webhook.core.hub import redact

_NAMED = 3
"""Pods that look alike are named up to this number."""


def as_json(explained: Explained) -> str:
    """Return an object as JSON, indented as a member of a list.

    It has no times and no names that are made anew with each Pod: Pods that are alike are counted. So it is
    the same for two versions of hf-token-injector that decide the same.
    """
    judged = explained.judged
    described: dict[str, Any] = {
        "apiVersion": explained.api_version,
        "kind": explained.named.resource.kind,
        "namespace": explained.named.namespace,
        "name": explained.named.name,
        "answer": _answer(explained.answer, explained.pods),
    }
    if judged is not None:
        decision = judged.decision
        described |= {
            "outcome": str(decision.outcome),
            "sentence": decision.outcome.sentence,
            "denial": decision.denial,
            "warnings": decision.warnings,
            "containers": [described_live(one, explained.held) for one in judged.containers],
            "policy": [objection(finding) for finding in judged.findings],
            "misspelt": list(judged.misspelt),
            "pods": [_pods(alike) for alike in _alike(explained.pods)],
        }
    described["unseen"] = list(dict.fromkeys(explained.unseen))
    return redact(json.dumps(described, indent=2)).replace("\n", "\n    ")


def as_text(explained: Explained, *, color: bool) -> str:
    """Return an object's first line, what mends it, its table and those of its Pods."""
    named = explained.named
    heading = f"{named.resource.kind} {named.name}"
    if color:
        heading = click.style(heading, bold=True)
    where = f" in namespace {named.namespace}" if named.namespace and named.resource is not NAMESPACE else ""
    text = f"{heading}{where}: {_how_many(explained)}{explained.answer.sentence}\n"
    text += "".join(f"  {command}\n" for command in explained.answer.commands)
    judged = explained.judged
    if judged is not None:
        for warning in judged.decision.warnings:
            if not any(command in warning for command in explained.answer.commands):
                text += f"  warning: {warning}\n"
                text += f"    {judged.mending[warning]}\n" if warning in judged.mending else ""
        for finding in judged.findings:
            text += f"  policy would {finding.action}: {finding.objection}\n"
        for clause in judged.misspelt:
            if clause not in explained.answer.sentence:
                text += f"  warning: {clause}\n"
        entry_only = named.resource is not POD and explained.answer.code in LACKING
        rows = [as_live_row(one, explained.held, entry_only=entry_only) for one in judged.containers]
        text += _table(rows, color=color)
    for alike in _alike(explained.pods):
        said = alike[0].answer.sentence
        text += f"\n{_title(alike)}:" + f" {said}" * (said != explained.answer.sentence) + "\n"
        rows = [as_live_row(one, alike[0].held) for one in alike[0].judged.containers]
        text += _table(rows, color=color)
    return redact(text)


def _how_many(explained: Explained) -> str:
    """Return in how many of several Pods it is so."""
    same = [pod for pod in explained.pods if pod.answer.code is explained.answer.code]
    if not same or len(same) == len(explained.pods):
        return ""
    return f"in {len(same)} of {len(explained.pods)} Pods "


def _table(rows: list[Any], *, color: bool) -> str:
    if not rows:
        return ""
    return rich_table(rows) if color else lines([COLUMNS, *rows])


def _title(pods: list[PodSeen]) -> str:
    named = ", ".join(pod.name for pod in pods[:_NAMED])
    more = f" and {len(pods) - _NAMED} more" if len(pods) > _NAMED else ""
    return f"{'Pod' if len(pods) == 1 else 'Pods'} {named}{more}"


def _pods(alike: list[PodSeen]) -> dict[str, Any]:
    first = alike[0]
    return {
        "count": len(alike),
        "answer": _answer(first.answer, alike),
        "containers": [described_live(one, first.held) for one in first.judged.containers],
    }


def _answer(answer: Answer, pods: Iterable[PodSeen]) -> dict[str, Any]:
    """Return an answer, without the names of Pods in its commands."""
    commands = list(answer.commands)
    for pod in pods:
        commands = [command.replace(pod.name, "POD") for command in commands]
    return {"code": str(answer.code), "sentence": answer.sentence, "commands": commands}


def _alike(pods: Iterable[PodSeen]) -> list[list[PodSeen]]:
    """Return Pods in groups of those that are alike, the worst first as they are named."""
    groups: dict[str, list[PodSeen]] = {}
    for pod in pods:
        shape = [
            str(pod.answer.code),
            *(json.dumps(described_live(one, pod.held)) for one in pod.judged.containers),
        ]
        groups.setdefault("\n".join(shape), []).append(pod)
    return [groups[key] for key in sorted(groups)]
