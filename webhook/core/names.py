"""Every name that other programs and people know us by, and the Kubernetes and KServe names we read.

What is specific to the Hugging Face Hub is in `hub`; what is specific to a model server is in `servers`.
"""

from enum import StrEnum
from typing import Final

PREFIX: Final = "hf-token-injector.io/"
"""All our labels and annotations begin with it; a key with it that is not listed here is a mistake."""

INJECT: Final = PREFIX + "inject"
"""Label.

On a Namespace an `InjectMode`, on a workload or Pod only `disabled`.
"""

SECRET: Final = PREFIX + "secret"
"""Annotation on a workload or Namespace: the name of the Secret that holds the token."""

SECRET_KEY: Final = PREFIX + "secret-key"
"""Annotation on a workload or Namespace: the key in that Secret."""

METHOD: Final = PREFIX + "method"
"""Annotation on a workload or Namespace: a `Method`."""

CONTAINERS: Final = PREFIX + "containers"
"""Annotation on a workload: names of containers that need the token whatever we see in them, with commas."""

EXCLUDE_CONTAINERS: Final = PREFIX + "exclude-containers"
"""Annotation on a workload: names of containers that never get a token, with commas."""

MISSING_SECRET: Final = PREFIX + "missing-secret"
"""Annotation on a Namespace: a `MissingSecret`."""

INJECTED: Final = PREFIX + "injected"
"""Annotation that we write: compact JSON, container or component to Secret, key and reason."""

RESTARTED_AT: Final = PREFIX + "restarted-at"
"""Annotation that `hf-token-injector restart` writes where it reaches the Pods: when it restarted them."""

OPTED_OUT: Final = "disabled"
"""The one value of `INJECT` on a workload or Pod."""


class InjectMode(StrEnum):
    """What a Namespace's label asks for."""

    ENABLED = "enabled"
    """KServe workloads of the namespace."""

    ALL = "all"
    """Also any other Pod that names a Hub model."""

    AUDIT = "audit"
    """Decide, log, count and report; patch nothing."""


class Method(StrEnum):
    """How a container is given its token."""

    ENV = "env"
    """An environment variable with a `secretKeyRef`; a rotated token reaches new Pods."""
    FILE = "file"
    """A mounted Secret; a rotated token reaches running Pods."""


class MissingSecret(StrEnum):
    """What happens where the chosen Secret does not exist."""

    OPTIONAL = "optional"
    """The reference is optional: the container starts without a token."""
    REQUIRE = "require"
    """The reference is not optional: kubelet holds the container back until the Secret is there."""

    SKIP = "skip"
    """Nothing is injected where the Secret is known to be absent."""

    DENY = "deny"
    """The object is refused where the Secret is known to be absent."""


# KServe (github.com/kserve/kserve, pkg/constants/constants.go).
KSERVE_GROUP: Final = "serving.kserve.io"
STORAGE_INITIALIZER: Final = "storage-initializer"
KSERVE_CONTAINER: Final = "kserve-container"
WORKER_CONTAINER: Final = "worker-container"
TRANSFORMER_CONTAINER: Final = "transformer-container"
STORAGE_URI: Final = "STORAGE_URI"
INFERENCE_SERVICE_LABEL: Final = "serving.kserve.io/inferenceservice"
COMPONENT_LABEL: Final = "component"
"""`predictor`, `transformer` or `explainer` on an InferenceService's Pods."""

SOURCE_URI: Final = "internal.serving.kserve.io/storage-initializer-sourceuri"
"""Annotation of a Pod whose `storage-initializer` KServe's Pod webhook adds."""

LOCAL_MODEL_LABEL: Final = "internal.serving.kserve.io/localmodel"
LLM_PART_OF: Final = ("app.kubernetes.io/part-of", "llminferenceservice")
LLM_NAME: Final = "app.kubernetes.io/name"
"""Label on an LLMInferenceService's Pods: its name."""

LLM_MAIN: Final = "main"
"""The serving container of an LLMInferenceService."""

SERVING_CONTAINERS: Final = (KSERVE_CONTAINER, LLM_MAIN, WORKER_CONTAINER, TRANSFORMER_CONTAINER)
"""Where people wire a token by hand, the likeliest first."""
LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
"""Annotation in which client-side `kubectl apply` keeps what was applied: of a Secret, its values."""

MIRROR_POD: Final = "kubernetes.io/config.mirror"
"""Annotation of a static Pod's image in the API (kubelet); its spec cannot be changed."""

NEVER: Final = frozenset(
    {
        "queue-proxy",  # Knative
        "agent",  # KServe: logger, batcher, model puller
        "istio-init",
        "istio-proxy",
        "istio-validation",
        "linkerd-debug",
        "linkerd-init",
        "linkerd-network-validator",
        "linkerd-proxy",
        "kuma-init",
        "kuma-sidecar",
        "consul-connect-inject-init",
        "consul-dataplane",
        "vault-agent",
        "vault-agent-init",
        "llm-d-routing-sidecar",
    }
)
"""Containers that serve, log or carry traffic and ask no Hub for anything."""
NEVER_PREFIX: Final = "modelcar"
"""KServe's containers that carry an OCI model: `modelcar`, `modelcar-init`, `modelcar-0`, …"""
