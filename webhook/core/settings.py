"""What a platform team can set, as the core sees it; `webhook.settings` reads it."""

from dataclasses import dataclass, field
from enum import StrEnum

from webhook.core.names import Method, MissingSecret


class MutatePolicy(StrEnum):
    """When an InferenceService itself is changed.

    Its Pods get their token in all three.
    """

    ALWAYS = "always"
    """Wherever the component asks the Hub."""

    AUTO = "auto"
    """Only where the container has no `env` list, which is where an entry cannot read as drift in Argo CD."""

    NEVER = "never"
    """The object stays as it was applied."""


class PolicyAction(StrEnum):
    """What a check of the policy does where it finds something."""

    ALLOW = "allow"
    """Nothing: the check is off."""

    WARN = "warn"
    """The object is admitted, with a warning."""

    DENY = "deny"
    """The object is refused."""


@dataclass(frozen=True, slots=True)
class RepositoryPolicy:
    """Which repositories an object may name.

    Attributes:
        allow: Globs as in `Rule`; where there are any, a repository that none matches is refused.
        deny: Globs; a repository that one matches is refused, whatever `allow` says.
        action: What happens then.
    """

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    action: PolicyAction = PolicyAction.ALLOW


@dataclass(frozen=True, slots=True)
class Policy:
    """What `validate()` asks of an object.

    Attributes:
        literal_tokens: Where a token stands in clear text.
        repositories: Where a repository is named that may not be.
        require_revision: Where a repository is named without a commit.
        require_token: Where a container asks the Hub and has no token.
        trust_remote_code: Where code of a repository would be run.
        pods: `DENY` refuses also Pods that have a controller, `WARN` warns about them: a rule that is turned
            on must not stop the rescheduling of what runs.
    """

    literal_tokens: PolicyAction = PolicyAction.WARN
    repositories: RepositoryPolicy = RepositoryPolicy()
    require_revision: PolicyAction = PolicyAction.ALLOW
    require_token: PolicyAction = PolicyAction.ALLOW
    trust_remote_code: PolicyAction = PolicyAction.ALLOW
    pods: PolicyAction = PolicyAction.WARN


@dataclass(frozen=True, slots=True)
class SecretRef:
    """A key of a Secret in the workload's own namespace."""

    name: str
    key: str


@dataclass(frozen=True, slots=True)
class Rule:
    """Repositories that take another token than the default, or none.

    Attributes:
        repository: A glob over `owner/name`, without regard to case, as the Hub resolves names. `*` does not
            cross the slash; `*` alone is every repository.
        secret: Which Secret, or None for repositories that get no token. An empty `key` is the default's.
        namespaces: Globs over namespace names; the rule holds where one matches.
    """

    repository: str
    secret: SecretRef | None
    namespaces: tuple[str, ...] = ("*",)


@dataclass(frozen=True, slots=True)
class Settings:
    """All that a decision depends on beside the object and the cluster.

    Attributes:
        secret: The Secret where nothing else chooses one.
        method: How a token is given where neither the workload nor its Namespace says.
        missing_secret: What happens where the Secret does not exist and the Namespace does not say.
        rules: First match decides.
        endpoints: Where a token may be sent: values of `HF_ENDPOINT`, without a trailing slash.
        mutate_inference_services: When an InferenceService itself is changed.
        local_model_namespaces: Where KServe's local model cache runs its download Jobs
            (`localModel.jobNamespace` in ConfigMap `inferenceservice-config`).
        policy: What `validate()` asks of an object.
    """

    secret: SecretRef = SecretRef("hf-secret", "token")
    method: Method = Method.ENV
    missing_secret: MissingSecret = MissingSecret.OPTIONAL
    rules: tuple[Rule, ...] = ()
    endpoints: frozenset[str] = field(default_factory=lambda: frozenset({"https://huggingface.co"}))
    mutate_inference_services: MutatePolicy = MutatePolicy.ALWAYS
    local_model_namespaces: frozenset[str] = frozenset({"kserve-localmodel-jobs"})
    policy: Policy = Policy()
