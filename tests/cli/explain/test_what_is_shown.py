"""The table and the JSON: what containers hold, from where, and nothing that changes by itself."""

import json
from typing import Any

import pytest

from tests.cli.explain.conftest import BEFORE, Cluster, Explain
from tests.cli.explain.workloads import OURS, RECORD, inference_service, predictor_pod, workload

POD = "pod/llama-predictor-6d9c-x2x"


def containers(explain: Explain, what: str = POD) -> dict[str, dict[str, Any]]:
    """Return the containers of the JSON by name."""
    result = explain(what, "-n", "team-a", "-o", "json")
    assert result.exit_code == 0, result.output
    (described,) = json.loads(result.stdout)["objects"]
    return {one["container"]: one for one in described["containers"]}


def row(explain: Explain, container: str, what: str = POD) -> str:
    """Return a container's row."""
    lines = explain(what, "-n", "team-a").stdout.splitlines()
    return next(line for line in lines if line.startswith(f"{container} "))


@pytest.mark.parametrize(
    ("settings", "annotations", "chosen_by"),
    [
        ({}, {}, ("default", "")),
        ({}, {"secret": "hf-secret"}, ("Namespace annotation", "hf-token-injector.io/secret")),
        ({"rules": [{"repository": "meta-llama/*", "secret": "hf-secret"}]}, {}, ("rule", "meta-llama/*")),
    ],
)
def test_what_chose_the_secret_of_an_entry_that_is_there_is_found_by_deciding_again(
    cluster: Cluster,
    explain: Explain,
    settings: dict[str, Any],
    annotations: dict[str, str],
    chosen_by: tuple[str, str],
) -> None:
    cluster.install(settings)
    cluster.namespace("team-a", "enabled", **annotations)
    cluster.objects.add(predictor_pod(ours=True))
    initializer = containers(explain)["storage-initializer"]
    assert (initializer["holds"], initializer["action"], initializer["reason"]) == ("ours", "keep", "HubUri")
    assert (initializer["secret"]["source"], initializer["secret"]["detail"]) == chosen_by
    assert initializer["now"] is None


def test_what_would_be_chosen_now_is_told_where_it_is_another(cluster: Cluster, explain: Explain) -> None:
    cluster.namespace("team-a", "enabled", secret="other", secret_key="HF_TOKEN")
    cluster.objects.add(predictor_pod(ours=True))
    initializer = containers(explain)["storage-initializer"]
    assert initializer["from"]["name"] == "hf-secret"
    assert (initializer["now"]["name"], initializer["now"]["key"]) == ("other", "HF_TOKEN")
    assert "; now it would be other/HF_TOKEN (Namespace annotation " in row(explain, "storage-initializer")


def test_a_token_as_a_file_is_recognised(cluster: Cluster, explain: Explain) -> None:
    cluster.namespace("team-a", "enabled", method="file")
    pod = predictor_pod()
    noted = json.loads(RECORD)
    noted["storage-initializer"]["method"] = "file"
    pod["metadata"]["annotations"] = {"hf-token-injector.io/injected": json.dumps(noted)}
    pod["spec"]["initContainers"][0] |= {
        "env": [{"name": "HF_TOKEN_PATH", "value": "/var/run/secrets/huggingface/token"}],
        "volumeMounts": [{"name": "hf-token-a338e3eb", "mountPath": "/var/run/secrets/huggingface"}],
    }
    cluster.objects.add(pod)
    initializer = containers(explain)["storage-initializer"]
    assert (initializer["holds"], initializer["method"]) == ("ours", "file")
    assert initializer["secret"]["source"] == "default"


def test_an_entry_of_ours_that_somebody_changed_is_their_own(cluster: Cluster, explain: Explain) -> None:
    pod = predictor_pod(ours=True)
    pod["spec"]["initContainers"][0]["env"] = [
        {"name": "HF_TOKEN", "valueFrom": {"configMapKeyRef": {"name": "mine", "key": "token"}}}
    ]
    cluster.objects.add(pod)
    initializer = containers(explain)["storage-initializer"]
    assert initializer["holds"] == "own"
    assert initializer["wiring"] == "HF_TOKEN from ConfigMap mine, key token"
    assert initializer["from"]["present"] == "absent"
    assert row(explain, "storage-initializer").endswith(
        "HF_TOKEN from ConfigMap mine, key token, no such ConfigMap   meta-llama/Llama-3.1-8B"
    )


def test_a_token_in_a_container_that_asks_for_nothing_is_told(cluster: Cluster, explain: Explain) -> None:
    pod = predictor_pod()
    pod["spec"]["containers"][0]["env"] = [
        {"name": "HF_TOKEN", "value": "hf_madeUpAndNeverShownAnywhere000000"}
    ]
    cluster.objects.add(pod)
    serving = containers(explain)["kserve-container"]
    assert (serving["holds"], serving["reason"]) == ("own", "NoHubReference")
    assert serving["wiring"] == "HF_TOKEN from a literal value"


