"""`hf-token-injector doctor`: what it reads, with which rights, and what it prints."""

from datetime import UTC, datetime
from typing import Any

from tests.cli.doctor.conftest import NAME, TOKEN, RunDoctor, found, namespace, pod, secret
from tests.kubernetes_http import Response
from tests.kubernetes_objects import KubernetesObjects, Object
from webhook.cli.doctor.asking import FEW
from webhook.doctor.collected import Topic
from webhook.doctor.registry import CHECKS


def test_a_cluster_in_which_all_is_well_is_a_line_a_check(doctor: RunDoctor) -> None:
    result = doctor()
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    expected = [f"✓ {check.name}" for check in CHECKS if Topic.HUB not in check.needs]
    assert [line.split(":")[0] for line in lines[: len(expected)]] == expected
    assert lines[-1].startswith("no problems and no warnings in")


def test_what_is_wrong_is_shown_in_full_with_its_fix(doctor: RunDoctor, installed: KubernetesObjects) -> None:
    installed.remove("Secret", "hf-secret", "team-a")
    result = doctor()
    assert result.exit_code == 1
    assert (
        "✗ secrets: 1 finding\n"
        "  ✗ Pod team-a/llama needs Secret hf-secret, which does not exist in team-a.\n"
        "      kubectl create secret generic hf-secret -n team-a --from-literal=token=hf_...\n"
    ) in result.stdout
    assert "1 problem and no warnings in" in result.stdout


def test_warnings_alone_are_no_failure(doctor: RunDoctor, installed: KubernetesObjects) -> None:
    installed.add(namespace("team-b", "disabled"))
    result = doctor()
    assert result.exit_code == 0
    assert "! namespace-labels: 1 finding" in result.stdout


def test_verbose_shows_also_what_is_well(doctor: RunDoctor) -> None:
    assert "had a Pod's dry run: it came back with its token." in doctor("--verbose").stdout


def test_many_findings_are_cut_unless_all_are_asked_for(
    doctor: RunDoctor, installed: KubernetesObjects
) -> None:
    installed.add(*(namespace(f"team-{number:02}", "true") for number in range(12)))
    assert "    and 2 more, with --verbose\n" in doctor("--check=namespace-labels").stdout
    assert "opts nothing in" in doctor("--check=namespace-labels", "--verbose").stdout.split("team-11")[1]


def test_no_token_is_ever_printed(doctor: RunDoctor, installed: KubernetesObjects) -> None:
    """Not of a Secret, not one that somebody used as a name."""
    installed.add(
        secret("hf-secret", "team-a", token=f"'{TOKEN}'".encode()),
        namespace("team-b", "true"),
        {
            **namespace("team-c"),
            "metadata": {"name": "team-c", "labels": {f"hf-token-injector/{TOKEN}": "x"}},
        },
    )
    for result in (doctor("--verbose"), doctor("--output=json")):
        assert result.exit_code == 1
        assert TOKEN not in result.output
        assert TOKEN[3:] not in result.output


def test_of_secrets_only_those_that_are_needed_are_read(
    doctor: RunDoctor, installed: KubernetesObjects
) -> None:
    """By name, one by one: the right to list all of a namespace's is not asked for."""
    installed.forbidden.add(("list", "secrets"))
    assert doctor().exit_code == 0
    asked = [path for path in installed.asked("GET") if "/secrets" in path]
    assert asked == [
        f"/api/v1/namespaces/{NAME}/secrets/{NAME}-tls",
        "/api/v1/namespaces/team-a/secrets/hf-secret",
    ]


def test_a_check_reads_no_more_than_it_needs(doctor: RunDoctor, installed: KubernetesObjects) -> None:
    doctor("--check=webhook-order")
    assert not [path for path in installed.asked("GET") if "secrets" in path or "pods" in path]
    assert installed.asked("POST") == []


