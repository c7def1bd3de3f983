import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from webhook.cli.main import cli

DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat, namespace: team}
spec:
  template:
    spec:
      containers:
      - {name: vllm, image: vllm/vllm-openai, args: [--model, meta-llama/Llama-3.1-8B]}
      - {name: side, image: busybox}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: c}
"""


def explain(*arguments: str, stdin: str = DEPLOYMENT) -> Result:
    return CliRunner().invoke(cli, ["explain", "-f", "-", *arguments], input=stdin)


def test_a_pipe_gets_plain_aligned_columns() -> None:
    result = explain()
    assert result.exit_code == 0
    assert result.stdout == (
        "Deployment chat in namespace team (<stdin>:1): the object is patched\n"
        f"CONTAINER   TOKEN   {'WHY':54}   {'SECRET':32}   REPOSITORIES\n"
        f"vllm        yes     {'ModelFlag: --model of vLLM names a model on the Hub':54}   "
        "hf-secret/token (default) as env   meta-llama/Llama-3.1-8B\n"
        f"side        no      {'NoHubReference: nothing in it names a model on the Hub':54}   {'-':32}   -\n"
        "\n"
        "1 object of kinds without Pods not shown.\n"
    )


def test_colours_come_when_asked_for() -> None:
    assert "\x1b[32myes\x1b[0m" in explain("--color", "always").stdout


def test_json_has_a_version_and_everything_that_was_decided() -> None:
    described = json.loads(explain("-o", "json").stdout)
    deployment, config_map = described["objects"]
    assert described["version"] == 1
    assert {key: deployment[key] for key in ("file", "line", "kind", "namespace", "name", "outcome")} == {
        "file": "<stdin>",
        "line": 1,
        "kind": "Deployment",
        "namespace": "team",
        "name": "chat",
        "outcome": "Injected",
    }
    assert deployment["containers"][0] == {
        "container": "vllm",
        "path": "/spec/template/spec/containers/0",
        "action": "add",
        "needsToken": True,
        "reason": "ModelFlag",
        "sentence": "--model of vLLM names a model on the Hub",
        "secret": {"name": "hf-secret", "key": "token", "source": "default", "detail": ""},
        "method": "env",
        "repositories": ["meta-llama/Llama-3.1-8B"],
    }
    assert (config_map["outcome"], config_map["containers"]) == ("KindNotHandled", [])


def test_a_broken_manifest_and_a_refused_object_have_their_exit_codes() -> None:
    assert explain(stdin="a: [\n").exit_code == 2
    refused = DEPLOYMENT.replace(
        "    spec:\n      c",
        "    metadata: {annotations: {hf-token-injector.io/method: magic}}\n    spec:\n      c",
    )
    result = explain(stdin=refused)
    assert result.exit_code == 3
    assert "hf-token-injector.io/method" in result.stdout


def test_what_the_policy_has_against_an_object_is_told_once(tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("policy: {repositories: {action: deny, allow: [acme/*]}, requireRevision: warn}")
    service = (
        "apiVersion: serving.kserve.io/v1alpha2\nkind: LLMInferenceService\nmetadata:\n  name: llama\n"
        "  annotations: {hf-token-injector.io/secret: mine}\n"
        "spec: {model: {uri: hf://meta-llama/Llama-3.1-8B}}\n"
    )
    result = explain("--config", str(settings), "-o", "json", stdin=service)
    [described] = json.loads(result.stdout)["objects"]
    assert result.exit_code == 3
    assert described["denial"].startswith(
        "the platform's policy: storage-initializer: meta-llama/Llama-3.1-8B"
    )
    assert [(finding["fault"], finding["action"]) for finding in described["policy"]] == [
        ("RepositoryNotAllowed", "deny"),
        ("NoRevision", "warn"),
    ]
    assert len(described["warnings"]) == 2
    assert result.stderr.count("does nothing here: set it in spec.annotations") == 1
    text = explain("--config", str(settings), stdin=service).stdout
    assert "(<stdin>:1): the platform's policy: " in text


@pytest.mark.parametrize(
    ("uri", "clause"),
    [
        ("HF://a/b", "HF://a/b is not read by KServe: write hf://a/b"),
        (
            "https://huggingface.co/a/b",
            "https://huggingface.co/a/b is downloaded by KServe as a web page, without a token: write hf://a/b",
        ),
    ],
)
def test_a_uri_that_looks_like_a_model_and_is_none_is_the_outcome(uri: str, clause: str) -> None:
    service = (
        "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: llama}\n"
        f"spec: {{predictor: {{model: {{modelFormat: {{name: huggingface}}, storageUri: '{uri}'}}}}}}\n"
    )
    assert explain(stdin=service).stdout.splitlines()[0].endswith(f"(<stdin>:1): {clause}")
    [described] = json.loads(explain("-o", "json", stdin=service).stdout)["objects"]
    assert described["misspelt"] == [clause]


def test_an_annotation_of_another_prefix_is_a_warning() -> None:
    said = "annotation hf-token-injector/secret is unknown: did you mean hf-token-injector.io/secret?"
    manifest = DEPLOYMENT.replace("namespace: team}", "annotations: {hf-token-injector/secret: other}}")
    result = explain("-o", "json", stdin=manifest)
    assert json.loads(result.stdout)["objects"][0]["warnings"] == [said]
    assert result.stderr == f"<stdin>:1: warning: Deployment chat: {said}\n"
