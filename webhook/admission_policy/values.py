"""What is filled into the templates: names, and the platform's settings."""

from collections.abc import Iterator, Mapping
from typing import Final

from webhook.admission_policy import cel
from webhook.admission_policy.tables import hub, servers
from webhook.core import asked, names
from webhook.core.components import FRAMEWORKS
from webhook.core.names import MissingSecret
from webhook.core.settings import MutatePolicy, Settings

_DNS_NAME: Final = (
    r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"  # RE2 has no lookahead
)
_COMPONENTS: Final = ("predictor", "transformer", "explainer")


def values(settings: Settings) -> dict[str, str]:
    """Return the value of every placeholder."""
    return {
        **_names(),
        **servers(),
        **hub(),
        "secret": settings.secret.name,
        "key": settings.secret.key,
        "method-setting": str(settings.method),
        "mutate-auto": "true" if settings.mutate_inference_services is MutatePolicy.AUTO else "false",
        "missing-secret-setting": str(settings.missing_secret),
        "endpoints": cel.items(["", *(end for e in sorted(settings.endpoints) for end in (e, f"{e}/"))]),
        "rules": "[\n" + ",\n".join(f"  {rule}" for rule in _rules(settings)) + "\n]",
        "local-model-namespaces": ", ".join(sorted(settings.local_model_namespaces)),
    }


def _names() -> Mapping[str, str]:
    part_of, llm = names.LLM_PART_OF
    return {
        "prefix": names.PREFIX,
        "inject": names.INJECT,
        "opted-out": names.OPTED_OUT,
        "injected": names.INJECTED,
        "secret-annotation": names.SECRET,
        "secret-key-annotation": names.SECRET_KEY,
        "method": names.METHOD,
        "containers": names.CONTAINERS,
        "exclude-containers": names.EXCLUDE_CONTAINERS,
        "missing-secret": names.MISSING_SECRET,
        "missing-secrets": "|".join(MissingSecret),
        "mirror-pod": names.MIRROR_POD,
        "inference-service-label": names.INFERENCE_SERVICE_LABEL,
        "local-model-label": names.LOCAL_MODEL_LABEL,
        "source-uri": names.SOURCE_URI,
        "part-of": part_of,
        "llm": llm,
        "kserve-container": names.KSERVE_CONTAINER,
        "storage-uri": names.STORAGE_URI,
        "storage-initializer": names.STORAGE_INITIALIZER,
        "model-fields": cel.items((*FRAMEWORKS, "art", "model")),
        "components": cel.items(_COMPONENTS),
        "dns-name": _DNS_NAME,
        "secret-key-form": "[-._a-zA-Z0-9]{1,253}",
        "container-name": " *" + asked.CONTAINER_NAME.pattern.replace("?:", ""),
    }


def _rules(settings: Settings) -> Iterator[str]:
    """Yield the rules, the first that matches decides; the default is one for all."""
    for rule in settings.rules:
        namespaces = "|".join(f"({pattern})" for pattern in map(cel.glob, rule.namespaces))
        secret = rule.secret
        yield cel.literal(
            [
                cel.glob(rule.repository),
                "" if "*" in rule.namespaces else namespaces,
                secret.name if secret else "",
                secret.key if secret else "",
            ]
        )
    yield cel.literal(["", "", settings.secret.name, ""])
