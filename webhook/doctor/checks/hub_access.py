"""Whether each token may read the models that it is used for, as the Hub itself says."""

from collections.abc import Iterator
from typing import Final

from webhook.core.remedies import write_token
from webhook.doctor.collected import Collected, Topic
from webhook.doctor.ended import Cause
from webhook.doctor.finding import Finding, fail, ok, warn
from webhook.doctor.hub import Answer, Question
from webhook.doctor.models import Model, models
from webhook.doctor.quantities import shown
from webhook.doctor.remedies import remedy

ABOUT: Final = "The Hub lets each token read the models that it is used for."
NEEDS: Final = frozenset({Topic.NAMESPACES, Topic.WORKLOADS, Topic.PODS, Topic.HUB})

_NOT_THE_TOKENS: Final = frozenset({Cause.NETWORK, Cause.CERTIFICATE, Cause.TOO_MANY, Cause.UNKNOWN})
"""Nothing is said about the token: the Hub could not be asked from here."""


def check(collected: Collected) -> Iterator[Finding]:
    """Look at what the Hub answered; each question once, for the first that asks it."""
    answers = collected.hub or {}
    done: set[Question] = set()
    for model in models(collected):
        question = model.question
        if question in answers and question not in done:
            done.add(question)
            yield _finding(model, answers[question])


def _finding(model: Model, answer: Answer) -> Finding:
    question = model.question
    what = question.repository + (f":{question.revision}" if question.revision != "main" else "")
    token = f"the token in key {question.key} of Secret {question.secret}" if question.secret else "no token"
    if answer.cause is None:
        large = f", which is {shown(answer.sizes.all)} large" if answer.sizes else ""
        return ok(model.subject, f"may read {what}{large}, with {token}.")
    if answer.cause in _NOT_THE_TOKENS:
        return warn(
            model.subject,
            f"downloads {what}, but {question.endpoint} could not be asked from here: {answer.said}.",
        )
    advice, fix = remedy(answer.cause, question.namespace, question.repository, model.container)
    if answer.cause in {Cause.REFUSED, Cause.UNAUTHENTICATED}:
        fix = f"hf-token-injector explain ns/{question.namespace}"
        if question.secret:
            fix = write_token(question.namespace, question.secret, question.key)
    why = str(answer.cause) + f"; {advice}" * bool(advice)
    return fail(model.subject, f"cannot read {what} with {token}: {why}.", fix)