def test_no_token_is_ever_shown(cluster: Cluster, explain: Explain) -> None:
    token = "hf_madeUpAndNeverShownAnywhere000000"
    pod = predictor_pod(
        env=[{"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": token, "key": token}}}],
        labels={"hf-token-injector.io/inject": token},
    )
    cluster.namespace("team-a", token)
    cluster.objects.add(pod)
    for output in ("table", "json"):
        result = explain(POD, "ns/team-a", "-n", "team-a", "-o", output)
        assert token not in result.output
        assert "hf_…" in result.output


def test_of_secrets_only_metadata_is_asked_for(cluster: Cluster, explain: Explain) -> None:
    cluster.objects.add(predictor_pod(ours=True))
    explain(POD, "-n", "team-a")
    asked = [
        headers["Accept"] for _, path, headers in cluster.objects.requests if path.endswith("/hf-secret")
    ]
    assert asked == ["application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"]


def test_a_missing_secret_that_is_to_be_skipped_is_the_reason(cluster: Cluster, explain: Explain) -> None:
    cluster.namespace("team-a", "enabled", missing_secret="skip")
    cluster.objects.remove("Secret", "hf-secret", "team-a")
    cluster.objects.add(predictor_pod())
    result = explain(POD, "-n", "team-a")
    assert "storage-initializer has no token from us: Secret hf-secret does not exist" in result.stdout
    assert "kubectl create secret generic hf-secret" in result.stdout
    cluster.namespace("team-a", "enabled", missing_secret="skip", secret="hf-secret")
    assert (
        "does not exist in the namespace, as the Namespace's annotation hf-token-injector.io/secret asks."
        in (explain(POD, "-n", "team-a").stdout)
    )


def test_a_misspelt_annotation_is_shown_with_the_command_that_spells_it_right(
    cluster: Cluster, explain: Explain
) -> None:
    cluster.objects.add(inference_service(annotations={"hf-token-injector.io/secretname": "other"}))
    lines = explain("isvc/llama", "-n", "team-a").stdout.splitlines()
    at = lines.index(
        "  warning: annotation hf-token-injector.io/secretname is unknown: did you mean "
        "hf-token-injector.io/secret?"
    )
    assert lines[at + 1] == (
        "    kubectl annotate isvc/llama -n team-a hf-token-injector.io/secretname- "
        "hf-token-injector.io/secret=other"
    )


def test_an_annotation_of_another_prefix_is_shown_with_the_command_that_spells_it_right(
    cluster: Cluster, explain: Explain
) -> None:
    cluster.objects.add(inference_service(annotations={"hf-token-injector/secret": "other"}))
    said = "annotation hf-token-injector/secret is unknown: did you mean hf-token-injector.io/secret?"
    lines = explain("isvc/llama", "-n", "team-a").stdout.splitlines()
    at = lines.index(f"  warning: {said}")
    assert lines[at + 1] == (
        "    kubectl annotate isvc/llama -n team-a hf-token-injector/secret- "
        "hf-token-injector.io/secret=other"
    )
    (described,) = json.loads(explain("isvc/llama", "-n", "team-a", "-o", "json").stdout)["objects"]
    assert described["warnings"] == [said]


def test_what_would_be_refused_has_its_sentence_and_exit_code(cluster: Cluster, explain: Explain) -> None:
    cluster.namespace("team-a", "enabled", missing_secret="deny")
    cluster.objects.remove("Secret", "hf-secret", "team-a")
    cluster.objects.add(inference_service())
    result = explain("isvc/llama", "-n", "team-a")
    assert result.exit_code == 3
    refused = "it would be refused: Secret hf-secret does not exist in namespace team-a."
    assert result.stdout.splitlines()[:2] == [
        f"InferenceService llama in namespace team-a: {refused}",
        "  kubectl create secret generic hf-secret -n team-a --from-literal=token=hf_...",
    ]
    assert "predictor" in result.stdout


def test_what_policy_has_against_an_object_is_shown(cluster: Cluster, explain: Explain) -> None:
    cluster.install({"policy": {"literalTokens": "deny"}})
    service = inference_service()
    literal = {"name": "API_KEY", "value": f"hf_{'madeUp' * 6}"[:37]}
    service["spec"]["predictor"]["model"]["env"] = [literal]
    cluster.objects.add(service)
    result = explain("isvc/llama", "-n", "team-a")
    assert result.exit_code == 3
    assert "  policy would deny: predictor: " in result.stdout
    described = json.loads(explain("isvc/llama", "-n", "team-a", "-o", "json").stdout)["objects"][0]
    assert [(one["fault"], one["action"]) for one in described["policy"]] == [("LiteralToken", "deny")]


