"""The settings as people write them: names, allowed values, defaults and what each one means.

`docs/reference/settings.md` and every error message are made from this model. Names are camelCase in YAML;
the environment variable of `inferenceService.mutate` is `HF_TOKEN_INJECTOR_INFERENCE_SERVICE__MUTATE`.

No setting at the top is called `port…` or `service…`: for a Service `hf-token-injector` kubelet gives every
Pod of the namespace variables such as `HF_TOKEN_INJECTOR_PORT` and `HF_TOKEN_INJECTOR_SERVICE_HOST`.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel
from pydantic_settings import BaseSettings, SettingsConfigDict

from webhook.core.names import Method, MissingSecret
from webhook.core.settings import MutatePolicy, PolicyAction
from webhook.core.settings import Settings as CoreSettings
from webhook.settings.loaded import CertificateMode, CertificateSettings, ClusterSettings, ServerSettings

_CORE = CoreSettings()
_SERVER = ServerSettings()
_CERTIFICATES = CertificateSettings()
_CLUSTER = ClusterSettings()

_DNS_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"


@dataclass(frozen=True, slots=True)
class Allowed:
    """What a value may be, to follow "must be" in a message; also the type on the reference page."""

    text: str


def _https(value: str) -> str:
    """Return an endpoint without its trailing slash.

    Raises:
        ValueError: It is not the URL of a Hub.
    """
    url = urlsplit(value)
    if url.scheme not in {"https", "http"} or not url.hostname or re.search(r"[\s?#@]", value):
        raise ValueError("not an endpoint")
    return value.rstrip("/")


def _acts(value: PolicyAction) -> PolicyAction:
    """Return an action that is one.

    Raises:
        ValueError: It is none.
    """
    if value is PolicyAction.ALLOW:
        raise ValueError("not an action")
    return value


# https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-subdomain-names
_SUBDOMAIN = StringConstraints(pattern=rf"^{_DNS_LABEL}(\.{_DNS_LABEL})*$", max_length=253)

SecretName = Annotated[
    str,
    _SUBDOMAIN,
    Allowed("the name of a Secret: lower-case letters, digits, - and ., at most 253 characters"),
]
DomainName = Annotated[
    str, _SUBDOMAIN, Allowed("a name of lower-case letters, digits, - and ., at most 253 characters")
]
RuleSecret = Annotated[
    str,
    _SUBDOMAIN,
    Allowed("the name of a Secret (lower-case letters, digits, - and .), or none for no token"),
]
# Kubernetes: IsConfigMapKey in k8s.io/apimachinery/pkg/util/validation.
SecretKey = Annotated[
    str,
    StringConstraints(pattern=r"^(?!\.$|\.\.)[-._a-zA-Z0-9]+$", max_length=253),
    Allowed("a key in a Secret: letters, digits, -, _ and ."),
]
RepositoryGlob = Annotated[
    str,
    StringConstraints(pattern=r"^[-._a-zA-Z0-9*?]+(/[-._a-zA-Z0-9*?]+)?$"),
    Allowed("a glob over owner/name, such as meta-llama/* or *"),
]
Globs = Annotated[list[RepositoryGlob], Allowed("a list of globs over owner/name")]
NamespaceGlob = Annotated[str, StringConstraints(pattern=r"^[-a-z0-9*?]+$", max_length=253)]
NamespaceName = Annotated[str, StringConstraints(pattern=rf"^{_DNS_LABEL}$", max_length=63)]
Port = Annotated[int, Field(ge=0, le=65535), Allowed("a port from 0 to 65535; 0 takes a free one")]
Seconds = Annotated[float, Field(gt=0, le=3600), Allowed("a number of seconds above 0, at most 3600")]
Host = Annotated[
    str, StringConstraints(pattern=r"^[-.:%a-zA-Z0-9]+$"), Allowed("an IP address or a host name")
]
Texts = Annotated[dict[str, str], Allowed("text for every key; numbers and true or false need quotes")]


class _Section(BaseModel):
    """A map of settings that knows all its keys."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=to_camel, regex_engine="python-re", allow_inf_nan=False
    )


class Secret(_Section):
    """A key of a Secret in the workload's namespace."""

    name: SecretName = Field(_CORE.secret.name, description="The Secret where nothing else chooses one.")
    key: SecretKey = Field(_CORE.secret.key, description="The key in that Secret.")


class Rule(_Section):
    """Repositories that take another token than the default, or none."""

    repository: RepositoryGlob
    secret: RuleSecret
    key: SecretKey | None = None
    namespaces: Annotated[
        list[NamespaceGlob], Field(min_length=1), Allowed("a list of globs over namespaces")
    ] = ["*"]

    @model_validator(mode="after")
    def _none_has_no_key(self) -> "Rule":
        if self.secret == "none" and self.key is not None:  # noqa: S105
            raise ValueError("a rule with secret none takes no key")
        return self


