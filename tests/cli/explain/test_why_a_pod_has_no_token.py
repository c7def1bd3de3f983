"""The first line: why a Pod has no token, and the commands that mend it."""

from pathlib import Path

import pytest

from tests.cli.explain.conftest import AFTER, BEFORE, ENTRIES, Cluster, Explain
from tests.cli.explain.said import HEADING, POD, RESTART, first, missing
from tests.cli.explain.workloads import (
    controller,
    inference_service,
    owned,
    pod_of,
    predictor_pod,
    workload,
)
from webhook.cli.explain.reach import RESERVED


def test_a_namespace_that_has_not_opted_in(cluster: Cluster, explain: Explain) -> None:
    cluster.namespace("team-a", None)
    cluster.objects.add(predictor_pod())
    assert first(explain) == [
        missing("namespace team-a has not opted in"),
        "  kubectl label namespace team-a hf-token-injector.io/inject=enabled",
        RESTART,
    ]


def test_what_a_newcomer_lacks_is_told_in_its_order(cluster: Cluster, explain: Explain) -> None:
    cluster.namespace("team-a", None)
    cluster.objects.remove("Secret", "hf-secret", "team-a")
    cluster.objects.add(predictor_pod())
    assert first(explain)[1:] == [
        "  kubectl label namespace team-a hf-token-injector.io/inject=enabled",
        "  kubectl create secret generic hf-secret -n team-a --from-literal=token=hf_...",
        RESTART,
    ]


def test_a_value_that_is_none_of_ours(cluster: Cluster, explain: Explain) -> None:
    cluster.namespace("team-a", "true")
    cluster.objects.add(predictor_pod())
    assert first(explain)[:2] == [
        missing("the label of namespace team-a says true, which is none of enabled, all and audit"),
        "  kubectl label namespace team-a hf-token-injector.io/inject=enabled --overwrite",
    ]


def test_audit(cluster: Cluster, explain: Explain) -> None:
    cluster.namespace("team-a", "audit")
    cluster.objects.add(predictor_pod())
    assert first(explain)[:2] == [
        missing("namespace team-a is in audit mode, where nothing is changed"),
        "  kubectl label namespace team-a hf-token-injector.io/inject=enabled --overwrite",
    ]


def test_created_before_the_label(cluster: Cluster, explain: Explain) -> None:
    cluster.objects.add(predictor_pod(created=BEFORE))
    assert first(explain) == [missing("it was created before namespace team-a got its label"), RESTART]


def test_created_before_the_webhook(cluster: Cluster, explain: Explain) -> None:
    cluster.objects.add(predictor_pod(created="2025-12-31T00:00:00Z"))
    assert first(explain) == [missing("it was created before the webhook was installed"), RESTART]


def test_the_webhook_was_away(cluster: Cluster, explain: Explain) -> None:
    cluster.install(failurePolicy="Ignore")
    cluster.objects.add(predictor_pod(created=AFTER))
    assert first(explain)[0] == missing(
        "the webhook did not answer when it was created, and failurePolicy Ignore lets that pass"
    )


def test_decided_otherwise(cluster: Cluster, explain: Explain) -> None:
    cluster.objects.add(predictor_pod(created=AFTER))
    assert first(explain)[0] == missing(
        "it was created when the label, the annotations, the settings or the version were others"
    )


def test_a_condition_that_somebody_added_may_be_why(cluster: Cluster, explain: Explain) -> None:
    """It takes CEL to tell, so that is said; a new Pod may fare no better, so none is proposed."""
    cluster.install(matchConditions=[{"name": "not-a-mirror-pod"}, {"name": "on-weekdays"}])
    cluster.objects.add(predictor_pod(created=AFTER))
    result = explain(f"pod/{POD}", "-n", "team-a")
    assert first(explain) == [
        missing(
            "matchCondition on-weekdays of the webhook's configuration may keep it away, "
            "which is not evaluated here"
        )
    ]
    assert (
        "Not seen: whether matchCondition on-weekdays of mutating-hf-token-injector "
        "(entry inferenceservice-pods.hf-token-injector.io) holds: that takes CEL, so it is taken to be true"
    ) in result.stderr
    cluster.objects.add(predictor_pod(created=BEFORE))
    assert first(explain)[0] == missing("it was created before namespace team-a got its label")


def test_no_webhook(cluster: Cluster, explain: Explain) -> None:
    cluster.objects.remove("MutatingWebhookConfiguration", "mutating-hf-token-injector")
    cluster.objects.add(predictor_pod())
    said = first(explain)
    assert said[0] == missing("there is no MutatingWebhookConfiguration mutating-hf-token-injector")
    assert said[1].startswith("  helm upgrade --install hf-token-injector ")


@pytest.mark.parametrize(
    ("name", "by"), [("left-out", "webhook.excludedNamespaces"), ("kube-system", "always, whatever is set")]
)
def test_a_namespace_that_is_left_out(cluster: Cluster, explain: Explain, name: str, by: str) -> None:
    """What the platform may change is named, of the Pod and of the namespace."""
    cluster.namespace(name)
    pod = predictor_pod()
    pod["metadata"]["namespace"] = name
    cluster.objects.add(pod)
    clause = f"the platform excludes namespace {name} ({by})"
    assert first(explain, f"pod/{POD}", "-n", name)[0].endswith(f"no token: {clause}.")
    assert first(explain, f"ns/{name}")[0] == f"Namespace {name}: nothing is injected: {clause}."


