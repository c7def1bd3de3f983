"""Settings once they are read: frozen dataclasses without a trace of where they came from."""

from dataclasses import dataclass
from enum import StrEnum

from webhook.core.knowledge import Knowledge
from webhook.core.settings import Settings


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """Where the serving certificate comes from.

    Attributes:
        cert_file, key_file: Paths of PEM files; empty where none is set.
        reload_seconds: How often they are looked at; kubelet itself takes up to a minute to bring a new one.
    """

    cert_file: str = ""
    key_file: str = ""
    reload_seconds: float = 10


class CertificateMode(StrEnum):
    """Who makes the serving certificate, and who fills `caBundle`."""

    SELF_MANAGED = "self-managed"
    CERT_MANAGER = "cert-manager"
    PROVIDED = "provided"


@dataclass(frozen=True, slots=True)
class CertificateSettings:
    """What self-managed certificates are called in the cluster, and how often they are looked after.

    Attributes:
        mode: Who makes the certificate.
        secret_name: The Secret that holds CA and certificate.
        namespace: Of that Secret and of the Service; empty for the Pod's own.
        service: The Service that the certificate is for.
        cluster_domain: DNS domain of the cluster.
        mutating_configuration, validating_configuration: Whose `caBundle` is kept.
        check_seconds: The longest time between two looks.
    """

    mode: CertificateMode = CertificateMode.SELF_MANAGED
    secret_name: str = "hf-token-injector-tls"  # noqa: S105 - a name
    namespace: str = ""
    service: str = "hf-token-injector"
    cluster_domain: str = "cluster.local"
    mutating_configuration: str = "mutating-hf-token-injector"
    validating_configuration: str = "validating-hf-token-injector"
    check_seconds: float = 60


@dataclass(frozen=True, slots=True)
class ClusterSettings:
    """How the API server is reached, and what is asked of it beside certificates.

    Attributes:
        kubeconfig: Path of a file that says where it is, for a server outside a cluster; empty in a Pod.
        watch_namespaces: Whether labels and annotations of Namespaces are followed.
        watch_secrets: Whether it is followed if Secrets exist.
        secret_names: Names of Secrets that are followed beside those of the settings.
    """

    kubeconfig: str = ""
    watch_namespaces: bool = True
    watch_secrets: bool = False
    secret_names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EventSettings:
    """Whether decisions are told by Events."""

    enabled: bool = True


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What is logged (`debug`, `info`, `warning`, `error`) and how (`json`, `console`)."""

    level: str = "info"
    format: str = "json"


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """The listening side. All times are in seconds, sizes in bytes.

    Attributes:
        host, port: Where HTTPS is served. `::` takes IPv6 and IPv4, and IPv4 alone on a node without IPv6.
        ops_host, ops_port: Where probes and metrics are served over plain HTTP.
        max_body_bytes: Larger reviews are refused with 413.
        max_connections: How many connections there may be; of more, those are closed that are missed least.
        keep_alive_seconds: How long an idle connection is kept.
        header_seconds: From the first byte of a request to the end of its headers; also for a TLS handshake.
        body_seconds: From there to the end of its body; also until a caller reads its answers.
        drain_seconds: How long answering goes on after SIGTERM.
        stop_seconds: How long requests in flight may take after that.
    """

    host: str = "::"
    port: int = 8443
    ops_host: str = "::"
    ops_port: int = 8080
    max_body_bytes: int = 7 * 1024 * 1024
    max_connections: int = 1000
    keep_alive_seconds: float = 150
    header_seconds: float = 10
    body_seconds: float = 20
    drain_seconds: float = 15
    stop_seconds: float = 10
    tls: TlsSettings = TlsSettings()
    certificates: CertificateSettings = CertificateSettings()
    cluster: ClusterSettings = ClusterSettings()
    events: EventSettings = EventSettings()
    log: LogSettings = LogSettings()


@dataclass(frozen=True, slots=True)
class Loaded:
    """Everything that was set: for the core's decision, what is known of the cluster, and for the server."""

    settings: Settings
    knowledge: Knowledge
    server: ServerSettings

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of the Secrets that can be followed: the default, those of rules, and what was added."""
        settings = self.settings
        ruled = [rule.secret.name for rule in settings.rules if rule.secret is not None]
        return tuple(dict.fromkeys([settings.secret.name, *ruled, *self.server.cluster.secret_names]))
