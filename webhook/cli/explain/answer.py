"""The first line about an object: why a container has no token, or whence it has one; and what mends it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from webhook.cli.explain.codes import PAST, RANK, Code
from webhook.cli.explain.facts import Held, Reference
from webhook.cli.explain.judged import Container, Holding, Judged
from webhook.cli.explain.reach import Obstacle, Reach
from webhook.core import names, read, remedies
from webhook.core.hub import HUGGING_FACE
from webhook.core.knowledge import Presence
from webhook.core.names import InjectMode
from webhook.core.owners import Owner
from webhook.core.reasons import Reason, Source
from webhook.core.remedies import Target, create_secret, write_token
from webhook.core.renewal import Renewal, renewal

_CLOSED: Final = (
    Reason.SECRET_MISSING,
    Reason.NO_TOKEN_BY_RULE,
    Reason.FOREIGN_ENDPOINT,
    Reason.MAY_HAVE_TOKEN,
    Reason.MALFORMED,
    Reason.TOO_LARGE,
)
"""It asks the Hub, or may, and gets nothing."""

_ASKS: Final = {Source.WORKLOAD: "its", Source.NAMESPACE: "the Namespace's"}
_UNKNOWN: Final = Held(Presence.UNKNOWN, Presence.UNKNOWN)


class Answer(NamedTuple):
    """What the first line says.

    Attributes:
        code: How it comes out.
        sentence: For people.
        commands: What mends it, one after the other; none where nothing is to be mended, or no command can.
    """

    code: Code
    sentence: str
    commands: tuple[str, ...] = ()


class Subject(NamedTuple):
    """What an answer is about.

    Attributes:
        owner: What people edit; for a Pod that belongs to nothing that is known, itself.
        judged: What would be decided, and what there is.
        held: What is known of the Secrets.
        reach: The way to the webhook.
    """

    owner: Target
    judged: Judged
    held: Mapping[Reference, Held]
    reach: Reach


def of_pod(subject: Subject, pod: Mapping[str, Any], owners: Sequence[Owner]) -> Answer:
    """Answer for a Pod that exists, with those above it as far as they are known."""
    missing = _named(subject.judged.containers, Holding.MISSING)
    if missing:
        obstacle = subject.reach.to_existing(pod, of_kserve=subject.judged.of_kserve)
        comes = renewal(pod, owners)
        remove = _remove(obstacle, subject)
        # Where nobody here can take the obstacle away, the next Pod would fare no better.
        then = comes.anew if remove or obstacle.code in PAST else ""
        if comes.running and obstacle.code in PAST:
            obstacle, then = Obstacle(Code.BEING_REPLACED, comes.running), comes.look
        commands = [*remove, *_create_secrets(subject), *filter(None, [then])]
        return Answer(
            obstacle.code,
            f"{_have(missing)} no token: {obstacle.code.tell(obstacle.subject)}.",
            tuple(commands),
        )
    return _secrets(subject, pod, owners) or _closed(subject) or _misspelt(subject) or _good(subject)


def of_workload(
    subject: Subject, obstacle: Obstacle | None, pods: Sequence[Answer], *, without: str
) -> Answer:
    """Answer for what makes Pods: by its Pods where there are any, else by what they would get.

    Args:
        subject: What makes them.
        obstacle: What stands between them and the webhook now.
        pods: Their own answers.
        without: Why there are none, where there are none.
    """
    decision = subject.judged.decision
    if decision.denial is not None:
        commands = tuple(_create_secrets(subject))
        denial = decision.denial
        for command in commands:
            denial = denial.removesuffix(f": {command}")
        return Answer(Code.REFUSED, f"{Code.REFUSED.tell(denial)}.", commands)
    if pods:
        worst = min(pods, key=lambda answer: RANK[answer.code])
        if RANK[worst.code] < RANK[Code.NOT_NEEDED]:
            return worst
    wanting = _named(subject.judged.containers, Holding.OURS, Holding.MISSING, Holding.PODS)
    if wanting and obstacle is not None:
        return Answer(
            obstacle.code,
            f"{_would(wanting)} no token: {obstacle.code.tell(obstacle.subject)}.",
            (*_remove(obstacle, subject), *_create_secrets(subject)),
        )
    return _secrets(subject) or _closed(subject) or _misspelt(subject) or _good(subject, without)


def of_namespace(reach: Reach) -> Answer:
    """Answer for a namespace."""
    namespace = reach.namespace
    unseen = Obstacle(Code.NAMESPACE_UNSEEN, namespace.name) if namespace.unseen else None
    obstacle = reach.to_namespace() or unseen or reach.by_name()
    if obstacle is None and namespace.mode == InjectMode.AUDIT:
        obstacle = Obstacle(Code.AUDITED, namespace.name)
    if obstacle is None:
        return Answer(Code.OPTED_IN, Code.OPTED_IN.tell(str(namespace.mode)) + ".")
    sentence = f"nothing is injected: {obstacle.code.tell(obstacle.subject)}."
    return Answer(obstacle.code, sentence, tuple(_open(obstacle, namespace.name)))


def _create_secrets(subject: Subject) -> list[str]:
    """Return what creates the Secrets that do not exist, for those who begin with nothing."""
    wanted = {
        one.reference: None
        for one in subject.judged.containers
        if one.reference and not one.reference.config_map and one.holding is not Holding.OWN
    }
    return [
        create_secret(subject.owner.namespace, reference.name, reference.key)
        for reference in wanted
        if subject.held.get(reference, _UNKNOWN).presence is Presence.ABSENT
    ]


def _secrets(
    subject: Subject, pod: Mapping[str, Any] | None = None, owners: Sequence[Owner] = ()
) -> Answer | None:
    """Answer where a Secret, or the key in it, is not there.

    Args:
        subject: What it is about.
        pod: Where it is a Pod: another one may be given another Secret by now, and have no need of this one.
        owners: Those above the Pod.
    """
    outdated: Answer | None = None
    for container in subject.judged.containers:
        reference = container.reference
        if reference is None or container.holding not in {Holding.OURS, Holding.OWN, Holding.PODS}:
            continue
        held = subject.held.get(reference, _UNKNOWN)
        if Presence.ABSENT not in held:
            continue
        name = container.verdict.container
        kind = "ConfigMap" if reference.config_map else "Secret"
        said = f"{name} takes its token from {_place(reference)}"
        namespace = subject.owner.namespace
        if held.presence is Presence.ABSENT:
            code, what, mend = Code.SECRET_ABSENT, f"{kind} {reference.name}", create_secret
            said += _asked(container)
        else:
            code, what, mend = Code.KEY_ABSENT, f"key {reference.key}", write_token
        said += f": {code.tell(what)}"
        if pod is not None and (follows := _successor(container, subject, pod)):
            outdated = outdated or _anew(code, said, follows, renewal(pod, owners))
            continue
        commands = [] if reference.config_map else [mend(namespace, reference.name, reference.key)]
        return Answer(code, f"{said}.", tuple(commands))
    return outdated


def _asked(container: Container) -> str:
    """Return whose annotation asks for the Secret that a container is given; a name may be misspelt there."""
    choice = container.verdict.choice
    whose = _ASKS.get(choice.source) if choice and container.holding is not Holding.OWN else None
    return f", as {whose} annotation {names.SECRET} asks" if whose else ""


def _successor(container: Container, subject: Subject, pod: Mapping[str, Any]) -> str:
    """Return what another Pod would be given, where that is elsewhere and all right; else an empty text."""
    reference = container.successor
    if reference is None or Presence.ABSENT in subject.held.get(reference, _UNKNOWN):
        return ""
    labels = read.mapping(read.mapping(pod, "metadata"), "labels")
    if subject.reach.to_object("", "pods", labels, of_kserve=subject.judged.of_kserve) is not None:
        return ""
    return f"a new Pod takes it from {_place(reference)}"


def _anew(code: Code, said: str, follows: str, comes: Renewal) -> Answer:
    """Answer for a Pod that need only be made anew."""
    if comes.running:
        return Answer(Code.BEING_REPLACED, f"{said}; {follows}, and {comes.running}.", (comes.look,))
    return Answer(code, f"{said}; {follows}.", tuple(filter(None, [comes.anew])))


def _closed(subject: Subject) -> Answer | None:
    """Answer where a container asks the Hub, or may, and gets nothing by somebody's decision."""
    for container in subject.judged.containers:
        verdict = container.verdict
        if container.holding is not Holding.NONE or verdict.reason not in _CLOSED:
            continue
        commands: list[str] = []
        if verdict.reason is Reason.SECRET_MISSING and verdict.choice is not None:
            reference = Reference(verdict.choice.secret, verdict.choice.key)
            commands = [create_secret(subject.owner.namespace, reference.name, reference.key)]
        elif verdict.reason is Reason.NO_TOKEN_BY_RULE:
            commands = [remedies.annotate(subject.owner, names.SECRET, "NAME")]
        elif verdict.reason in {Reason.MAY_HAVE_TOKEN, Reason.TOO_LARGE}:
            commands = [remedies.annotate(subject.owner, names.CONTAINERS, verdict.container)]
        asked = _asked(container) if verdict.reason is Reason.SECRET_MISSING else ""
        clause = f"{verdict.container} has no token from us: {verdict.sentence}{asked}."
        return Answer(Code.WAY_CLOSED, Code.WAY_CLOSED.tell(clause), tuple(commands))
    return None


