"""How an answer comes out: a closed set, the worst first."""

from webhook.core.words import Phrase


class Code(Phrase):
    """What the first line says of an object; of several Pods the worst counts.

    Each member carries a clause, in which `{}` stands for the subject.
    """

    def __init__(self, _value: str, clause: str) -> None:
        self.sentence = clause

    REFUSED = "Refused", "it would be refused: {}"

    # A container should have a token and has none.
    NO_WEBHOOK = "NoWebhook", "there is no MutatingWebhookConfiguration {}"
    NAMESPACE_NOT_LABELLED = "NamespaceNotLabelled", "namespace {} has not opted in"
    UNKNOWN_VALUE = (
        "UnknownValue",
        "the label of namespace {}, which is none of enabled, all and audit",
    )
    NAMESPACE_EXCLUDED = "NamespaceExcluded", "the platform excludes namespace {}"
    NOT_KSERVE = "NotKServe", "namespace {} is not labelled all, and this belongs to no KServe workload"
    NOT_SELECTED = "NotSelected", "no entry of the webhook's configuration selects it ({})"
    AUDITED = "Audited", "namespace {} is in audit mode, where nothing is changed"
    BEFORE_WEBHOOK = "BeforeWebhook", "it was created before the webhook was installed"
    BEFORE_LABEL = "BeforeLabel", "it was created before namespace {} got its label"
    NOT_EVALUATED = (
        "NotEvaluated",
        "matchCondition {} of the webhook's configuration may keep it away, which is not evaluated here",
    )
    NOT_CALLED = (
        "NotCalled",
        "the webhook did not answer when it was created, and failurePolicy Ignore lets that pass",
    )
    DECIDED_OTHERWISE = (
        "DecidedOtherwise",
        "it was created when the label, the annotations, the settings or the version were others",
    )
    NAMESPACE_UNSEEN = "NamespaceUnseen", "whether namespace {} has opted in cannot be seen"

    # It has one, or would, and that leads nowhere.
    SECRET_ABSENT = "SecretAbsent", "{} does not exist"
    KEY_ABSENT = "KeyAbsent", "{} is not in it"

    # It asks the Hub, or may, and gets none by somebody's decision.
    WAY_CLOSED = "WayClosed", "{}"
    MISSPELT = "Misspelt", "{}"
    LEFT_OUT = "LeftOut", "{}"

    # It has none, and its successor has.
    BEING_REPLACED = "BeingReplaced", "{}"

    # All is well.
    HAS_TOKEN = "HasToken", "{}"
    WILL_GET = "WillGet", "{}"
    OWN_TOKEN = "OwnToken", "{}"
    NOT_NEEDED = "NotNeeded", "no container names a model on the Hub"

    # Of a namespace.
    OPTED_IN = "OptedIn", "it has opted in: {}"


PAST = frozenset({Code.BEFORE_WEBHOOK, Code.BEFORE_LABEL, Code.NOT_CALLED, Code.DECIDED_OTHERWISE})
"""What stood in the way of a Pod and stands there no more: one that is made now is given its token."""

LACKING = frozenset(tuple(Code)[1 : tuple(Code).index(Code.SECRET_ABSENT)])
"""A container should have a token and has none."""

RANK = {code: rank for rank, code in enumerate(Code)}
"""The worst first."""
