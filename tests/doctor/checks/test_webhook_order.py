from typing import Any

from tests.doctor.clusters import ENTRIES, cluster, entry, installed, said
from webhook.doctor.finding import Status
from webhook.doctor.registry import examine

CHECK = "webhook-order"
LATE: dict[str, Any] = {"metadata": {"name": "zz-kserve"}, "webhooks": []}
ONCE = [entry(one["name"], reinvocationPolicy="Never") for one in ENTRIES]


def test_a_name_that_sorts_before_kserves_is_a_warning_while_it_is_called_again() -> None:
    ((status, sentence, fix),) = said(cluster(installed=installed(others=(LATE,))), CHECK)
    assert (status, "is called before zz-kserve, so that each Pod comes to it twice" in sentence) == (
        Status.WARN,
        True,
    )
    assert fix == (
        "helm upgrade hf-token-injector charts/hf-token-injector -n hf-token-injector --reuse-values "
        "--set webhook.name=mutating-hf-token-injector"
    )


def test_a_name_that_sorts_before_kserves_is_a_failure_where_it_is_not_called_again() -> None:
    """`storage-initializer` is added after us, and nobody looks again."""
    ((status, sentence, _),) = said(cluster(installed=installed(*ONCE, others=(LATE,))), CHECK)
    assert (status, "storage-initializer comes later, and gets no token" in sentence) == (Status.FAIL, True)


def test_entries_that_are_not_called_again_are_told() -> None:
    ((status, sentence, _),) = said(cluster(installed=installed(*ONCE)), CHECK)
    assert status is Status.WARN
    assert ENTRIES[0]["name"] in sentence


def test_kserves_configuration_is_known_by_its_entries_too() -> None:
    other = {"metadata": {"name": "zz"}, "webhooks": [{"name": "x.kserve-webhook-server.pod-mutator"}]}
    ((status, _, _),) = said(cluster(installed=installed(others=(other,))), CHECK)
    assert status is Status.WARN


def test_the_order_is_shown() -> None:
    (result,) = examine(cluster(), [CHECK])
    (found,) = result.findings
    assert found.status is Status.OK
    assert found.sentence == (
        "is number 2 of 2 to be called: inferenceservice.serving.kserve.io, mutating-hf-token-injector."
    )


def test_a_cluster_without_kserve_is_told_of_among_what_is_well() -> None:
    (result,) = examine(cluster(installed=installed(others=())), [CHECK])
    assert "There is no configuration of KServe's." in [found.sentence for found in result.findings]


def test_nothing_is_said_of_an_order_that_may_not_be_read() -> None:
    assert said(cluster(installed=installed(others=None)), CHECK) == []
