"""The golden table `tests/cases/policy/literal-tokens.txt`, and where in an object a token may hide."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from webhook.core.decision import Decision, Request
from webhook.core.hub import HUGGING_FACE, redact
from webhook.core.policy.finding import Fault
from webhook.core.policy.shapes import tokens
from webhook.core.servers import SERVERS
from webhook.core.validate import validate

_BODY = "aB3dEfG7hJkLmN9pQrStUvWx2zYcVbN4mK"
_TOKEN = f"hf_{_BODY}"
_TABLE = Path(__file__).parents[2] / "cases" / "policy" / "literal-tokens.txt"
_SECRETS = (_BODY, "s3cretOfMine")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def _lines() -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(_TABLE.read_text().splitlines(), 1):
        if line and not line.startswith("#"):
            container, arrow, expected = line.rpartition(" -> ")
            assert arrow, f"line {number} has no arrow"
            yield number, container.replace("%TOKEN%", _TOKEN).replace("%BODY%", _BODY), expected


_CASES = list(_lines())


def _judged(kind: str, document: dict[str, Any]) -> Decision:
    group = "" if kind == "Pod" else "serving.kserve.io"
    decision = validate(Request(group, kind, "CREATE", "ns", document))
    said = json.dumps([decision.warnings, decision.denial, decision.findings])
    assert not any(secret in said for secret in _SECRETS)
    return decision


@pytest.mark.parametrize(
    ("container", "expected"),
    [pytest.param(text, expected, id=f"{number}-{text[1:60]}") for number, text, expected in _CASES],
)
def test_a_container_holds_what_the_table_says(container: str, expected: str) -> None:
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "main"} | yaml.safe_load(container)]}}
    faults = {str(finding.fault) for finding in _judged("Pod", pod).findings}
    assert (faults or {"nothing"}) == {expected}


def test_the_table_covers_every_name_that_brings_a_token() -> None:
    assert len(_CASES) >= 80
    found = "\n".join(text for _, text, expected in _CASES if expected != "nothing")
    flags = HUGGING_FACE.token_flags.union(*(server.token_flags for server in SERVERS))
    assert [flag for flag in flags if flag not in found] == []
    assert [tool.program[0] for tool in HUGGING_FACE.tools if tool.program[0] not in found] == []
    assert [name for name in HUGGING_FACE.token_arguments if f"{name}='" not in found] == []
    assert {expected for *_, expected in _CASES} == {
        "nothing",
        *{Fault.LITERAL_TOKEN, Fault.LITERAL_VALUE, Fault.TOKEN_IN_URL},
    }


@pytest.mark.parametrize("name", sorted(HUGGING_FACE.literal_variables))
def test_a_value_of_each_variable_of_a_token_is_found(name: str) -> None:
    for container in (
        {"env": [{"name": name, "value": "s3cretOfMine"}]},
        {"command": ["sh", "-c", f"export {name}=s3cretOfMine"]},
        {"args": [f'{{"{name}": "s3cretOfMine"}}']},
    ):
        pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "main"} | container]}}
        [finding] = _judged("Pod", pod).findings
        assert finding.fault is Fault.LITERAL_VALUE
        assert name in finding.subject


@pytest.mark.parametrize(("text"), [text for _, text, expected in _CASES if expected == "LiteralToken"])
def test_what_is_found_by_its_form_is_never_printed(text: str) -> None:
    for match in tokens(text):
        assert match[0][8:] not in redact(text)


def _predictor(**model: Any) -> dict[str, Any]:  # noqa: ANN401 - any field of a model
    return {"metadata": {"name": "s"}, "spec": {"predictor": {"model": model}}}


def test_where_a_token_is_found_people_are_told_in_their_own_words() -> None:
    env = [{"name": "MY_VARIABLE", "value": _TOKEN}]
    annotated = {"metadata": {"annotations": {"example.com/a": _TOKEN}, "labels": {"l": _TOKEN}}, "spec": {}}
    runtime = {"metadata": {}, "spec": {"annotations": {"a": _TOKEN}, "containers": [{"args": [_TOKEN]}]}}
    llm = {
        "metadata": {},
        "spec": {
            "model": {"uri": f"hf://a/b?{_TOKEN}"},
            "template": {"initContainers": [{"name": "i", "env": env}]},
        },
    }
    storage = {"parameters": {"type": "hf", "access-token": "s3cretOfMine"}}
    script = ["sh", "-c", "export HF_TOKEN=s3cretOfMine"]
    for kind, document, expected in (
        ("InferenceService", _predictor(env=env), ("predictor", "variable MY_VARIABLE")),
        ("InferenceService", _predictor(args=[_TOKEN]), ("predictor", "an item of args")),
        ("InferenceService", _predictor(command=script), ("predictor", "HF_TOKEN in command")),
        ("InferenceService", _predictor(storage=storage), ("predictor", "storage parameter access-token")),
        ("InferenceService", _predictor(storageUri=f"hf://a/b?{_TOKEN}"), ("predictor", "field storageUri")),
        ("InferenceService", annotated, ("", "annotation example.com/a")),
        ("ServingRuntime", runtime, ("", "annotation a")),
        ("LLMInferenceService", llm, ("", "field uri")),
    ):
        finding = _judged(kind, document).findings[0]
        assert (finding.container, finding.subject) == expected
    assert [finding.subject for finding in _judged("Pod", annotated).findings] == [
        "annotation example.com/a",
        "label l",
    ]
    assert _judged("LLMInferenceService", llm).findings[1].container == "i"


def test_kubectls_annotation_that_repeats_the_manifest_is_told_apart() -> None:
    manifest = {"spec": {"containers": [{"env": [{"name": "HF_TOKEN", "value": "s3cretOfMine"}]}]}}
    for text in (json.dumps(manifest), json.dumps(manifest, separators=(",", ":")), json.dumps(_TOKEN)):
        pod = {"metadata": {"annotations": {_LAST_APPLIED: text}}, "spec": {}}
        decision = _judged("Pod", pod)
        assert [finding.fault for finding in decision.findings] == [Fault.TOKEN_IN_LAST_APPLIED]
        assert decision.warnings == [
            (
                "kubectl's annotation last-applied-configuration repeats a token: take the token out of the "
                "manifest, and apply that"
            )
        ]


def test_what_the_cluster_writes_is_not_searched() -> None:
    pod = {"metadata": {"managedFields": [{"x": _TOKEN}]}, "status": {"message": _TOKEN}}
    assert _judged("Pod", pod).findings == []
    assert (
        _judged("Pod", {"metadata": {}, "spec": {"status": _TOKEN, "managedFields": _TOKEN}}).findings != []
    )


def test_a_token_in_a_name_is_not_repeated() -> None:
    container = {
        "name": _TOKEN,
        "env": [{"name": f"A_{_TOKEN}", "value": f"x {_TOKEN}"}],
        _TOKEN: {_TOKEN: _TOKEN},
    }
    decision = _judged("Pod", {"metadata": {_TOKEN: _TOKEN}, "spec": {"containers": [container]}})
    assert len(decision.findings) > 3
