"""What the containers of an object ask the Hub for, whatever its labels and annotations say of tokens."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from webhook.core import caps, names, read
from webhook.core.case import Case
from webhook.core.components import servings
from webhook.core.evidence import Reference
from webhook.core.hub import from_uri, redact, revision_of
from webhook.core.kinds import KINDS, Place, expand, places
from webhook.core.reading import Reading, entries_of, read_container, read_variables
from webhook.core.reasons import Reason


class Content(NamedTuple):
    """One container, or what `storage-initializer` downloads for an object in which it is not yet."""

    container: str
    """Its name, or the component of an InferenceService that it serves."""

    name: str
    """Its name in the Pod."""

    path: str
    """JSON pointer to it."""

    place: Place
    downloads: tuple[Reference, ...] = ()
    """What `storage-initializer` downloads for it."""

    reading: Reading | None = None
    raw: Mapping[str, Any] = {}

    @property
    def references(self) -> tuple[Reference, ...]:
        """All that is asked for."""
        return self.downloads + (self.reading.references if self.reading else ())


def contents(case: Case) -> Iterator[Content]:
    """Yield the containers of the case's object, within its budget; those behind are told by their number."""
    request = case.request
    kind = KINDS[request.group, request.kind]
    stable = read.at(request.object, ("spec", "predictor"))
    for place in places(request.object, kind):
        for content in _components(case, place, stable) if kind.components else _containers(case, place):
            yield content
            case.budget.containers -= 1
            if case.budget.containers == 0:
                return
    for path in kind.downloads:
        for keys, uri in expand(request.object, path):
            if type(uri) is str and (name := from_uri(uri)):
                yield _download(request.object, "/" + "/".join(keys), redact(name), revision_of(uri))


def _components(case: Case, place: Place, stable: Mapping[str, Any]) -> Iterator[Content]:
    """Yield the containers of a component; a canary's without variables has the stable one's."""
    for serving in servings(place, stable):
        entries = entries_of(serving.raw) or entries_of(serving.stable)
        endpoints, budget = case.settings.endpoints, case.budget
        reading = read_variables(serving.body, entries, endpoints, budget, serving.hinted)
        label = redact(serving.label)[: caps.SUBJECT]
        downloads = tuple(serving.downloads)
        yield Content(label, serving.name, serving.pointer, place, downloads, reading, serving.raw)


def _containers(case: Case, place: Place) -> Iterator[Content]:
    """Yield the containers of a PodSpec in the order in which they start."""
    for field in ("initContainers", "containers"):
        for index, raw in read.objects(place.spec, field):
            reading = read_container(raw, None, case.settings.endpoints, case.budget)
            name = redact(read.string(raw, "name"))[: caps.SUBJECT]
            yield Content(name, name, f"{place.pointer}/{field}/{index}", place, (), reading, raw)


def _download(document: Mapping[str, Any], pointer: str, name: str, revision: str) -> Content:
    """Return what an LLMInferenceService has downloaded: the Pods of its `spec` have the initializer."""
    spec = read.at(document, ("spec",))
    place = Place(
        "/spec/template",
        read.mapping(spec, "template"),
        read.mapping(spec, "labels"),
        read.mapping(spec, "annotations"),
        (("spec",),),
    )
    reference = Reference(Reason.HUB_URI, name, name, redact(revision)[: caps.SUBJECT])
    return Content(names.STORAGE_INITIALIZER, names.STORAGE_INITIALIZER, pointer, place, (reference,))
