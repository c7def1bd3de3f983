"""Where a container of a Pod puts what it downloads, and how much of it may be there.

Kubelet evicts a Pod when an `emptyDir` is over its `sizeLimit`, a container's own layer and logs over its
`ephemeral-storage`, or all of these together over the Pod's (kubelet, `eviction_manager.go`,
`localStorageEviction`). A Pod's is the sum of its containers' limits, or the largest of an init container.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from webhook.core import names, read
from webhook.core.hub import HUGGING_FACE
from webhook.core.reading import entries_of
from webhook.doctor.quantities import quantity

_RESOURCE: Final = "ephemeral-storage"
_FOLDER_FLAGS: Final = (
    "--download-dir",
    "--download_dir",
    "--local-dir",
    "--cache-dir",
    "--huggingface-hub-cache",
)
_FOLDER_VARIABLES: Final = ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME")
_ALWAYS: Final = "Always"


class Limit(NamedTuple):
    """A limit on what is downloaded.

    Attributes:
        what: For people, and what they have to raise.
        size: Bytes.
    """

    what: str
    size: int


def limits(pod: Mapping[str, Any], container: str, repository: str = "") -> list[Limit]:
    """Return the limits on what a container downloads; none where it goes to a volume that is no emptyDir.

    Args:
        pod: Raw.
        container: Its name.
        repository: What it downloads.
    """
    spec = read.mapping(pod, "spec")
    raw = next((one for one in _containers(spec) if one.get("name") == container), {})
    name = _volume(raw, _folder(raw, repository))
    if not name:
        return [*_own(raw), *_pods(spec)]
    volume = next((one for _, one in read.objects(spec, "volumes") if one.get("name") == name), {})
    empty_dir = volume.get("emptyDir")
    if not isinstance(empty_dir, dict):
        return []
    size = quantity(empty_dir.get("sizeLimit"))
    found = [] if size is None else [Limit(f"sizeLimit of emptyDir {name}", size)]
    return found if empty_dir.get("medium") == "Memory" else [*found, *_pods(spec)]


def _own(container: Mapping[str, Any]) -> list[Limit]:
    size = _limit(container)
    what = f"resources.limits.{_RESOURCE} of {read.string(container, 'name')}"
    return [] if size is None else [Limit(what, size)]


def _pods(spec: Mapping[str, Any]) -> list[Limit]:
    """Return the limit of all that a Pod keeps on its node."""
    init = [one for _, one in read.objects(spec, "initContainers")]
    staying = [one for _, one in read.objects(spec, "containers")]
    staying += [one for one in init if one.get("restartPolicy") == _ALWAYS]
    total = sum(size for one in staying if (size := _limit(one)) is not None)
    largest = max((size for one in init if (size := _limit(one)) is not None), default=0)
    limited = max(total, largest)
    return [Limit(f"resources.limits.{_RESOURCE} of the Pod's containers", limited)] if limited else []


def _limit(container: Mapping[str, Any]) -> int | None:
    return quantity(read.at(container, ("resources", "limits")).get(_RESOURCE))


def _containers(spec: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [one for field in ("initContainers", "containers") for _, one in read.objects(spec, field)]


def _folder(container: Mapping[str, Any], repository: str) -> str:
    """Return the folder that a container downloads to; empty where it does not say."""
    words = [*read.strings(container, "command"), *read.strings(container, "args")]
    if container.get("name") == names.STORAGE_INITIALIZER:
        return _destination(words, repository)
    for word, following in zip(words, [*words[1:], ""], strict=False):
        flag, _, value = word.partition("=")
        if flag in _FOLDER_FLAGS:
            return value or following
    entries = entries_of(container) or {}
    values = (read.string(entries.get(name, {}), "value") for name in _FOLDER_VARIABLES)
    return next((value for value in values if value), "")


def _destination(words: Sequence[str], repository: str) -> str:
    """Return where `storage-initializer` puts a repository: its arguments are pairs of a URI and a path."""
    for uri, path in zip(words[::2], words[1::2], strict=False):
        if uri.startswith(HUGGING_FACE.scheme + repository):
            return path
    return ""


def _volume(container: Mapping[str, Any], folder: str) -> str:
    """Return the volume that a folder is on; the cache's usual place where no folder is named."""
    mounts = {
        read.string(mount, "mountPath").rstrip("/"): read.string(mount, "name")
        for _, mount in read.objects(container, "volumeMounts")
    }
    if not folder:
        return next((name for path, name in mounts.items() if "/.cache" in path), "")
    place = folder.rstrip("/")
    while place:
        if place in mounts:
            return mounts[place]
        place = place.rpartition("/")[0]
    return ""
