"""The containers of an InferenceService's components as KServe makes them, and what it downloads for them.

Sources (KServe 0.20): `predictor.go`, `predictor_custom.go`, `transformer_custom.go`, `explainer_custom.go`,
`inference_service_defaults.go` in `pkg/apis/serving/v1beta1`; `service_account_credentials.go` for `storage`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from webhook.core import caps, names, read
from webhook.core.evidence import Reference
from webhook.core.hub import from_storage, from_uri, redact, revision_of
from webhook.core.kinds import Place
from webhook.core.reasons import Reason
from webhook.core.servers import Server, by_format

FRAMEWORKS = (
    "sklearn",
    "xgboost",
    "tensorflow",
    "pytorch",
    "triton",
    "onnx",
    "huggingface",
    "pmml",
    "lightgbm",
    "paddle",
)
"""Fields of a predictor from before `model`; KServe's defaulter moves them there, over what is there."""

_MODELS = (*FRAMEWORKS, "art", "model")
_WORKER = "worker"
_NO_BODY: Mapping[str, Any] = {}


class Serving(NamedTuple):
    """A container of a component, or the field that becomes one."""

    label: str
    """Its key in our record: the component for the container that serves it, else `component/name`.

    So KServe may rename a sole custom container, or move a legacy field, and the entry is still found.
    """

    name: str
    """The container's name in the Pod."""

    pointer: str
    raw: dict[str, Any]
    body: Mapping[str, Any]
    """What KServe runs: `raw`, or a canary's model laid over the stable one."""

    downloads: Sequence[Reference] = ()
    """What `storage-initializer` downloads for the component, where this container serves it."""

    hinted: Server | None = None
    stable: Mapping[str, Any] = _NO_BODY
    """The stable predictor's model, where this is a canary's that is laid over it."""


def label_of(place: Place) -> str:
    """Return a component's name in our record: `predictor`, `canary/0`, `predictor/worker`."""
    keys = place.pointer.split("/")[2:]
    if keys[0] == "canary":
        return f"canary/{keys[1]}"
    return f"{keys[0]}/{_WORKER}" if len(keys) > 1 else keys[0]


def servings(place: Place, stable: Mapping[str, Any]) -> Iterator[Serving]:
    """Yield the containers of a component.

    Args:
        place: The component.
        stable: `spec.predictor`, which a canary is laid over; else ignored.
    """
    label = label_of(place)
    canary = label.startswith("canary/")
    beneath = _model(stable) if canary else None
    model = None if label.endswith(f"/{_WORKER}") else _model(place.spec)
    if model is not None:
        field, raw = model
        under = beneath[1] if beneath is not None and field in {beneath[0], "model"} else _NO_BODY
        # KServe ignores a canary's `storageUris` (seen with 0.20).
        uris = [] if canary else read.objects(place.spec, "storageUris")
        body = _laid_over(under, raw)
        yield Serving(
            label,
            names.KSERVE_CONTAINER,
            f"{place.pointer}/{field}",
            raw,
            body,
            _downloads(body, uris),
            _hinted(field, body),
            under,
        )
    serves = None if model or beneath else _serving_index(label, read.objects(place.spec, "containers"))
    for field in ("initContainers", "containers"):
        for index, raw in read.objects(place.spec, field):
            pointer = f"{place.pointer}/{field}/{index}"
            if field == "containers" and index == serves:
                uris = read.objects(place.spec, "storageUris")
                yield Serving(label, names.KSERVE_CONTAINER, pointer, raw, raw, _downloads(_NO_BODY, uris))
            else:
                name = redact(read.string(raw, "name"))
                yield Serving(f"{label}/{name or index}", name, pointer, raw, raw)


def _model(component: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
    """Return the field that names a component's model, a legacy one before `model`, and what it holds."""
    for field in _MODELS:
        body = component.get(field)
        if type(body) is dict:
            return field, body
    return None


def _serving_index(label: str, containers: Sequence[tuple[int, Mapping[str, Any]]]) -> int | None:
    """Return which custom container KServe serves the component with, and names `kserve-container`."""
    if not containers or label.endswith(f"/{_WORKER}"):
        return None
    first, raw = containers[0]
    if label in {"transformer", "explainer"} or len(containers) == 1 or not read.string(raw, "name"):
        return first
    return next((i for i, raw in containers if raw.get("name") == names.KSERVE_CONTAINER), None)


def _laid_over(stable: Mapping[str, Any], canary: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a canary's model over the stable one, which gives what it does not say (`mergo`)."""
    if not stable:
        return canary
    merged = {**stable, **{key: value for key, value in canary.items() if value}}
    for key, value in canary.items():
        beneath = stable.get(key)
        if type(value) is dict and type(beneath) is dict:
            merged[key] = {**beneath, **value}
    return merged


def _downloads(model: Mapping[str, Any], uris: Sequence[tuple[int, Mapping[str, Any]]]) -> list[Reference]:
    """Return what KServe's `storage-initializer` downloads for a component."""
    found = [read.string(model, "storageUri"), *(read.string(uri, "uri") for _, uri in uris)]
    if stored := from_storage(read.mapping(model, "storage")):
        found.append(stored)
    named: dict[str, str] = {}
    for uri in found:
        if name := from_uri(uri):
            named.setdefault(redact(name), redact(revision_of(uri))[: caps.SUBJECT])
    return [Reference(Reason.HUB_URI, name, name, revision) for name, revision in named.items()]


def _hinted(field: str, raw: Mapping[str, Any]) -> Server | None:
    """Return the server that KServe will choose for a model, where its format or runtime tells."""
    if field != "model":
        return by_format(field)
    return by_format(read.string(raw, "runtime")) or by_format(
        read.string(read.mapping(raw, "modelFormat"), "name")
    )
