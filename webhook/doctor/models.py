"""The models that workloads download, and with which token: what `--hub` asks for."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from webhook.core import read
from webhook.core.decision import Action, Verdict
from webhook.core.downloads import Download, downloads
from webhook.core.hub import HUGGING_FACE, redact
from webhook.core.reading import entries_of
from webhook.core.reasons import ITS_PODS_GET_IT, Reason
from webhook.doctor.collected import Collected, SeenObject
from webhook.doctor.finding import Subject
from webhook.doctor.hub import Question
from webhook.egress.hosts import HUB

_GIVEN: Final = frozenset({Action.ADD, Action.KEEP, Action.REPLACE})
_OWN: Final = frozenset(
    {Reason.OWN_TOKEN, Reason.OWN_TOKEN_FILE, Reason.OWN_TOKEN_ARGUMENT, Reason.MAY_HAVE_TOKEN}
)


class Model(NamedTuple):
    """A model that a container downloads."""

    subject: Subject
    container: str
    question: Question


def models(collected: Collected) -> Iterator[Model]:
    """Yield the models of all workloads and Pods, as far as it is known which token they are read with.

    None whose token would go to an endpoint that the platform does not allow.
    """
    settings = collected.installed.settings
    allowed = settings.endpoints | {HUB}
    for seen in (*collected.workloads, *collected.pods):
        if seen.ended:
            continue
        kind = read.string(seen.object, "kind")
        group = read.string(seen.object, "apiVersion").rpartition("/")[0]
        asking = {one.container: one for one in downloads(group, kind, seen.namespace, seen.object, settings)}
        for verdict in seen.decision.verdicts:
            download = asking.get(verdict.container)
            if download is None or (download.endpoint or HUB) not in allowed or download.endpoint is None:
                continue
            yield from _of(seen, verdict, download)


def _of(seen: SeenObject, verdict: Verdict, download: Download) -> Iterator[Model]:
    container = read.at(seen.object, verdict.path.split("/")[1:])
    held = _token(verdict, container)
    if held is None:
        return
    for repository in download.repositories:
        question = Question(
            seen.namespace, *held, download.endpoint or HUB, repository, _revision(container, repository)
        )
        yield Model(seen.subject, verdict.container, question)


def _token(verdict: Verdict, container: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return Secret and key of a container's token, empty for none; None where that is not known."""
    choice = verdict.choice
    if choice is not None and verdict.action in _GIVEN:
        return None if choice.config_map else (choice.secret, choice.key)
    if verdict.reason in ITS_PODS_GET_IT:
        return None
    if verdict.reason in _OWN:
        entry = (entries_of(container) or {}).get(HUGGING_FACE.token_variable, {})
        reference = read.at(entry, ("valueFrom", "secretKeyRef"))
        name, key = read.string(reference, "name"), read.string(reference, "key")
        return (name, key) if name and key else None
    return "", ""


def _revision(container: Mapping[str, Any], repository: str) -> str:
    """Return the revision that a container names for a repository."""
    words = [*read.strings(container, "command"), *read.strings(container, "args")]
    words += [read.string(container, "storageUri")]
    words += [read.string(entry, "value") for entry in (entries_of(container) or {}).values()]
    uri = re.compile(rf"{HUGGING_FACE.scheme}{re.escape(repository)}:([^\s/:\"']+)")
    for word, following in zip(words, [*words[1:], ""], strict=False):
        if found := uri.search(word):
            return redact(found[1])
        if word == "--revision" and following:
            return redact(following)
        if word.startswith("--revision="):
            return redact(word.partition("=")[2])
    return "main"