def test_no_entry_selects_it(cluster: Cluster, explain: Explain) -> None:
    cluster.install(objectSelector={"matchLabels": {"tier": "gold"}})
    cluster.objects.add(predictor_pod())
    assert first(explain) == [missing("no entry of the webhook's configuration selects it (tier=gold)")]


def test_a_plain_pod_where_only_kserve_has_opted_in(cluster: Cluster, explain: Explain) -> None:
    deployment = workload()
    replicas = owned("ReplicaSet", "vllm-1", controller("Deployment", "vllm"))
    pod = pod_of(deployment, "vllm-1-a", controller("ReplicaSet", "vllm-1"))
    cluster.objects.add(deployment, replicas, pod)
    assert first(explain, "pod/vllm-1-a", "-n", "team-a") == [
        (
            "Pod vllm-1-a in namespace team-a: vllm has no token: namespace team-a is not labelled all, "
            "and this belongs to no KServe workload."
        ),
        "  kubectl label namespace team-a hf-token-injector.io/inject=all --overwrite",
        "  kubectl rollout restart deployment/vllm -n team-a",
    ]


def test_opted_out(cluster: Cluster, explain: Explain) -> None:
    cluster.objects.add(predictor_pod(labels={"hf-token-injector.io/inject": "disabled"}))
    assert first(explain) == [
        f"{HEADING}storage-initializer has no token: label hf-token-injector.io/inject=disabled opts it out.",
        "  kubectl label isvc/llama -n team-a hf-token-injector.io/inject-",
    ]


def test_a_container_that_is_excluded(cluster: Cluster, explain: Explain) -> None:
    pod = predictor_pod()
    pod["metadata"]["annotations"] = {
        "hf-token-injector.io/exclude-containers": "storage-initializer,kserve-container"
    }
    cluster.objects.add(pod)
    assert first(explain)[1] == (
        "  kubectl annotate isvc/llama -n team-a hf-token-injector.io/exclude-containers-"
    )


def test_a_secret_that_does_not_exist(cluster: Cluster, explain: Explain) -> None:
    cluster.objects.remove("Secret", "hf-secret", "team-a")
    cluster.objects.add(predictor_pod(ours=True))
    assert first(explain) == [
        (
            f"{HEADING}storage-initializer takes its token from Secret hf-secret, key token: "
            "Secret hf-secret does not exist."
        ),
        "  kubectl create secret generic hf-secret -n team-a --from-literal=token=hf_...",
    ]


def test_a_secret_that_does_not_exist_is_told_with_the_annotation_that_names_it(
    cluster: Cluster, explain: Explain
) -> None:
    """Its name may be misspelt there."""
    annotation = {"hf-token-injector.io/secret": "hf-secret"}
    cluster.objects.remove("Secret", "hf-secret", "team-a")
    pod = predictor_pod(ours=True)
    cluster.objects.add(
        pod | {"metadata": pod["metadata"] | {"annotations": pod["metadata"]["annotations"] | annotation}}
    )
    cluster.objects.add(inference_service(annotations=annotation))
    clause = "asks: Secret hf-secret does not exist."
    assert first(explain)[0].endswith(f"key token, as its annotation hf-token-injector.io/secret {clause}")
    assert (
        f"key token, as its annotation hf-token-injector.io/secret {clause}"
        in (explain("isvc/llama", "-n", "team-a").stdout.splitlines()[0])
    )
    cluster.namespace("team-a", "enabled", secret="hf-secret")
    cluster.objects.add(predictor_pod(ours=True))
    assert first(explain)[0].endswith(
        f"key token, as the Namespace's annotation hf-token-injector.io/secret {clause}"
    )


def test_a_key_that_is_not_in_it(cluster: Cluster, explain: Explain) -> None:
    cluster.secret("hf-secret", "HF_TOKEN")
    cluster.objects.add(predictor_pod(ours=True))
    assert first(explain) == [
        (
            f"{HEADING}storage-initializer takes its token from Secret hf-secret, key token: "
            "key token is not in it."
        ),
        """  kubectl patch secret hf-secret -n team-a -p '{"stringData":{"token":"hf_..."}}'""",
    ]


def test_nothing_is_said_of_keys_that_nobody_names(cluster: Cluster, explain: Explain) -> None:
    cluster.secret("hf-secret")
    cluster.objects.add(predictor_pod(ours=True))
    assert first(explain) == [f"{HEADING}storage-initializer has HF_TOKEN from Secret hf-secret, key token."]


def test_a_rule_that_gives_no_token(cluster: Cluster, explain: Explain) -> None:
    cluster.install({"rules": [{"repository": "meta-llama/*", "secret": "none"}]})
    cluster.objects.add(predictor_pod())
    assert first(explain) == [
        (
            f"{HEADING}storage-initializer has no token from us: "
            "the platform's rule for meta-llama/Llama-3.1-8B gives no token."
        ),
        "  kubectl annotate isvc/llama -n team-a hf-token-injector.io/secret=NAME --overwrite",
    ]


