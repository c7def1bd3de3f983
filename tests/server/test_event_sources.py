"""Where Events are sent, as the settings say."""

import io
import json
import ssl
from pathlib import Path
from typing import Any

import pytest

from tests.kubernetes_events import KubernetesEvents
from tests.server.conftest import quick_settings
from tests.server.managed import wait_for
from tests.server.running import Running
from webhook.cluster.access import AccessError
from webhook.server.logs import make_logger
from webhook.server.sources import event_teller
from webhook.server.telling import MakeTeller
from webhook.settings import ClusterSettings, EventSettings, LogSettings, ServerSettings, TlsSettings

POD = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}


def teller(
    environ: dict[str, str], kubeconfig: str = "", *, wanted: bool = True
) -> tuple[MakeTeller | None, list[str]]:
    """Return what makes who sends Events, and why there is nobody, as the log says."""
    log = io.BytesIO()
    settings = ServerSettings(cluster=ClusterSettings(kubeconfig), events=EventSettings(wanted))
    found = event_teller(settings, logger=make_logger(LogSettings(), log), environ=environ)
    return found, [json.loads(line)["why"] for line in log.getvalue().splitlines()]


def test_events_are_sent_wherever_there_is_a_way_to_an_api_server(
    eventful: KubernetesEvents, tmp_path: Path
) -> None:
    for found, log in (teller(POD), teller({}, str(eventful.kubeconfig(tmp_path)))):
        assert found is not None
        assert log == []


def test_outside_any_cluster_no_events_are_sent_and_the_log_says_so() -> None:
    found, log = teller({})
    assert found is None
    assert log == ["this is not a Pod: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set"]


def test_events_can_be_switched_off() -> None:
    assert teller(POD, wanted=False) == (None, ["events.enabled is false"])


def test_a_kubeconfig_that_is_set_must_lead_somewhere(tmp_path: Path) -> None:
    with pytest.raises(AccessError, match="there is no kubeconfig"):
        teller({}, str(tmp_path / "nothing"))


def test_a_server_sends_events_to_its_cluster(
    eventful: KubernetesEvents,
    tls_files: TlsSettings,
    trust: ssl.SSLContext,
    tmp_path: Path,
    review: dict[str, Any],
) -> None:
    found, _ = teller({}, str(eventful.kubeconfig(tmp_path)))
    running = Running(quick_settings(tls_files), trust, make_teller=found)
    running.start()
    try:
        owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "llama", "uid": "1"}
        review["request"]["object"]["metadata"]["ownerReferences"] = [{**owner, "controller": True}]
        running.post(json.dumps(review).encode())
        wait_for(lambda: bool(eventful.events))
    finally:
        running.end()
    assert [event["reason"] for event in eventful.events] == ["Injected"]
