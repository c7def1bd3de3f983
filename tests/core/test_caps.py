"""What is over the cap on containers is not looked at, and the answer says so."""

from typing import Any

from webhook.core import caps
from webhook.core.admit import admit
from webhook.core.decision import Decision, Request, Scope
from webhook.core.reasons import Reason

_MANY = caps.CONTAINERS + 5
_DOWNLOADS: dict[str, Any] = {"name": "c", "args": ["hf://org/x"]}


def _pod(spec: dict[str, Any]) -> Decision:
    return admit(
        Request("", "Pod", "CREATE", "ns", {"metadata": {"name": "p"}, "spec": spec}, scope=Scope.ALL)
    )


def _service(spec: dict[str, Any], operation: str = "CREATE") -> Decision:
    new = {"metadata": {"name": "s"}, "spec": spec}
    old = {"metadata": {"name": "s"}, "spec": {}} if operation == "UPDATE" else None
    return admit(Request("serving.kserve.io", "InferenceService", operation, "ns", new, old))


def _is_told(decision: Decision, pointer: str) -> None:
    [told] = [verdict for verdict in decision.verdicts if verdict.reason is Reason.TOO_LARGE]
    assert len(decision.verdicts) == caps.CONTAINERS + 1
    assert told.path == pointer
    assert told.sentence.startswith("the object has more than 1000 containers, so it was not read")


def test_a_pod_is_read_up_to_its_thousandth_container() -> None:
    decision = _pod({"initContainers": [_DOWNLOADS] * 600, "containers": [_DOWNLOADS] * 600})
    _is_told(decision, "/spec/containers/400")


def test_an_inference_service_is_read_up_to_its_thousandth_container() -> None:
    decision = _service({"predictor": {"containers": [_DOWNLOADS] * _MANY}}, "UPDATE")
    _is_told(decision, f"/spec/predictor/containers/{caps.CONTAINERS}")


def test_canaries_beyond_the_cap_are_not_looked_at() -> None:
    model = {"model": {"storageUri": "hf://org/x"}}
    decision = _service({"predictor": model, "canary": [{"predictor": model}] * _MANY})
    _is_told(decision, f"/spec/canary/{caps.CONTAINERS - 1}/predictor")


def test_a_start_script_of_nearly_64_kib_is_read_to_its_end() -> None:
    line = 'echo "waiting for the cache of node $NODE" && sleep 1\n'
    script = line * ((caps.STRING - 100) // len(line)) + "exec vllm serve team-a/model\n"
    container = {"name": "c", "command": ["sh", "-c", script]}
    [verdict] = _pod({"containers": [container]}).verdicts
    assert verdict.repositories == ("team-a/model",)


def test_variables_that_double_are_never_an_error_and_no_way_round_the_endpoint() -> None:
    """Nothing in the container refers to a variable, so that only the questions about tokens resolve them."""
    doubling = [{"name": "A0", "value": "x" * 9000}]
    doubling += [{"name": f"A{i}", "value": f"$(A{i - 1})$(A{i - 1})"} for i in range(1, 4)]
    foreign = {"name": "HF_ENDPOINT", "value": "https://elsewhere.example"}
    for env in ([*doubling, foreign], [foreign, *doubling], [*doubling, {"name": "HF_HOME", "value": "/hf"}]):
        [verdict] = _pod({"containers": [{**_DOWNLOADS, "env": env}]}).verdicts
        expected = Reason.FOREIGN_ENDPOINT if foreign in env else Reason.HUB_URI
        assert verdict.reason is expected, env[0]
