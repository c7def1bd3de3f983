from tests.doctor.clusters import TEAM, cluster, installed, said
from webhook.doctor.collected import Topic, Trial, Unread
from webhook.doctor.finding import Status

CHECK = "webhook-answers"
FAILED = (
    'Internal error occurred: failed calling webhook "inferenceservice-pods.hf-token-injector.io": failed to '
    'call webhook: Post "https://hf-token-injector.hf-token-injector.svc:443/mutate": connection refused'
)


def test_a_webhook_that_cannot_be_reached_is_told_in_the_api_servers_words() -> None:
    found = said(cluster(installed=installed(trial=Trial(TEAM, 500, FAILED))), CHECK)
    ((status, sentence, fix),) = found
    assert status is Status.FAIL
    assert "connection refused" in sentence
    assert fix == "kubectl get pods -n hf-token-injector -l app.kubernetes.io/component=webhook"


def test_a_pod_that_comes_back_as_it_was_is_told() -> None:
    """With `failurePolicy: Ignore`, or selectors that do not match, nothing fails."""
    ((status, sentence, _),) = said(cluster(installed=installed(trial=Trial(TEAM, 201))), CHECK)
    assert status is Status.FAIL
    assert "came back without a token" in sentence


def test_a_refusal_by_something_else_is_a_warning() -> None:
    trial = Trial(TEAM, 403, "exceeded quota: pods")
    ((status, sentence, _),) = said(cluster(installed=installed(trial=trial)), CHECK)
    assert (status, "exceeded quota" in sentence) == (Status.WARN, True)


def test_a_refusal_by_our_own_policy_is_an_answer() -> None:
    """The Pod that is tried names a repository which no platform lists."""
    denied = 'admission webhook "policy.hf-token-injector.io" denied the request: the platform\'s policy: …'
    assert said(cluster(installed=installed(trial=Trial(TEAM, 400, denied))), CHECK) == []


def test_another_webhook_that_fails_is_not_ours() -> None:
    trial = Trial(TEAM, 500, 'failed calling webhook "mutate.example.com": timeout')
    ((status, _, _),) = said(cluster(installed=installed(trial=trial)), CHECK)
    assert status is Status.WARN


def test_what_was_not_tried_is_told() -> None:
    ((status, sentence, _),) = said(cluster(installed=installed(trial=None)), CHECK)
    assert (status, sentence.startswith("Not tried")) == (Status.WARN, True)


def test_a_missing_right_to_create_pods_is_told() -> None:
    unread = Unread(Topic.TRIAL, "a Pod's dry run in team-a", "you may not create Pods")
    found = said(cluster(installed=installed(trial=None), unread=(unread,)), CHECK)
    assert found == [(Status.WARN, "Not looked at: a Pod's dry run in team-a (you may not create Pods).", "")]