def test_an_endpoint_that_is_not_the_platforms(cluster: Cluster, explain: Explain) -> None:
    cluster.objects.add(predictor_pod(env=[{"name": "HF_ENDPOINT", "value": "https://mirror.example"}]))
    assert "HF_ENDPOINT points elsewhere than the platform's hub.endpoints" in first(explain)[0]


def test_an_env_from_that_may_hold_a_token(cluster: Cluster, explain: Explain) -> None:
    cluster.namespace("team-a", "all")
    owner = workload(envFrom=[{"secretRef": {"name": "everything"}}])
    cluster.objects.add(owner, pod_of(owner, "vllm-1"))
    assert first(explain, "deploy/vllm", "-n", "team-a")[1] == (
        "  kubectl patch deployment/vllm -n team-a --type merge -p "
        """'{"spec": {"template": {"metadata": {"annotations": """
        """{"hf-token-injector.io/containers": "vllm"}}}}}'"""
    )


def test_the_owner_answers_for_its_worst_pod(cluster: Cluster, explain: Explain) -> None:
    cluster.objects.add(
        inference_service(), predictor_pod("new", ours=True), predictor_pod("old", created=BEFORE)
    )
    assert first(explain, "isvc/llama", "-n", "team-a") == [
        (
            "InferenceService llama in namespace team-a: in 1 of 2 Pods storage-initializer has no token: "
            "it was created before namespace team-a got its label."
        ),
        RESTART,
    ]


def test_pods_that_have_ended_or_are_being_deleted_count_only_where_there_are_no_others(
    cluster: Cluster, explain: Explain
) -> None:
    ended = {**predictor_pod("ended", created=BEFORE), "status": {"phase": "Failed"}}
    going = predictor_pod("going", created=BEFORE)
    going["metadata"]["deletionTimestamp"] = AFTER
    cluster.objects.add(inference_service(), ended, going)
    assert "created before" in first(explain, "isvc/llama", "-n", "team-a")[0]
    cluster.objects.add(predictor_pod("new", ours=True))
    assert "has HF_TOKEN" in first(explain, "isvc/llama", "-n", "team-a")[0]


@pytest.mark.parametrize("entries", [ENTRIES, []])
def test_a_workload_without_pods_tells_what_they_would_get(
    cluster: Cluster, explain: Explain, entries: list[object]
) -> None:
    cluster.install(webhooks=entries)
    cluster.objects.add(inference_service())
    assert first(explain, "isvc/llama", "-n", "team-a")[0] == (
        "InferenceService llama in namespace team-a: predictor gets HF_TOKEN from Secret hf-secret, "
        "key token; there are no Pods yet."
    )


def test_a_workload_without_pods_in_a_namespace_that_has_not_opted_in(
    cluster: Cluster, explain: Explain
) -> None:
    cluster.namespace("team-a", None)
    cluster.objects.add(inference_service())
    assert first(explain, "isvc/llama", "-n", "team-a")[0].endswith(
        "predictor would get no token: namespace team-a has not opted in."
    )


def test_a_token_of_its_own(cluster: Cluster, explain: Explain) -> None:
    own = {"name": "HF_TOKEN", "valueFrom": {"secretKeyRef": {"name": "mine", "key": "mine"}}}
    cluster.secret("mine", "mine")
    cluster.objects.add(predictor_pod(env=[own]))
    assert first(explain) == [
        (
            f"{HEADING}storage-initializer has a token of its own (HF_TOKEN from Secret mine, key mine), "
            "and that is left as it is."
        )
    ]


def test_what_is_passed_over_as_a_whole_says_so(cluster: Cluster, explain: Explain) -> None:
    pod = predictor_pod()
    pod["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "x"}
    cluster.objects.add(pod, inference_service(deletionTimestamp=AFTER))
    assert "a static Pod cannot be changed through the API." in explain(f"pod/{POD}", "-n", "team-a").stdout
    cluster.objects.remove("Pod", POD, "team-a")
    assert (
        "llama in namespace team-a: the object is being deleted."
        in explain("isvc/llama", "-n", "team-a").stdout
    )


def test_nothing_is_asked_of_the_hub(cluster: Cluster, explain: Explain) -> None:
    cluster.objects.add(inference_service(uri="s3://bucket/model"))
    assert first(explain, "isvc/llama", "-n", "team-a") == [
        "InferenceService llama in namespace team-a: no container names a model on the Hub."
    ]


def test_the_namespaces_that_are_always_left_out_are_those_of_the_chart() -> None:
    """The chart's own beside them, which the configuration tells."""
    text = (Path(__file__).parents[3] / "charts/hf-token-injector/templates/_helpers.tpl").read_text()
    section = text.partition('"hf-token-injector.reservedNamespaces" -}}')[2].partition("{{- end }}")[0]
    assert set(section.split()) - {"-", "{{", "}}", ".Release.Namespace"} == RESERVED