class Hub(_Section):
    """The Hub."""

    endpoints: Annotated[
        list[Annotated[str, AfterValidator(_https)]],
        Field(min_length=1),
        Allowed("a list of URLs such as https://huggingface.co"),
    ] = Field(
        sorted(_CORE.endpoints),
        description="Where a token may be sent. A container whose HF_ENDPOINT is elsewhere gets none.",
    )


class InferenceService(_Section):
    """What happens to InferenceServices."""

    mutate: MutatePolicy = Field(
        _CORE.mutate_inference_services,
        description="When an InferenceService itself is changed: always, auto (where the container has no "
        "env list) or never. Its Pods get their token in all three.",
    )


class Repositories(_Section):
    """Which repositories an object may name."""

    action: PolicyAction = Field(
        _CORE.policy.repositories.action, description="Where an object names a repository that it may not."
    )
    allow: Globs = Field(
        [],
        description="Globs over owner/name, as in rules. Where there are any, a repository that none matches "
        "may not be named.",
    )
    deny: Globs = Field([], description="Globs over owner/name that may not be named, whatever allow says.")


class Policy(_Section):
    """What is asked of an object beside its token: each allow (off), warn or deny."""

    literal_tokens: PolicyAction = Field(
        _CORE.policy.literal_tokens, description="Where a token stands in clear text."
    )
    repositories: Repositories = Repositories()
    require_revision: PolicyAction = Field(
        _CORE.policy.require_revision,
        description="Where a repository is named without the commit (40 hexadecimal digits) that is meant.",
    )
    require_token: PolicyAction = Field(
        _CORE.policy.require_token,
        description="Where a container asks the Hub and has neither a token of its own nor one of ours.",
    )
    trust_remote_code: PolicyAction = Field(
        _CORE.policy.trust_remote_code, description="Where code that a repository brings would be run."
    )
    pods: Annotated[
        PolicyAction,
        AfterValidator(_acts),
        Field(json_schema_extra={"enum": ["warn", "deny"]}),
        Allowed("one of: warn, deny"),
    ] = Field(
        _CORE.policy.pods,
        description="What becomes of deny for Pods that have a controller: warn lets what runs be "
        "rescheduled, deny refuses them as well.",
    )


class LocalModelCache(_Section):
    """KServe's local model cache."""

    namespaces: Annotated[list[NamespaceName], Allowed("a list of namespace names")] = Field(
        sorted(_CORE.local_model_namespaces),
        description="Where its download Jobs run (`localModel.jobNamespace` in inferenceservice-config).",
    )


class Namespace(_Section):
    """The metadata of a Namespace."""

    labels: Texts = {}
    annotations: Texts = {}


class Server(_Section):
    """The listening side."""

    host: Host = Field(_SERVER.host, description="Address of the HTTPS port; :: takes IPv6 and IPv4.")
    port: Port = Field(_SERVER.port, description="HTTPS port for the API server.")
    ops_host: Host = Field(_SERVER.ops_host, description="Address of the plain-HTTP port.")
    ops_port: Port = Field(_SERVER.ops_port, description="Plain-HTTP port for /livez, /readyz and /metrics.")
    max_body_bytes: Annotated[
        int, Field(ge=64 * 1024, le=64 * 1024 * 1024), Allowed("a number of bytes from 65536 to 67108864")
    ] = Field(_SERVER.max_body_bytes, description="Larger reviews are refused with 413.")
    max_connections: Annotated[
        int, Field(ge=16, le=100_000), Allowed("a number of connections from 16 to 100000")
    ] = Field(
        _SERVER.max_connections,
        description="Connections to the HTTPS port, 70 KiB each. When there are more, the one that would be "
        "missed least is closed.",
    )
    keep_alive_seconds: Seconds = Field(
        _SERVER.keep_alive_seconds,
        description="How long an idle connection is kept; the API server keeps its own for 90 s.",
    )
    header_seconds: Seconds = Field(
        _SERVER.header_seconds,
        description="How long the headers of a request may take, and a TLS handshake.",
    )
    body_seconds: Seconds = Field(
        _SERVER.body_seconds,
        description="How long the body of a request may take, and a caller to read its answer.",
    )
    drain_seconds: Annotated[float, Field(ge=0, le=3600), Allowed("a number of seconds from 0 to 3600")] = (
        Field(_SERVER.drain_seconds, description="How long answering goes on after SIGTERM.")
    )
    stop_seconds: Seconds = Field(
        _SERVER.stop_seconds, description="How long requests in flight may take after the drain."
    )


class Tls(_Section):
    """The serving certificate."""

    cert_file: str = Field(_SERVER.tls.cert_file, description="PEM certificate chain, the leaf first.")
    key_file: str = Field(
        _SERVER.tls.key_file, description="PEM private key of the leaf, without a password."
    )
    reload_seconds: Seconds = Field(
        _SERVER.tls.reload_seconds, description="How often the two files are looked at for a new certificate."
    )


