"""Every kind of workload under `cases/`, by the real controllers: each container of each Pod of it."""

import pytest

from tests.e2e.conftest import MakeNamespace
from tests.e2e.harness.cases import Case, check, read_cases
from tests.e2e.harness.cluster import Cluster
from tests.e2e.harness.kserve import KServe
from tests.e2e.harness.kubectl import Kubectl
from tests.e2e.harness.team import Team

pytestmark = pytest.mark.usefixtures("release")

_CASES = [case for case in read_cases() if case.mutate == "always"]


@pytest.fixture(scope="module")
def llm(kserve: KServe) -> None:
    """KServe's controller for LLMInferenceServices."""
    kserve.install_llm()


@pytest.mark.parametrize("case", [case for case in _CASES if not case.llm], ids=lambda case: case.name)
@pytest.mark.usefixtures("kserve")
def test_each_container_has_the_token_that_it_needs(
    case: Case, make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl
) -> None:
    """And no other container has one."""
    check(case, Team(make_namespace(case.mode), cluster.api, kubectl))


@pytest.mark.parametrize("case", [case for case in _CASES if case.llm], ids=lambda case: case.name)
@pytest.mark.usefixtures("llm")
def test_each_container_of_an_llm_has_the_token_that_it_needs(
    case: Case, make_namespace: MakeNamespace, cluster: Cluster, kubectl: Kubectl
) -> None:
    """And no other container has one."""
    check(case, Team(make_namespace(case.mode), cluster.api, kubectl))
