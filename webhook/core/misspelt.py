"""URIs that look like a model on the Hub and are none: for people who ask why nothing was decided.

`admit()` passes over them, as KServe does: the scheme is compared as it is written (`IsPrefixSupported`), so
that `HF://` is refused and `hf:/` taken for a folder, and `_download_hf` fails where there are not two parts.
The address of a model's page is fetched like any file (`_download_from_uri`): without `HF_TOKEN`, as HTML.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from webhook.core import caps, names, read
from webhook.core.components import FRAMEWORKS
from webhook.core.decision import JsonObject
from webhook.core.hub import HUGGING_FACE, from_storage, from_uri, redact
from webhook.core.kinds import KINDS, expand, places

_SCHEME: Final = HUGGING_FACE.scheme
_SERVICE: Final = (names.KSERVE_GROUP, "InferenceService")
_PREDICTORS: Final = tuple(
    (*path, field)
    for path in (("spec", "predictor"), ("spec", "canary", "*", "predictor"))
    for field in (*FRAMEWORKS, "model")
)
"""Where `storage` is read; of a transformer or explainer it is not (`buildPredictorResources`)."""
_ALIKE: Final = re.compile(rf"{_SCHEME.partition(':')[0]}:/{{0,2}}", re.IGNORECASE)
_PAGE: Final = re.compile(
    rf"https?://(?:www\.)?(?:{'|'.join(map(re.escape, sorted(HUGGING_FACE.hosts)))})/"
    r"(?!(?:api|blog|collections|datasets|docs|models|papers|spaces)/)([^/?#]+/[^/?#]+)(?:/tree/([^/?#]+))?/?(?:[?#].*)?",
    re.IGNORECASE,
)
"""The address of a model's page; what is behind `/resolve/` is a file, which may well be meant."""


def misspelt(group: str, kind: str, document: JsonObject) -> tuple[str, ...]:
    """Return what is wrong with the URIs and paths that KServe is to download, as clauses, each once.

    Args:
        group: Of the object's API; "" for core.
        kind: As in a manifest.
        document: Raw; it is not changed.
    """
    return tuple(dict.fromkeys(_clauses(group, kind, document)))


def _clauses(group: str, kind: str, document: JsonObject) -> Iterator[str]:
    for uri in _uris(group, kind, document):
        if (clause := _flaw(uri) or _page(uri, fetched=not KINDS[group, kind].downloads)) is not None:
            yield clause
    for path in _PREDICTORS if (group, kind) == _SERVICE else ():
        for _, model in expand(document, path):
            if type(model) is dict and (clause := _path(read.mapping(model, "storage"))) is not None:
                yield clause


def _flaw(uri: Any) -> str | None:  # noqa: ANN401 - whatever stands there
    """Return why a URI names no model although it looks so, or None."""
    if type(uri) is not str or (alike := _ALIKE.match(uri)) is None or from_uri(uri):
        return None
    shown = redact(uri)[: caps.SUBJECT]
    if alike[0] != _SCHEME:
        meant = _SCHEME + shown[alike.end() :]
        return f"{shown} is not read by KServe: write {meant if from_uri(meant) else f'{_SCHEME}owner/model'}"
    revision = f" or {_SCHEME}owner/model:revision" if ":" in uri[len(_SCHEME) :] else ""
    return f"{shown} names no repository: it must be {_SCHEME}owner/model{revision}"


def _page(uri: Any, *, fetched: bool) -> str | None:  # noqa: ANN401 - whatever stands there
    """Return what comes of the address of a model's page, or None.

    Args:
        uri: The address.
        fetched: Whether KServe takes it at all: an LLMInferenceService knows no `https://`.
    """
    if type(uri) is not str or (page := _PAGE.fullmatch(uri)) is None:
        return None
    name, revision = redact(page[1]), redact(page[2] or "")
    meant = f"{_SCHEME}{name}:{revision}" if revision else f"{_SCHEME}{name}"
    if from_uri(meant) is None:
        return None
    comes = "is downloaded by KServe as a web page, without a token" if fetched else "is not read by KServe"
    return f"{redact(uri)[: caps.SUBJECT]} {comes}: write {meant}"


def _path(storage: JsonObject) -> str | None:
    """Return why a path on the Hub is none, or None; without a path nothing is downloaded."""
    uri = from_storage(storage)
    if uri is None or from_uri(uri):
        return None
    path = read.string(storage, "path")
    revision = " or owner/model:revision" if ":" in path.removeprefix(_SCHEME) else ""
    shown = redact(path)[: caps.SUBJECT] or '""'
    return f"storage.path {shown} names no repository: it must be owner/model{revision}"


def _uris(group: str, kind: str, document: JsonObject) -> Iterator[Any]:
    """Yield what stands where a URI is downloaded from, by KServe's own fields or by what it made of them."""
    known = KINDS.get((group, kind))
    if known is None:
        return
    for path in known.downloads:
        for _, uri in expand(document, path):
            yield uri
    for place in places(document, known):
        if known.components:
            for field in (*FRAMEWORKS, "model"):
                yield read.mapping(place.spec, field).get("storageUri")
            for _, item in read.objects(place.spec, "storageUris"):
                yield item.get("uri")
            continue
        for _, container in read.objects(place.spec, "initContainers"):
            if container.get("name") == names.STORAGE_INITIALIZER:
                yield from read.items(container, "args")
