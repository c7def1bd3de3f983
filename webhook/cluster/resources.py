"""The resources of the API that commands read: group, versions, path and the names that people type."""

from typing import Final, NamedTuple

from webhook.core import names


class Resource(NamedTuple):
    """A resource of the API.

    Attributes:
        kind: As in a manifest.
        group: "" for core.
        versions: Those that we can read, the one asked for first in front.
        plural: As in a path.
        short: Other names that kubectl takes, the one that we print in front.
        namespaced: Whether its objects live in namespaces.
    """

    kind: str
    group: str
    versions: tuple[str, ...]
    plural: str
    short: tuple[str, ...] = ()
    namespaced: bool = True

    def path(self, version: str, namespace: str = "", name: str = "") -> str:
        """Return the path of one object, or of all in a namespace, or of all."""
        within = f"/namespaces/{namespace}" if namespace and self.namespaced else ""
        return f"{self.root(version)}{within}/{self.plural}" + (f"/{name}" if name else "")

    def root(self, version: str) -> str:
        """Return the path that all resources of the group's version are below."""
        return f"/apis/{self.group}/{version}" if self.group else f"/api/{version}"

    @property
    def word(self) -> str:
        """The shortest name that kubectl takes, for `word/NAME`."""
        return self.short[0] if self.short else self.kind.lower()

    @property
    def called(self) -> frozenset[str]:
        """All names that people type, in lower case."""
        return frozenset({self.kind.lower(), self.plural, *self.short})


POD: Final = Resource("Pod", "", ("v1",), "pods", ("pod", "po"))
NAMESPACE: Final = Resource("Namespace", "", ("v1",), "namespaces", ("ns",), namespaced=False)
SECRET: Final = Resource("Secret", "", ("v1",), "secrets")
CONFIG_MAP: Final = Resource("ConfigMap", "", ("v1",), "configmaps", ("configmap", "cm"))
EVENT: Final = Resource("Event", "", ("v1",), "events", ("event", "ev"))
SERVICE: Final = Resource("Service", "", ("v1",), "services", ("service", "svc"))
SERVICE_ACCOUNT: Final = Resource("ServiceAccount", "", ("v1",), "serviceaccounts", ("serviceaccount", "sa"))
DEPLOYMENT: Final = Resource("Deployment", "apps", ("v1",), "deployments", ("deployment", "deploy"))
STATEFUL_SET: Final = Resource("StatefulSet", "apps", ("v1",), "statefulsets", ("statefulset", "sts"))
DAEMON_SET: Final = Resource("DaemonSet", "apps", ("v1",), "daemonsets", ("daemonset", "ds"))
REPLICA_SET: Final = Resource("ReplicaSet", "apps", ("v1",), "replicasets", ("replicaset", "rs"))
JOB: Final = Resource("Job", "batch", ("v1",), "jobs", ("job",))
CRON_JOB: Final = Resource("CronJob", "batch", ("v1",), "cronjobs", ("cronjob", "cj"))
LEADER_WORKER_SET: Final = Resource(
    "LeaderWorkerSet", "leaderworkerset.x-k8s.io", ("v1",), "leaderworkersets", ("lws",)
)
NETWORK_POLICY: Final = Resource(
    "NetworkPolicy", "networking.k8s.io", ("v1",), "networkpolicies", ("networkpolicy", "netpol")
)
INFERENCE_SERVICE: Final = Resource(
    "InferenceService", names.KSERVE_GROUP, ("v1beta1",), "inferenceservices", ("isvc",)
)
LLM_INFERENCE_SERVICE: Final = Resource(
    "LLMInferenceService", names.KSERVE_GROUP, ("v1alpha2", "v1alpha1"), "llminferenceservices", ("llmisvc",)
)
KNATIVE_SERVICE: Final = Resource("Service", "serving.knative.dev", ("v1",), "services", ("ksvc",))
KNATIVE_CONFIGURATION: Final = Resource("Configuration", "serving.knative.dev", ("v1",), "configurations")
KNATIVE_REVISION: Final = Resource("Revision", "serving.knative.dev", ("v1",), "revisions")
SERVING_RUNTIME: Final = Resource(
    "ServingRuntime", names.KSERVE_GROUP, ("v1alpha1",), "servingruntimes", ("servingruntime",)
)
CLUSTER_SERVING_RUNTIME: Final = Resource(
    "ClusterServingRuntime",
    names.KSERVE_GROUP,
    ("v1alpha1",),
    "clusterservingruntimes",
    ("clusterservingruntime",),
    namespaced=False,
)
MUTATING_CONFIGURATION: Final = Resource(
    "MutatingWebhookConfiguration",
    "admissionregistration.k8s.io",
    ("v1",),
    "mutatingwebhookconfigurations",
    namespaced=False,
)
VALIDATING_CONFIGURATION: Final = Resource(
    "ValidatingWebhookConfiguration",
    "admissionregistration.k8s.io",
    ("v1",),
    "validatingwebhookconfigurations",
    namespaced=False,
)

RESOURCES: Final = (
    POD,
    NAMESPACE,
    SECRET,
    CONFIG_MAP,
    EVENT,
    SERVICE,
    SERVICE_ACCOUNT,
    DEPLOYMENT,
    STATEFUL_SET,
    DAEMON_SET,
    REPLICA_SET,
    JOB,
    CRON_JOB,
    LEADER_WORKER_SET,
    NETWORK_POLICY,
    INFERENCE_SERVICE,
    LLM_INFERENCE_SERVICE,
    KNATIVE_SERVICE,
    KNATIVE_CONFIGURATION,
    KNATIVE_REVISION,
    SERVING_RUNTIME,
    CLUSTER_SERVING_RUNTIME,
    MUTATING_CONFIGURATION,
    VALIDATING_CONFIGURATION,
)
"""Every resource that a command reads."""


def named(word: str) -> Resource | None:
    """Return the resource that people call so, as kubectl would: kind, plural or a short name."""
    return next((resource for resource in RESOURCES if word.lower() in resource.called), None)
