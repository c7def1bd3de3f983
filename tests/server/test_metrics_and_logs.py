"""What a review leaves behind: numbers with bounded labels, and one line without a value of anything."""

import io
import json
import logging
import sys
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.server.running import Running
from webhook.core.decision import Action, Decision, Verdict
from webhook.core.reasons import Outcome, Reason
from webhook.server.logs import log_review, make_logger
from webhook.server.metrics import BUCKETS, Metrics
from webhook.server.readiness import Readiness
from webhook.server.review import Answered, Review
from webhook.settings import LogSettings

REVIEW = Review("uid-1", None, "Pod", "team-a", "CREATE", "llama", dry_run=True)
INJECTED = Decision(
    Outcome.INJECTED,
    verdicts=[
        Verdict("init", "/i", Action.ADD, Reason.HUB_URI, "meta-llama/secret-repository"),
        Verdict("main", "/m", Action.NONE, Reason.NO_HUB_REFERENCE),
        Verdict("side", "/s", Action.NONE, Reason.NO_HUB_REFERENCE),
    ],
    patch=[{"op": "add", "path": "/x", "value": "y"}],
)


def samples(metrics: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return every sample of ours by its name and labels."""
    return {
        (sample.name.removeprefix("hf_token_injector_"), tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(metrics.exposition().decode())
        for sample in family.samples
        if sample.name.startswith("hf_token_injector_")
    }


def test_a_review_is_counted_by_kind_operation_and_outcome_and_each_container_by_reason() -> None:
    metrics = Metrics()
    metrics.reviewed(Answered("/mutate", REVIEW, INJECTED, 0.003))
    metrics.reviewed(Answered("/mutate", REVIEW, INJECTED, 100))
    found = samples(metrics)
    labels = (("endpoint", "/mutate"), ("kind", "Pod"), ("operation", "CREATE"), ("outcome", "Injected"))
    assert found["reviews_total", labels] == 2
    assert found["containers_total", (("action", "add"), ("reason", "HubUri"))] == 2
    assert found["containers_total", (("action", "none"), ("reason", "NoHubReference"))] == 4


def test_durations_fall_into_the_buckets_that_were_promised() -> None:
    assert BUCKETS == (0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 2.5, 10, 25)
    metrics = Metrics()
    for seconds in (0.001, 0.003, 100):
        metrics.reviewed(Answered("/mutate", REVIEW, INJECTED, seconds))
    where = (("endpoint", "/mutate"), ("kind", "Pod"))
    found = {
        dict(labels)["le"]: value
        for (name, labels), value in samples(metrics).items()
        if name == "admission_duration_seconds_bucket"
    }
    assert (found["0.001"], found["0.0025"], found["0.005"], found["25.0"], found["+Inf"]) == (1, 1, 2, 2, 3)
    assert samples(metrics)["admission_duration_seconds_count", where] == 3
    assert samples(metrics)["admission_duration_seconds_sum", where] == pytest.approx(100.004)


def test_labels_never_come_from_a_review() -> None:
    metrics = Metrics()
    for number in range(100):
        review = REVIEW._replace(kind=f"Kind{number}", operation=f"OPERATION{number}")
        metrics.reviewed(Answered("/mutate", review, INJECTED, 0.001))
    labels = (("endpoint", "/mutate"), ("kind", "other"), ("operation", "other"), ("outcome", "Injected"))
    assert samples(metrics)["reviews_total", labels] == 100


def test_the_process_and_the_version_are_metrics(server: Running) -> None:
    text = server.get("/metrics").body.decode()
    assert 'hf_token_injector_build_info{version="0.1.0"} 1.0' in text
    assert "process_resident_memory_bytes" in text


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        ("GET", "/livez", 200, b"ok\n"),
        ("GET", "/readyz", 200, b"ok\n"),
        ("HEAD", "/readyz", 200, b""),
        ("POST", "/livez", 405, b"/livez takes GET only.\n"),
        ("GET", "/", 404, b"There is nothing here; try /livez, /readyz or /metrics.\n"),
    ],
)
def test_the_ops_port_answers_probes(
    server: Running, method: str, path: str, status: int, body: bytes
) -> None:
    answer = server.get(path, method)
    assert (answer.status, answer.body) == (status, body)


def test_readiness_waits_for_every_condition() -> None:
    readiness = Readiness()
    assert readiness.reasons == ["it is starting"]
    readiness.wait_for("certificate", "there is no certificate")
    readiness.met("start")
    assert readiness.reasons == ["there is no certificate"]
    readiness.met("certificate")
    assert readiness.reasons == []


def log(decision: Decision, settings: LogSettings = LogSettings()) -> bytes:  # noqa: B008 - it is frozen
    stream = io.BytesIO()
    log_review(make_logger(settings, stream), Answered("/mutate", REVIEW, decision, 0.0012345))
    return stream.getvalue()


def test_a_review_is_one_line_with_these_fields_and_no_others() -> None:
    line: dict[str, Any] = json.loads(log(INJECTED))
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "review",
        "level": "info",
        "endpoint": "/mutate",
        "uid": "uid-1",
        "namespace": "team-a",
        "kind": "Pod",
        "name": "llama",
        "operation": "CREATE",
        "outcome": "Injected",
        "reasons": ["HubUri", "NoHubReference"],
        "patched": 1,
        "dry_run": True,
        "duration_ms": 1.234,
    }


def test_a_denial_is_a_warning() -> None:
    assert json.loads(log(Decision(Outcome.DENIED, denial="no")))["level"] == "warning"


def test_the_level_holds_back_what_is_less() -> None:
    assert log(INJECTED, LogSettings("warning")) == b""
    assert log(Decision(Outcome.DENIED, denial="no"), LogSettings("warning"))


def test_people_get_text() -> None:
    text = log(INJECTED, LogSettings("info", "console")).decode()
    assert "review" in text
    assert "outcome" in text
    assert not text.startswith("{")


def test_nothing_of_an_object_reaches_the_log(server: Running, review_bytes: bytes) -> None:
    body = review_bytes.replace(b'"value":"INFO"', b'"value":"hf_aValueThatIsSecret"', 1)
    assert server.post(body).status == 200
    text = server.log.getvalue()
    assert b"hf_aValueThatIsSecret" not in text
    assert b"meta-llama" not in text


def test_libraries_log_through_us_and_without_the_message_of_an_exception() -> None:
    stream = io.BytesIO()
    make_logger(LogSettings(), stream)
    try:
        int("hf_secret")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
    line = json.loads(stream.getvalue())
    assert (line["event"], line["logger"]) == ("Exception in ASGI application", "uvicorn.error")
    assert line["exception"] == "ValueError"
    assert "hf_secret" not in stream.getvalue().decode()


def test_a_log_that_cannot_be_written_stops_nothing(review_bytes: bytes) -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    log_review(make_logger(LogSettings(), Full()), Answered("/mutate", REVIEW, INJECTED, 0.001))


def test_standard_output_is_the_default(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    log_review(make_logger(LogSettings()), Answered("/mutate", REVIEW, INJECTED, 0.001))
    sys.stdout.flush()
    assert json.loads(capfdbinary.readouterr().out)["event"] == "review"
