import pytest

from tests.doctor.clusters import TEAM, cluster, injected, kserve_pod, said, seen
from webhook.doctor.collected import Collected, Topic, Unread
from webhook.doctor.ended import Cause
from webhook.doctor.finding import Status
from webhook.doctor.hub import Answer, Question, Sizes
from webhook.doctor.registry import CHECKS, examine

CHECK = "hub-access"
QUESTION = Question(TEAM, "hf-secret", "token", "https://huggingface.co", "org/model")


def answered(answer: Answer, question: Question = QUESTION) -> Collected:
    return cluster(hub={question: answer})


def test_a_token_that_may_read_its_model_is_well_and_the_size_is_told() -> None:
    collected = answered(Answer(None, Sizes(3 * 1024**3, 2 * 1024**3)))
    assert said(collected, CHECK) == []
    (result,) = examine(collected, [CHECK])
    assert result.findings[0].sentence == (
        "may read org/model, which is 3.0 GiB large, with the token in key token of Secret hf-secret."
    )


@pytest.mark.parametrize(
    ("cause", "fix"),
    [
        (Cause.REFUSED, f"kubectl patch secret hf-secret -n {TEAM}"),
        (Cause.NOT_ON_THE_LIST, "accept the conditions on https://huggingface.co/org/model"),
        (Cause.FINE_GRAINED, "public gated repositories"),
        (Cause.NOT_FOUND, "https://huggingface.co/org/model"),
        (Cause.NO_REVISION, "https://huggingface.co/org/model/commits"),
    ],
)
def test_a_token_that_may_not_is_told_with_what_mends_it(cause: Cause, fix: str) -> None:
    ((status, sentence, command),) = said(answered(Answer(cause)), CHECK)
    assert status is Status.FAIL
    assert sentence.startswith(
        f"Pod {TEAM}/llama cannot read org/model with the token in key token of Secret hf-secret: {cause}; "
    )
    assert fix in (command or sentence)


def test_a_model_without_a_token_is_explained() -> None:
    pod = kserve_pod()
    pod["metadata"]["labels"]["hf-token-injector.io/inject"] = "disabled"
    question = QUESTION._replace(secret="", key="")
    collected = cluster(pods=(seen(pod),), hub={question: Answer(Cause.UNAUTHENTICATED)})
    ((_, sentence, fix),) = said(collected, CHECK)
    assert "with no token: the Hub wants a token" in sentence
    assert fix == f"hf-token-injector explain ns/{TEAM}"


def test_a_hub_that_cannot_be_asked_from_here_says_nothing_of_the_token() -> None:
    ((status, sentence, _),) = said(answered(Answer(Cause.NETWORK, said="connection refused")), CHECK)
    assert status is Status.WARN
    assert "https://huggingface.co could not be asked from here: connection refused" in sentence


def test_the_same_question_is_told_once() -> None:
    pods = tuple(seen(injected(kserve_pod(name))) for name in ("one", "two"))
    assert len(said(cluster(pods=pods, hub={QUESTION: Answer(Cause.REFUSED)}), CHECK)) == 1


def test_nothing_is_said_to_be_well_where_nobody_asked() -> None:
    assert CHECK not in [result.check.name for result in examine(cluster())]
    assert len(examine(cluster(hub={}))) == len(CHECKS)


def test_a_secret_that_may_not_be_read_is_told() -> None:
    unread = Unread(Topic.HUB, "Secret hf-secret of namespace team-a", "you may not read them")
    ((status, sentence, _),) = said(cluster(hub={}, unread=(unread,)), CHECK)
    assert status is Status.WARN
    assert sentence.startswith("Not looked at: Secret hf-secret")