def test_no_pod_is_tried_where_nothing_may_be_written(
    doctor: RunDoctor, installed: KubernetesObjects
) -> None:
    left = found(doctor, "--read-only")
    assert left["webhook-answers"][0]["sentence"].startswith("Not tried")
    assert installed.asked("POST") == []


def test_the_pod_is_tried_with_dry_run(doctor: RunDoctor, installed: KubernetesObjects) -> None:
    doctor("--check=webhook-answers")
    assert installed.asked("POST") == ["/api/v1/namespaces/team-a/pods?dryRun=All"]


def test_a_webhook_that_is_away_is_told_in_the_api_servers_words(
    doctor: RunDoctor, installed: KubernetesObjects
) -> None:
    message = f'failed calling webhook "pods.{NAME}.io": connection refused'
    installed.admit = lambda _: Response.of(500, message)
    (only,) = found(doctor)["webhook-answers"]
    assert message in only["sentence"]


def test_what_is_not_installed_comes_first_with_what_installs_it(
    doctor: RunDoctor, installed: KubernetesObjects
) -> None:
    """After `helm uninstall`: a Pod comes back as it was."""
    installed.remove("MutatingWebhookConfiguration", f"mutating-{NAME}")
    installed.admit = lambda created: Response(201, created)
    result = doctor()
    assert result.exit_code == 1
    first, sentence, fix, *_ = result.stdout.splitlines()
    assert first == "✗ webhook-configuration: 1 finding"
    assert "does not exist" in sentence
    assert fix.startswith("      helm upgrade --install ")
    assert "kubectl get pods" not in result.stdout
    assert "docs/doctor.md#rights" not in result.stdout
    for check in ("webhook-selectors", "webhook-order", "webhook-certificate", "server"):
        assert f"! {check}: not looked at" in result.stdout


def test_a_check_that_is_about_no_namespace_counts_none(doctor: RunDoctor) -> None:
    assert doctor("--check=server").stdout.endswith("\nno problems and no warnings in 1 check.\n")


def test_a_namespace_that_does_not_exist_is_told(doctor: RunDoctor) -> None:
    left = found(doctor, "-n", "nowhere")
    assert [one["sentence"] for one in left["namespace-labels"]] == ["does not exist."]
    (only,) = left["secrets"]
    assert only["sentence"] == "Not looked at: Namespace nowhere (it does not exist)."


def test_a_namespace_that_is_being_deleted_is_left_out_unless_it_is_named(
    doctor: RunDoctor, installed: KubernetesObjects
) -> None:
    """Nobody mends a label in it, and no Pod can be tried there."""
    going = namespace("aaa-going", "true")
    going["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    installed.add(going, pod(namespace="aaa-going"))
    assert "aaa-going" not in doctor("-v").stdout
    left = found(doctor, "-n", "aaa-going")
    assert [one["sentence"] for one in left["namespace-labels"]] == [
        "is being deleted: nothing is created in it any more."
    ]
    (only,) = left["secrets"]
    assert only["sentence"] == "Not looked at: Namespace aaa-going (it is being deleted)."


def test_many_namespaces_are_read_by_few_requests(doctor: RunDoctor, installed: KubernetesObjects) -> None:
    """But for Pods that are not KServe's: of all namespaces they would be too many."""
    names = [f"fleet-{number:03}" for number in range(FEW + 1)]
    for name in names:
        installed.add(namespace(name), secret("hf-secret", name, token=TOKEN.encode()), pod(namespace=name))
    before = len(installed.requests)
    result = doctor()
    assert result.exit_code == 0, result.output
    asked = [path for _, path, _ in installed.requests[before:]]
    others = [path for path in asked if "labelSelector=%21" in path]
    assert len(asked) - len(others) < FEW
    assert len(others) == len(names) + 1
    assert not any(path.startswith("/api/v1/pods") for path in others)
    assert f"over {FEW + 2} namespaces" in result.stdout


def test_many_namespaces_are_read_one_by_one_where_not_all_may_be_listed(
    doctor: RunDoctor, installed: KubernetesObjects
) -> None:
    """The right to list Secrets everywhere is one that few have."""
    for number in range(FEW + 1):
        installed.add(namespace(f"fleet-{number:03}"), secret("hf-secret", f"fleet-{number:03}", token=b"\n"))
    installed.forbidden.add(("list", "secrets"))
    assert len(found(doctor)["secrets"]) == FEW + 1


def test_all_pods_are_looked_at_where_the_label_says_all(
    doctor: RunDoctor, installed: KubernetesObjects
) -> None:
    job = {"name": "download", "command": ["hf", "download", "org/model"]}
    plain = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "job", "namespace": "team-b"}}
    installed.add(namespace("team-b", "all"), {**plain, "spec": {"containers": [job]}})
    left = found(doctor, "--check=pods-without-token")
    assert [one["subject"]["name"] for one in left["pods-without-token"]] == ["job"]
    installed.add(namespace("team-b"))
    assert found(doctor, "--check=pods-without-token") == {}


