"""The way to the API server from inside a Pod: what kubelet mounts and sets.

https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from webhook.cluster.access import Access, AccessError, Identification

FOLDER: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
"""Where kubelet mounts the ServiceAccount's token, the API server's CA and the Pod's namespace."""


def in_cluster(environ: Mapping[str, str], folder: Path = FOLDER) -> Access:
    """Return the way to the API server of the Pod that this runs in.

    The token is read again for each request: kubelet replaces it after 80 % of its hour of life, and the CA
    when the cluster's changes. A proxy of the environment is not used: the API server is a Service.

    Args:
        environ: The environment.
        folder: The mounted folder.

    Raises:
        AccessError: This is no Pod.
    """
    host, port = environ.get("KUBERNETES_SERVICE_HOST", ""), environ.get("KUBERNETES_SERVICE_PORT", "")
    if not host or not port:
        raise AccessError(
            "this is not a Pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set"
        )
    address = f"[{host}]" if ":" in host else host
    return Access(
        server=f"https://{address}:{port}",
        identify=lambda: Identification(
            authority=_read(folder / "ca.crt"),
            token=_read(folder / "token").decode("ascii", "replace").strip(),
        ),
        namespace=_namespace(environ, folder),
    )


def _namespace(environ: Mapping[str, str], folder: Path) -> str:
    """Return the Pod's namespace: as the downward API says, else as kubelet mounted it."""
    if environ.get("POD_NAMESPACE"):
        return environ["POD_NAMESPACE"]
    try:
        return _read(folder / "namespace").decode().strip()
    except AccessError:
        return ""


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AccessError(f"{path} cannot be read: {error.strerror}") from None