class Certificates(_Section):
    """Who makes the serving certificate, and what it is called in the cluster."""

    mode: CertificateMode = Field(
        _CERTIFICATES.mode,
        description="Who makes the serving certificate and fills caBundle: self-managed (this server, over "
        "the Kubernetes API), cert-manager, or provided (you). The last two serve tls.certFile and "
        "tls.keyFile; where one of these is set and the mode is not, the mode is provided.",
    )
    secret_name: SecretName = Field(
        _CERTIFICATES.secret_name, description="Self-managed: the Secret that holds CA and certificate."
    )
    namespace: Annotated[
        str, StringConstraints(pattern=rf"^({_DNS_LABEL})?$", max_length=63), Allowed("a namespace")
    ] = Field(
        _CERTIFICATES.namespace,
        description="Self-managed: namespace of that Secret and of the Service. Not set: POD_NAMESPACE, else "
        "the one of the ServiceAccount.",
    )
    service: Annotated[
        str, StringConstraints(pattern=rf"^{_DNS_LABEL}$", max_length=63), Allowed("the name of a Service")
    ] = Field(_CERTIFICATES.service, description="Self-managed: the Service that the certificate is for.")
    cluster_domain: DomainName = Field(
        _CERTIFICATES.cluster_domain, description="Self-managed: the DNS domain of the cluster."
    )
    mutating_configuration: DomainName = Field(
        _CERTIFICATES.mutating_configuration,
        description="Self-managed: the MutatingWebhookConfiguration whose caBundle is kept.",
    )
    validating_configuration: DomainName = Field(
        _CERTIFICATES.validating_configuration,
        description="Self-managed: the ValidatingWebhookConfiguration whose caBundle is kept.",
    )
    check_seconds: Seconds = Field(
        _CERTIFICATES.check_seconds,
        description="Self-managed: the longest time between two looks at Secret and configurations.",
    )


class Cluster(_Section):
    """The way to the API server, and what is known of the cluster by it."""

    kubeconfig: str = Field(
        _CLUSTER.kubeconfig,
        description="Path of a kubeconfig, for a server that runs outside the cluster. Not set: as in a Pod.",
    )
    watch_namespaces: Annotated[bool, Allowed("true or false")] = Field(
        _CLUSTER.watch_namespaces,
        description="Whether labels and annotations of Namespaces are followed, where there is a way to the "
        "API server.",
    )
    watch_secrets: Annotated[bool, Allowed("true or false")] = Field(
        _CLUSTER.watch_secrets,
        description="Whether it is followed if Secrets exist: those of `secret`, `rules` and "
        "`cluster.secretNames`. A missing one is warned of, and missingSecret skip and deny need it. "
        "Kubernetes grants no metadata alone: the right is one to these Secrets in every namespace.",
    )
    secret_names: Annotated[list[SecretName], Allowed("a list of names of Secrets")] = Field(
        list(_CLUSTER.secret_names),
        description="With watchSecrets: names beside those, such as Namespaces choose by annotation.",
    )


class Events(_Section):
    """Events on the objects that decisions are about."""

    enabled: Annotated[bool, Allowed("true or false")] = Field(
        _SERVER.events.enabled,
        description="Whether the reasons of decisions also go out as Events, where there is a way to the API "
        "server.",
    )


class Log(_Section):
    """The log on standard output."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least that is logged."
    )
    format: Literal["json", "console"] = Field(
        "json", description="One JSON object a line, or text for people."
    )


class SettingsModel(BaseSettings):
    """All settings."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, alias_generator=to_camel, regex_engine="python-re", allow_inf_nan=False
    )

    secret: Secret = Secret()
    method: Method = Field(
        _CORE.method,
        description="How a container is given its token where neither the workload nor its Namespace says.",
    )
    missing_secret: MissingSecret = Field(
        _CORE.missing_secret,
        description="What happens where the Secret does not exist and the Namespace does not say.",
    )
    rules: Annotated[list[Rule], Allowed("a list of maps with repository, secret, key and namespaces")] = (
        Field(
            [],
            description="Repositories that take another Secret than the default, or none; first match wins. "
            "`repository` is a glob over owner/name, `secret` a name or none. "
            "`key` and `namespaces` (globs) are optional.",
        )
    )
    hub: Hub = Hub()
    inference_service: InferenceService = InferenceService()
    policy: Policy = Policy()
    local_model_cache: LocalModelCache = LocalModelCache()
    namespaces: Annotated[
        dict[NamespaceName, Namespace], Allowed("a map of namespace names to labels and annotations")
    ] = Field(
        {},
        description="What is known of Namespaces which the watch does not show: name to `labels` and "
        "`annotations`.",
    )
    server: Server = Server()
    tls: Tls = Tls()
    certificates: Certificates = Certificates()
    cluster: Cluster = Cluster()
    events: Events = Events()
    log: Log = Log()
