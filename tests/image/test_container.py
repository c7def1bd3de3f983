import json
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import REVIEW
from tests.image.building import Image
from tests.image.conftest import Figures
from tests.image.containers import Runtime
from tests.image.nodes import Chart, Node, Serving, rendered
from tests.kubernetes_api import KubernetesApi

PYTHON = "/opt/hf-token-injector/bin/python"
TEAM = json.loads(REVIEW)["request"]["namespace"]
IMPORT_ALL = """
import pathlib, pkgutil, importlib, sysconfig
for file in pathlib.Path(sysconfig.get_path("stdlib"), "lib-dynload").glob("*.so"):
    importlib.import_module(file.name.partition(".")[0])
for package in ("webhook", "certs"):
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
            print(module.name)
"""
WRITABLE = """
import os
for folder, folders, files in os.walk("/"):
    folders[:] = [name for name in folders if os.path.join(folder, name) not in ("/proc", "/dev", "/sys")]
    if os.access(folder, os.W_OK):
        print(folder)
"""


@pytest.fixture(scope="module")
def node(image: Image, runtime: Runtime, chart: Chart, tmp_path_factory: pytest.TempPathFactory) -> Node:
    return Node(image, runtime, chart, tmp_path_factory.mktemp("node"))


@pytest.fixture(scope="module")
def serving(node: Node, figures: Figures) -> Iterator[Serving]:
    with node.serving(TEAM) as serving:
        figures["seconds until alive"] = f"{serving.started['/livez']:.1f}"
        figures["seconds until ready"] = f"{serving.started['/readyz']:.1f}"
        yield serving


@pytest.fixture
def configuration(
    image: Image, runtime: Runtime, chart: Chart, api: KubernetesApi, tmp_path: Path
) -> dict[str, Any]:
    """The Deployment's container, for other commands; the one that serves keeps the CA that it was given."""
    node = Node(image, runtime, chart, tmp_path)
    return node.configuration(chart["Deployment"]["spec"]["template"]["spec"], api)


def test_the_deployments_container_answers_a_review(serving: Serving, figures: Figures) -> None:
    answer = serving.review(REVIEW)
    assert answer["allowed"] is True
    assert "hf-secret" in b64decode(answer["patch"]).decode()
    figures["megabytes resident at most"] = f"{serving.container.peak_memory / 1e6:.0f}"


def test_it_runs_with_what_the_chart_allows_and_nothing_more(serving: Serving) -> None:
    status = dict(
        line.split(":\t", 1)
        for line in Path("/proc", str(serving.container.pid), "status").read_text().splitlines()
        if ":\t" in line
    )
    assert status["Uid"] == status["Gid"] == "\t".join(["65532"] * 4)
    assert {status[kind] for kind in ("CapBnd", "CapEff", "CapPrm", "CapInh", "CapAmb")} == {"0" * 16}
    assert status["NoNewPrivs"] == "1"
    assert status["Seccomp"] == "2"


def test_kubectl_exec_finds_the_command_but_no_shell(serving: Serving) -> None:
    assert serving.container.execute("hf-token-injector", "version").returncode == 0
    assert serving.container.execute("sh", "-c", "true").returncode != 0


def test_it_ends_cleanly_when_kubelet_asks(image: Image, runtime: Runtime, tmp_path: Path) -> None:
    with Node(image, runtime, rendered(tmp_path), tmp_path).serving(TEAM) as serving:
        assert serving.container.terminate() == 0


def test_every_module_finds_what_it_imports_and_is_linked_with(
    configuration: dict[str, Any], runtime: Runtime
) -> None:
    done = runtime.run(configuration, PYTHON, "-c", IMPORT_ALL)
    assert done.returncode == 0, done.stderr
    assert {"webhook.server.run", "webhook.cli.doctor", "certs.rotation"} <= set(done.stdout.split())


def test_it_can_write_nowhere(configuration: dict[str, Any], runtime: Runtime) -> None:
    done = runtime.run(configuration, PYTHON, "-c", WRITABLE)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_without_arguments_it_tells_what_it_can_do(
    image: Image, configuration: dict[str, Any], runtime: Runtime
) -> None:
    done = runtime.run(configuration, *image.configuration["Entrypoint"], *image.configuration["Cmd"])
    assert done.returncode == 0, done.stderr
    assert "Answer the API server's admission reviews." in done.stdout
