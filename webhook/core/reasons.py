"""Why a container gets a token or not, and how a whole review ends: two closed sets.

A reason is one word in metrics, logs, events and audit annotations, and one sentence for people. The sentence
may name a subject: a variable, a flag, a repository, a Secret. It never holds the value of anything.
`docs/reference/reasons.md` is written from this module.
"""

from enum import StrEnum
from typing import Final

from webhook.core.words import Phrase


class Reason(Phrase):
    """Why one container (or one component of an InferenceService) gets a token or does not.

    Each member carries its sentence, in which `{}` stands for the subject.
    """

    needs: bool

    def __init__(self, _value: str, needs: bool, sentence: str) -> None:  # noqa: FBT001
        self.needs = needs
        self.sentence = sentence

    # It asks the Hub.
    HUB_URI = "HubUri", True, "it downloads hf://{}"
    MODEL_FLAG = "ModelFlag", True, "{} names a model on the Hub"
    DOWNLOAD_TOOL = "DownloadTool", True, "it runs {} on a repository of the Hub"
    PYTHON_CALL = "PythonCall", True, "its Python code calls {} with a repository of the Hub"
    MODEL_VARIABLE = "ModelVariable", True, "variable {} names a model on the Hub"
    NAMED_BY_ANNOTATION = "NamedByAnnotation", True, "annotation hf-token-injector.io/containers names it"

    INHERITED = "Inherited", True, "it has the entry that we gave its InferenceService"

    # It does not, or must not be asked about.
    NO_HUB_REFERENCE = "NoHubReference", False, "nothing in it names a model on the Hub"
    INFRASTRUCTURE = "Infrastructure", False, "{} is a container of the platform and downloads no models"
    LOCAL_MODEL_CACHE = "LocalModelCache", False, "the model comes from KServe's local model cache"
    OPTED_OUT = "OptedOut", False, "label hf-token-injector.io/inject=disabled opts it out"
    EXCLUDED = "Excluded", False, "annotation hf-token-injector.io/exclude-containers names it"
    TOO_LARGE = (
        "TooLarge",
        False,
        "{}, so it was not read; annotation hf-token-injector.io/containers can name it",
    )
    MALFORMED = "Malformed", False, "{} does not have the shape that Kubernetes gives it"

    # It has a token of its own, or wants none.
    OWN_TOKEN = "OwnToken", False, "it has a token of its own in {}"
    OWN_TOKEN_FILE = "OwnTokenFile", False, "it has a token file of its own: {}"
    OWN_TOKEN_ARGUMENT = "OwnTokenArgument", False, "its command brings a token of its own: {}"
    TOKEN_DISABLED = "TokenDisabled", False, "{} says that it wants no token"
    OFFLINE = "Offline", False, "{} says that it downloads nothing"
    MAY_HAVE_TOKEN = (
        "MayHaveToken",
        False,
        (
            "Secret {} in envFrom may hold a token, and an injected one would beat it; "
            "annotation hf-token-injector.io/secret or …/containers on the workload decides"
        ),
    )
    FOREIGN_ENDPOINT = (
        "ForeignEndpoint",
        False,
        "{} points elsewhere than the platform's hub.endpoints, and the token would be sent there",
    )

    # It asks the Hub, and the way to its token is closed.
    NO_TOKEN_BY_RULE = "NoTokenByRule", False, "the platform's rule for {} gives no token"
    SECRET_MISSING = "SecretMissing", False, "Secret {} does not exist in the namespace"
    MUTATE_NEVER = "MutateNever", False, "inferenceService.mutate is never: its Pods get the token"
    MUTATE_AUTO = (
        "MutateAuto",
        False,
        "inferenceService.mutate is auto and {} has an env list: its Pods get the token",
    )
    POD_DECIDES = (
        "PodDecides",
        False,
        "storage-initializer downloads {} and is not part of this object: the Pod gets it",
    )
    POD_ONLY_METHOD = "PodOnlyMethod", False, "method file works on Pods: its Pods get the token"
    CANARY_INHERITS = (
        "CanaryInherits",
        False,
        "a canary without env inherits the stable one's: its Pods get the token",
    )
    CANARY_REPLACES_ENV = (
        "CanaryReplacesEnv",
        False,
        "an entry here would replace all variables of the stable predictor: its Pods get the token",
    )


ITS_PODS_GET_IT: Final = frozenset(
    {
        Reason.POD_DECIDES,
        Reason.MUTATE_NEVER,
        Reason.MUTATE_AUTO,
        Reason.POD_ONLY_METHOD,
        Reason.CANARY_INHERITS,
        Reason.CANARY_REPLACES_ENV,
    }
)
"""Reasons of an object that says nothing of the token; its Pods do."""


class Outcome(Phrase):
    """How a review ends.

    Each member carries its sentence.
    """

    def __init__(self, _value: str, sentence: str) -> None:
        self.sentence = sentence

    INJECTED = "Injected", "the object is patched"
    ALREADY_INJECTED = "AlreadyInjected", "what we would add is there already"
    NOT_NEEDED = "NotNeeded", "no container gets a token"
    AUDITED = "Audited", "the namespace is in audit mode: decided, and nothing changed"
    DENIED = "Denied", "the object is refused"
    ACCEPTED = "Accepted", "the platform's policy has nothing against the object"
    WARNED = "Warned", "the platform's policy warns about the object"
    NOTHING_CHANGED = "NothingChanged", "neither spec nor one of our keys changed"
    BEING_DELETED = "BeingDeleted", "the object is being deleted"
    MIRROR_POD = "MirrorPod", "a static Pod cannot be changed through the API"
    NOT_KSERVE = "NotKServe", "the Pod belongs to no KServe workload and the namespace is not labelled all"
    KIND_NOT_HANDLED = "KindNotHandled", "objects of this kind are not injected"
    OPERATION_NOT_HANDLED = "OperationNotHandled", "this operation is not injected"
    MALFORMED_OBJECT = "MalformedObject", "the object does not have the shape that Kubernetes gives it"


class Source(StrEnum):
    """What chose the Secret."""

    WORKLOAD = "workload annotation"
    NEIGHBOUR = "another container of the Pod"
    NAMESPACE = "Namespace annotation"
    RULE = "rule"
    DEFAULT = "default"
    RECORD = "given earlier"