def made_by_a_deployment(made: Object) -> list[Object]:
    """Return a Pod, its ReplicaSet and the Deployment above."""
    key = "deployment.kubernetes.io/revision"
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "llama", "controller": True}
    above = {"name": "llama", "namespace": "team-a", "annotations": {key: "1"}}
    made["metadata"]["ownerReferences"][0]["apiVersion"] = "apps/v1"
    return [
        made,
        {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {**above, "ownerReferences": [owner]}},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": above},
    ]


def roll_out(installed: KubernetesObjects) -> None:
    """Give the Deployment another template than the Pod is of."""
    deployment = installed.object("Deployment", "llama", "team-a")
    deployment["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "2"}
    installed.add(deployment)


def test_of_a_pod_without_a_token_it_is_read_who_made_it(
    doctor: RunDoctor, installed: KubernetesObjects
) -> None:
    """So that the command is the one that `explain` prints, and none while a rollout runs."""
    installed.add(*made_by_a_deployment(pod(with_token=False)))
    ((left,),) = found(doctor, "--check=pods-without-token").values()
    assert left["fix"].startswith("kubectl patch isvc/llama -n team-a ")
    roll_out(installed)
    ((left,),) = found(doctor, "--check=pods-without-token").values()
    assert left["fix"] == "kubectl rollout status deployment/llama -n team-a"


def test_of_a_pod_with_an_old_token_it_is_read_who_made_it(
    doctor: RunDoctor, installed: KubernetesObjects
) -> None:
    """So that nobody is told to restart what a rollout replaces already."""
    later = secret("hf-secret", "team-a", token=TOKEN.encode())
    later["metadata"]["creationTimestamp"] = datetime.now(UTC).isoformat()
    installed.add(later, *made_by_a_deployment(pod()))
    ((left,),) = found(doctor, "--check=pods-older-than-secret").values()
    assert "storage-initializer has no token, or that of a Secret that had this name" in left["sentence"]
    assert left["fix"] == "hf-token-injector restart -n team-a"
    roll_out(installed)
    ((left,),) = found(doctor, "--check=pods-older-than-secret").values()
    assert left["fix"] == "kubectl rollout status deployment/llama -n team-a"


def test_a_cluster_that_is_away_or_knows_nobody_is_a_sentence(
    doctor: RunDoctor, installed: KubernetesObjects
) -> None:
    installed.tokens.clear()
    result = doctor()
    assert result.exit_code == 2
    assert "answers 401" in result.stderr
    installed.stop()
    result = doctor()
    assert result.exit_code == 2
    assert "cannot be reached" in result.stderr
    assert "Traceback" not in result.output


def test_marks_are_ascii_where_the_locale_has_no_others(
    doctor: RunDoctor, installed: KubernetesObjects
) -> None:
    installed.remove("Deployment", NAME, NAME)
    result = doctor("--check=server", "--check=namespace-labels", charset="latin-1")
    assert [line[:3] for line in result.stdout.splitlines()[:2]] == ["x s", "  x"]
    assert "+ namespace-labels" in result.stdout


def test_the_certificate_can_be_seen_where_it_is_served(
    doctor: RunDoctor, installed: KubernetesObjects
) -> None:
    """The stand-in itself shows one, which is none of ours."""
    installed.forbidden.add(("get", "secrets"))
    left = found(doctor, "--check=webhook-certificate", f"--connect=127.0.0.1:{installed.port}")
    assert (
        "All 5 entries do not verify the certificate of 127.0.0.1"
        in left["webhook-certificate"][0]["sentence"]
    )
    left = found(doctor, "--check=webhook-certificate", "--connect=nonsense")
    assert "HOST:PORT is wanted" in left["webhook-certificate"][0]["sentence"]


def test_a_mounted_certificate_is_found_by_the_deployment(
    doctor: RunDoctor, installed: KubernetesObjects
) -> None:
    """As with cert-manager, or a Secret of the platform's own with other keys."""
    deployment = installed.object("Deployment", NAME, NAME)
    volume = {"name": "tls", "secret": {"secretName": "of-the-platform"}}
    deployment["spec"]["template"] = {"spec": {"volumes": [volume]}}
    config = installed.object("ConfigMap", NAME, NAME)
    config["data"]["config.yaml"] = "tls: {certFile: /etc/tls/cert.pem, keyFile: /etc/tls/key.pem}\n"
    installed.add(deployment, config, secret("of-the-platform", NAME, cert_pem=b"nothing"))
    left = found(doctor, "--check=webhook-certificate")
    assert left["webhook-certificate"][0]["sentence"] == (
        f"There is no certificate in Secret {NAME}/of-the-platform cert.pem."
    )


def test_a_certificate_whose_secret_nobody_could_name_is_not_said_to_be_missing(
    doctor: RunDoctor, installed: KubernetesObjects
) -> None:
    """With cert-manager the Deployment says which it is; a replica of a self-managed one makes its own."""
    installed.forbidden = {("list", "deployments")}
    installed.remove("Secret", f"{NAME}-tls", NAME)
    (only,) = found(doctor, "--check=webhook-certificate")["webhook-certificate"]
    assert "no replica has made one" in only["sentence"]
    config = installed.object("ConfigMap", NAME, NAME)
    config["data"]["config.yaml"] = "tls: {certFile: /etc/tls/cert.pem, keyFile: /etc/tls/key.pem}\n"
    installed.add(config)
    (only,) = found(doctor, "--check=webhook-certificate")["webhook-certificate"]
    assert only["sentence"] == f"Not looked at: Deployments of namespace {NAME} (you may not read them)."


def test_tokens_are_searched_for_in_all_that_the_policy_judges(
    doctor: RunDoctor, installed: KubernetesObjects
) -> None:
    """Also in Pods that are not KServe's, and in runtimes."""

    def holding(api_version: str, kind: str, name: str, where: str | None = None) -> dict[str, Any]:
        container = {"name": "main", "image": "x", "env": [{"name": "HF_TOKEN", "value": TOKEN}]}
        metadata = {"name": name} if where is None else {"name": name, "namespace": where}
        spec = {"containers": [container]}
        return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec}

    installed.add(
        holding("v1", "Pod", "plain", "team-a"),
        holding("v1", "Pod", "elsewhere", "team-z"),
        holding("serving.kserve.io/v1alpha1", "ServingRuntime", "own", "team-a"),
        holding("serving.kserve.io/v1alpha1", "ClusterServingRuntime", "vllm"),
    )

    def subjects(*arguments: str) -> set[str]:
        said = found(doctor, "--check=literal-tokens", *arguments)["literal-tokens"]
        return {f"{one['subject']['kind']} {one['subject']['name']}" for one in said}

    assert subjects() == {"Pod plain", "ServingRuntime own", "ClusterServingRuntime vllm"}
    assert subjects("-n", "team-a") == {"Pod plain", "ServingRuntime own"}
