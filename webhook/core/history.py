"""What of an InferenceService's entries is ours: what we wrote in this request, or before this UPDATE."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from webhook.core import caps, read, record
from webhook.core.case import Case
from webhook.core.components import Serving, servings
from webhook.core.hub import HUGGING_FACE
from webhook.core.kinds import KINDS, places
from webhook.core.record import Recorded

_NAME = HUGGING_FACE.token_variable
_KIND = KINDS["serving.kserve.io", "InferenceService"]


class History:
    """What we wrote into this object earlier: in this request, or before this UPDATE."""

    def __init__(self, case: Case) -> None:
        self._optional = True if case.optional else None
        self._now = _record_of(case.request.object)
        self._then = _record_of(case.request.old_object or {})
        self._before: dict[str, tuple[int, dict[str, Any]]] = {}
        if (self._now or self._then) and case.request.old_object is not None:
            for serving in _all_servings(case.request.old_object):
                index, entry = token_entry(serving.raw)
                if entry is not None:
                    self._before[serving.label] = index, entry

    def recorded(self, label: str) -> list[Recorded]:
        """Return what we may have noted of a container's entry, whatever became of it.

        What was noted before this UPDATE counts also where something else is noted now: a person may have
        edited the annotation. Canaries have no names: when one is taken out of the list, those behind it have
        other labels.
        """
        records = (self._now, self._then)
        found = [noted[label] for noted in records if label in noted]
        canary, _, rest = label.partition("/")
        if canary == "canary":
            within = rest.partition("/")[2]
            for noted in records:
                for key, recorded in noted.items():
                    head, _, other = key.partition("/")
                    if head == canary and other.partition("/")[2] == within:
                        found.append(recorded)
        return found

    def ours(self, label: str, raw: Mapping[str, Any], beside: Sequence[Serving]) -> Recorded | None:
        """Return what we noted of a container's entry, where that is still the one that we wrote.

        Whoever writes the Secret and the key that we chose, but not our `optional`, means an entry of their
        own. A copy has the `optional` of what it was copied from.

        Args:
            label: The container's key in the record.
            raw: The container.
            beside: All containers of its component.
        """
        _, entry = token_entry(raw)
        if entry is None:
            return None
        recorded = next((each for each in self.recorded(label) if record.is_entry(entry, each)), None)
        if recorded is None:
            return None
        _, before = self._before.get(label, (0, None))
        noted_in_this_request = recorded == self._now.get(label) != self._then.get(label)
        if before is None or before == entry or noted_in_this_request:
            return recorded
        source = entry["valueFrom"]
        reference = record.reference_of(source, recorded)
        is_ours = reference.get("optional") is self._optional or source in _sources(label, beside)
        return recorded if is_ours else None

    def index(self, label: str) -> int | None:
        """Return where in the list our entry stood before this UPDATE.

        A client-side apply brings the list without it, and puts the others back in their order.
        """
        index, before = self._before.get(label, (0, None))
        then = self._then.get(label)
        return index if before is not None and then is not None and record.is_entry(before, then) else None


def _record_of(document: Mapping[str, Any]) -> record.Record:
    return record.parse(read.mapping(read.mapping(document, "metadata"), "annotations"))


def _all_servings(document: Mapping[str, Any]) -> list[Serving]:
    every = (serving for place in places(document, _KIND) for serving in servings(place, {}))
    return list(islice(every, caps.CONTAINERS))


def _sources(label: str, beside: Sequence[Serving]) -> list[Any]:
    """Return where the tokens of the other containers come from."""
    return [
        entry.get("valueFrom")
        for serving in beside
        if serving.label != label
        for _, entry in read.objects(serving.raw, "env")
        if entry.get("name") in HUGGING_FACE.token_variables[:2]
    ]


def token_entry(raw: Mapping[str, Any]) -> tuple[int, dict[str, Any] | None]:
    """Return index and entry of the token's variable, the last one as at run time."""
    found: tuple[int, dict[str, Any] | None] = (-1, None)
    for index, entry in read.objects(raw, "env"):
        if entry.get("name") == _NAME:
            found = (index, entry)
    return found