def test_policy_judges_a_pod_as_it_is_and_all_else_as_it_would_be_stored(
    cluster: Cluster, explain: Explain
) -> None:
    cluster.install({"policy": {"requireToken": "warn", "pods": "warn"}})
    cluster.objects.add(inference_service(), predictor_pod())
    assert "policy would" not in explain("isvc/llama", "-n", "team-a").stdout
    assert "  policy would warn: storage-initializer: " in explain(POD, "-n", "team-a").stdout


def test_pods_that_are_alike_are_shown_once(cluster: Cluster, explain: Explain) -> None:
    cluster.objects.add(inference_service(), *(predictor_pod(f"llama-{n}", ours=True) for n in range(5)))
    assert "\nPods llama-0, llama-1, llama-2 and 2 more:\n" in explain("isvc/llama", "-n", "team-a").stdout
    described = json.loads(explain("isvc/llama", "-n", "team-a", "-o", "json").stdout)
    assert [group["count"] for group in described["objects"][0]["pods"]] == [5]


def test_the_json_does_not_change_when_pods_are_made_anew(cluster: Cluster, explain: Explain) -> None:
    replicas = workload("ReplicaSet", "vllm")
    pod = {**predictor_pod("llama-a", created=BEFORE)}
    cluster.objects.add(inference_service(), pod, replicas)
    before = explain("-A", "-o", "json").stdout
    cluster.objects.remove("Pod", "llama-a", "team-a")
    cluster.objects.add(predictor_pod("llama-b", created="2026-02-02T00:00:00Z"))
    assert explain("-A", "-o", "json").stdout == before
    assert "llama-" not in before
    assert BEFORE not in before


def test_json_without_objects_is_json(cluster: Cluster, explain: Explain) -> None:
    assert json.loads(explain("isvc", "-n", "team-a", "-o", "json").stdout) == {"version": 1, "objects": []}


def test_colours_come_when_asked_for(cluster: Cluster, explain: Explain) -> None:
    cluster.objects.add(predictor_pod(ours=True))
    shown = explain(POD, "-n", "team-a", "--color", "always").stdout
    assert "\x1b[32myes\x1b[0m" in shown
    assert "\x1b[1mPod llama-predictor-6d9c-x2x\x1b[0m in namespace team-a" in shown


def test_an_entry_that_the_inference_service_gave_is_told_so(cluster: Cluster, explain: Explain) -> None:
    pod = predictor_pod(ours=True)
    pod["metadata"]["annotations"]["hf-token-injector.io/injected"] = (
        '{"predictor":{"secret":"hf-secret","key":"token","reason":"HubUri"}}'
    )
    pod["spec"]["containers"][0]["env"] = [OURS]
    cluster.objects.add(pod)
    serving = containers(explain)["kserve-container"]
    assert (serving["holds"], serving["reason"]) == ("ours", "Inherited")


def test_a_uri_that_looks_like_a_model_and_is_none_is_the_answer(cluster: Cluster, explain: Explain) -> None:
    pod = predictor_pod()
    pod["spec"]["initContainers"][0]["args"][0] = "hf://Llama-3.1-8B"
    cluster.objects.add(
        inference_service(uri="hf://Llama-3.1-8B"),
        inference_service("other", "hf:/a/b"),
        inference_service("page", "https://huggingface.co/a/b"),
        pod,
    )
    no_owner = "hf://Llama-3.1-8B names no repository: it must be hf://owner/model."
    shown = explain("ns/team-a").stdout
    assert f"InferenceService llama in namespace team-a: {no_owner}\n" in shown
    assert (
        "InferenceService other in namespace team-a: hf:/a/b is not read by KServe: write hf://a/b.\n"
        in shown
    )
    assert (
        "InferenceService page in namespace team-a: https://huggingface.co/a/b is downloaded by KServe as a "
        "web page, without a token: write hf://a/b.\n" in shown
    )
    assert (
        f"Pod llama-predictor-6d9c-x2x in namespace team-a: {no_owner}\n"
        in explain(POD, "-n", "team-a").stdout
    )
    llama, *_ = json.loads(explain("isvc", "-n", "team-a", "-o", "json").stdout)["objects"]
    assert llama["answer"]["code"] == "Misspelt"
    assert llama["misspelt"] == [no_owner.rstrip(".")]


def test_a_second_uri_is_warned_about_where_another_thing_is_worse(
    cluster: Cluster, explain: Explain
) -> None:
    cluster.namespace("team-a", None)
    service = inference_service()
    service["spec"]["predictor"]["storageUris"] = [{"uri": "hf://adapter"}]
    cluster.objects.add(service)
    shown = explain("isvc/llama", "-n", "team-a").stdout
    assert "namespace team-a has not opted in." in shown
    assert "  warning: hf://adapter names no repository: it must be hf://owner/model\n" in shown