def _misspelt(subject: Subject) -> Answer | None:
    """Answer where a URI looks like a model on the Hub and is none."""
    clauses = subject.judged.misspelt
    return Answer(Code.MISSPELT, Code.MISSPELT.tell("; ".join(clauses)) + ".") if clauses else None


def _good(subject: Subject, without: str | None = None) -> Answer:
    """Answer where nothing is to be mended, or nobody has asked for anything.

    Args:
        subject: What it is about.
        without: Why there are no Pods; None for a Pod.
    """
    has = without is None
    ours = [
        container
        for container in subject.judged.containers
        if container.holding in {Holding.OURS, Holding.PODS, *([] if has else [Holding.MISSING])}
    ]
    if ours:
        code = Code.HAS_TOKEN if has else Code.WILL_GET
        sources: dict[str, list[str]] = {}
        for one in ours:
            sources.setdefault(_from(one), []).append(one.verdict.container)
        clauses = [
            f"{_have(containers) if has else _get(containers)} {source}"
            for source, containers in sources.items()
        ]
        if without:
            clauses.append(without)
        return Answer(code, code.tell("; ".join(clauses)) + ".")
    for container in subject.judged.containers:
        if container.holding is Holding.OWN:
            wiring = f" ({container.wiring})" if container.wiring else ""
            clause = (
                f"{container.verdict.container} has a token of its own{wiring}, and that is left as it is"
            )
            return Answer(Code.OWN_TOKEN, Code.OWN_TOKEN.tell(clause) + ".")
    for reason, key in ((Reason.OPTED_OUT, ""), (Reason.EXCLUDED, names.EXCLUDE_CONTAINERS)):
        left = [one for one in subject.judged.containers if one.verdict.reason is reason]
        if left:
            command = (
                remedies.annotate(subject.owner, key, None) if key else remedies.opt_in_again(subject.owner)
            )
            clause = f"{left[0].verdict.container} has no token: {left[0].verdict.sentence}."
            return Answer(Code.LEFT_OUT, Code.LEFT_OUT.tell(clause), (command,))
    judged = subject.judged
    clause = Code.NOT_NEEDED.tell() if judged.containers else judged.decision.outcome.sentence
    return Answer(Code.NOT_NEEDED, f"{clause}.")


