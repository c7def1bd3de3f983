"""Objects that a project ships, created from its own manifests."""

from collections.abc import Sequence
from typing import Any

from tests.e2e.harness.api import Api, Object, path_of
from tests.e2e.harness.waiting import until


def ensure(api: Api, manifest: dict[str, Any]) -> None:
    """Create an object that may be there already."""
    assert taken(api, manifest, refused=True)


def taken(api: Api, manifest: dict[str, Any], *, refused: bool = False) -> bool:
    """Try to create an object, and tell whether it is there now; a refusal fails where it is final."""
    manifest.get("metadata", {}).pop("creationTimestamp", None)
    answer = api.request("POST", path_of(manifest, manifest["metadata"].get("namespace", "")), manifest)
    taken = answer.status in {200, 201, 409}
    assert taken or not refused, f"{manifest['kind']}/{manifest['metadata']['name']}: {answer.message}"
    return taken


def install_crds(api: Api, manifests: Sequence[Object]) -> None:
    """Create CRDs, and wait until they are served."""
    for manifest in manifests:
        ensure(api, manifest)
    for manifest in manifests:
        name = manifest["metadata"]["name"]
        until(lambda name=name: _served(api, name), f"the CRD {name} is served")  # type: ignore[misc]


def _served(api: Api, name: str) -> bool:
    """Tell whether a CRD is established, and found by kubectl: discovery comes to know it later."""
    found = api.get("CustomResourceDefinition", name)
    conditions = found.get("status", {}).get("conditions") or ()
    spec = found["spec"]
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions) and all(
        _discovered(api, f"/apis/{spec['group']}/{version['name']}", spec["names"]["plural"])
        for version in spec["versions"]
        if version["served"]
    )


def _discovered(api: Api, path: str, plural: str) -> bool:
    resources = api.request("GET", path).body.get("resources") or ()
    return any(one["name"] == plural for one in resources)
