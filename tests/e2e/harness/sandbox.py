"""What kubelet gives a container of a Pod: its variables, and its volumes with what is in them.

No kubelet runs in the end-to-end tests; this does its part for one container, under a folder that stands for
the container's root.
"""

import base64
import shutil
import tempfile
from pathlib import Path
from typing import Any

from tests.e2e.harness.api import Api, Object
from tests.e2e.harness.team import containers


class Sandbox:
    """One container of a Pod, whose mount paths are folders under `root`."""

    def __init__(self, api: Api, pod: Object, name: str, root: Path) -> None:
        self._api = api
        self._namespace: str = pod["metadata"]["namespace"]
        self._container = containers(pod)[name]
        self._volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes", ())}
        self._root = root
        self.refresh()

    @property
    def args(self) -> list[str]:
        """Its arguments."""
        return [self._inside(argument) for argument in self._container["args"]]

    def environ(self) -> dict[str, str]:
        """Return its variables as a start of the container finds them, references resolved by the API.

        Raises:
            AssertionError: Kubelet would not start it (`CreateContainerConfigError`), or a variable is of a
                kind that this does not know.
        """
        values = {entry["name"]: self._value(entry) for entry in self._container.get("env") or ()}
        return {name: self._inside(value) for name, value in values.items() if value is not None}

    def path(self, path: str) -> Path:
        """Return where a path of the container's is."""
        return self._root / path.lstrip("/")

    def empty(self, path: str) -> None:
        """Empty a folder of the container's: an `emptyDir` as the next Pod finds it."""
        shutil.rmtree(self.path(path))
        self.path(path).mkdir()

    def refresh(self) -> None:
        """Bring the mounted Secrets up to date: kubelet does so about once a minute."""
        for mount in self._container.get("volumeMounts") or ():
            folder = self.path(mount["mountPath"])
            folder.mkdir(parents=True, exist_ok=True)
            secret = self._volumes[mount["name"]].get("secret")
            if secret:
                assert "subPath" not in mount, "kubelet never refreshes a subPath"
                self._lay_out(secret, folder)

    def _inside(self, value: str) -> str:
        """Return an argument or a value; a path on one of the mounts is where that is."""
        for mount in self._container.get("volumeMounts") or ():
            path = mount["mountPath"]
            if value == path or value.startswith(f"{path}/"):
                return str(self.path(value))
        return value

    def _value(self, entry: dict[str, Any]) -> str | None:
        """Return a variable's value, or None for an optional one that there is none for."""
        if "valueFrom" not in entry:
            return str(entry.get("value", ""))
        reference = entry["valueFrom"]["secretKeyRef"]
        value = self._secret(reference["name"]).get(reference["key"])
        assert value is not None or reference.get("optional"), f"no value for {entry['name']}"
        return None if value is None else value.decode()

    def _secret(self, name: str) -> dict[str, bytes]:
        """Return what a Secret holds; nothing where there is none."""
        secret = self._api.find("Secret", name, self._namespace) or {}
        return {key: base64.b64decode(value) for key, value in secret.get("data", {}).items()}

    def _lay_out(self, volume: dict[str, Any], folder: Path) -> None:
        """Write a Secret's keys into a folder and switch to it at once, as kubelet's AtomicWriter does."""
        secret = self._secret(volume["secretName"])
        items = volume.get("items") or [{"key": key, "path": key} for key in secret]
        written = Path(tempfile.mkdtemp(prefix="..", dir=folder))
        for item in items:
            content = secret.get(item["key"])
            assert content is not None or volume.get("optional"), f"no key {item['key']} to mount"
            if content is not None:
                file = written / item["path"]
                file.write_bytes(content)
                file.chmod(item.get("mode", volume["defaultMode"]))
            link = folder / item["path"]
            if not link.is_symlink():
                link.symlink_to(Path("..data", item["path"]))
        current, switch = folder / "..data", folder / "..data_tmp"
        previous = current.resolve() if current.is_symlink() else None
        switch.symlink_to(written.name)
        switch.rename(current)
        if previous:
            shutil.rmtree(previous)
