"""Where an API server is, as a Pod and as a kubeconfig say it."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.kubernetes_api import NAMESPACE, KubernetesApi
from webhook.cluster.access import AccessError
from webhook.cluster.in_cluster import in_cluster
from webhook.cluster.kubeconfig import from_kubeconfig, paths

CLUSTER = {"server": "https://api.example:6443/", "certificate-authority-data": b64encode(b"CA").decode()}
USER: dict[str, Any] = {"token": "t0ken"}


def write(
    path: Path,
    *,
    cluster: dict[str, Any] = CLUSTER,
    user: dict[str, Any] | None = USER,
    contexts: tuple[str, ...] = ("main",),
    current: str = "main",
) -> Path:
    """Write a kubeconfig whose contexts all mean the same cluster and user."""
    context = {"cluster": "c", **({"user": "u"} if user is not None else {})}
    document: dict[str, Any] = {
        "contexts": [{"name": name, "context": {**context, "namespace": name}} for name in contexts],
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        "current-context": current,
    }
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(document))
    return path


@pytest.mark.parametrize(
    ("host", "server"),
    [("10.0.0.1", "https://10.0.0.1:443"), ("fd00::1", "https://[fd00::1]:443")],
)
def test_a_pod_finds_its_api_server(tmp_path: Path, host: str, server: str) -> None:
    folder = KubernetesApi().service_account(tmp_path / "sa")
    access = in_cluster({"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": "443"}, folder)
    assert (access.server, access.namespace) == (server, NAMESPACE)


def test_the_downward_api_beats_the_mounted_namespace(tmp_path: Path) -> None:
    environ = {"KUBERNETES_SERVICE_HOST": "h", "KUBERNETES_SERVICE_PORT": "1", "POD_NAMESPACE": "mine"}
    assert in_cluster(environ, KubernetesApi().service_account(tmp_path / "sa")).namespace == "mine"


def test_a_pod_reads_its_token_anew_each_time(tmp_path: Path) -> None:
    folder = KubernetesApi().service_account(tmp_path / "sa", "first\n")
    access = in_cluster({"KUBERNETES_SERVICE_HOST": "h", "KUBERNETES_SERVICE_PORT": "1"}, folder)
    assert access.identify().token == "first"
    (folder / "token").write_text("second")
    assert access.identify().token == "second"


def test_what_is_no_pod_is_told(tmp_path: Path) -> None:
    with pytest.raises(AccessError, match="KUBERNETES_SERVICE_HOST"):
        in_cluster({}, tmp_path)


def test_a_pod_without_its_mount_has_no_namespace_and_no_token(tmp_path: Path) -> None:
    access = in_cluster({"KUBERNETES_SERVICE_HOST": "h", "KUBERNETES_SERVICE_PORT": "1"}, tmp_path)
    assert not access.namespace
    with pytest.raises(AccessError, match=r"ca\.crt cannot be read: No such file"):
        access.identify()


def test_a_kubeconfig_says_where_and_who(tmp_path: Path) -> None:
    access = from_kubeconfig([write(tmp_path / "config", contexts=("main", "other"))])
    assert (access.server, access.namespace) == ("https://api.example:6443", "main")
    identification = access.identify()
    assert (identification.authority, identification.token) == (b"CA", "t0ken")
    assert "t0ken" not in repr(identification) + repr(access)


def test_another_context_can_be_chosen(tmp_path: Path) -> None:
    path = write(tmp_path / "config", contexts=("main", "other"))
    assert from_kubeconfig([path], "other").namespace == "other"


def test_files_beside_a_kubeconfig_are_read_relative_to_it(tmp_path: Path) -> None:
    cluster = {"server": "https://h", "certificate-authority": "ca.pem", "tls-server-name": "kubernetes"}
    user = {"tokenFile": "token", "client-certificate": "c.pem", "client-key": "k.pem"}
    path = write(tmp_path / "sub" / "config", cluster=cluster, user=user)
    for name in ("ca.pem", "token", "c.pem", "k.pem"):
        (path.parent / name).write_text(name)
    access = from_kubeconfig([path])
    assert access.server_name == "kubernetes"
    assert tuple(access.identify()) == (b"ca.pem", "token", b"c.pem", b"k.pem")


def test_several_kubeconfigs_are_merged_and_the_first_wins(tmp_path: Path) -> None:
    first = write(tmp_path / "first", contexts=("main",))
    second = write(tmp_path / "second", contexts=("main", "more"), current="more")
    files = [tmp_path / "missing", first, second]
    assert from_kubeconfig(files).namespace == "main"
    assert from_kubeconfig(files, "more").namespace == "more"


def test_kubectl_s_variable_names_the_files() -> None:
    assert paths({"KUBECONFIG": "/a:/b:"}) == (Path("/a"), Path("/b"))
    assert paths({}) == (Path.home() / ".kube" / "config",)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"user": {"exec": {"command": "aws"}}}, "does not run; use a token: kubectl create token"),
        ({"user": {"auth-provider": {"name": "gcp"}}}, "auth-provider"),
        ({"user": {"username": "a", "password": "hunter2"}}, "a name and a password"),
        ({"cluster": {**CLUSTER, "insecure-skip-tls-verify": True}}, "does not verify the API server"),
        ({"cluster": {"server": ""}}, "has no server"),
        ({"current": ""}, "no current-context; choose one with --context"),
        ({"current": "nowhere"}, "no context 'nowhere'; it has main"),
    ],
)
def test_what_a_kubeconfig_cannot_do_is_one_sentence(
    tmp_path: Path, changes: dict[str, Any], why: str
) -> None:
    with pytest.raises(AccessError) as caught:
        from_kubeconfig([write(tmp_path / "config", **changes)])
    assert why in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["a: [token-of-somebody", "- token-of-somebody", "\x00", "a: 2026-13-01", "a: " + "9" * 5000, "[" * 5000],
)
def test_a_broken_kubeconfig_is_named_and_not_quoted(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(AccessError) as caught:
        from_kubeconfig([path])
    assert str(path) in str(caught.value)
    assert "token-of-somebody" not in str(caught.value)


def test_no_kubeconfig_at_all_is_told(tmp_path: Path) -> None:
    with pytest.raises(AccessError, match="there is no kubeconfig"):
        from_kubeconfig([tmp_path / "config"])


def test_base64_that_is_none_is_told(tmp_path: Path) -> None:
    cluster = {"server": "https://h", "certificate-authority-data": "?"}
    access = from_kubeconfig([write(tmp_path / "config", cluster=cluster)])
    with pytest.raises(AccessError, match="certificate-authority-data"):
        access.identify()