def _from(container: Container) -> str:
    """Return where a token of ours comes from."""
    variable = HUGGING_FACE.token_variable
    if container.reference is None:
        return f"{variable} by its Pods"
    return f"{variable} from {_place(container.reference)}"


def _place(reference: Reference) -> str:
    kind = "ConfigMap" if reference.config_map else "Secret"
    return f"{kind} {reference.name}, key {reference.key}"


def _remove(obstacle: Obstacle, subject: Subject) -> list[str]:
    """Return what takes an obstacle away."""
    mode = InjectMode.ENABLED if subject.judged.of_kserve else InjectMode.ALL
    return _open(obstacle, subject.reach.namespace.name, mode)


def _open(obstacle: Obstacle, namespace: str, mode: InjectMode = InjectMode.ENABLED) -> list[str]:
    match obstacle.code:
        case Code.NO_WEBHOOK:
            return [remedies.install()]
        case Code.NAMESPACE_NOT_LABELLED:
            return [remedies.label_namespace(namespace, mode, overwrite=False)]
        case Code.UNKNOWN_VALUE | Code.AUDITED | Code.NOT_KSERVE:
            return [remedies.label_namespace(namespace, mode, overwrite=True)]
        case Code.NAMESPACE_UNSEEN:
            return [f"kubectl get namespace {namespace} --show-labels"]
        case _:
            return []


def _named(containers: Iterable[Container], *holdings: Holding) -> list[str]:
    return [one.verdict.container for one in containers if one.holding in holdings]


def _have(containers: Sequence[str]) -> str:
    return f"{', '.join(containers)} {'has' if len(containers) == 1 else 'have'}"


def _get(containers: Sequence[str]) -> str:
    return f"{', '.join(containers)} {'gets' if len(containers) == 1 else 'get'}"


def _would(containers: Sequence[str]) -> str:
    return f"{', '.join(containers)} would get"
