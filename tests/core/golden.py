"""The golden cases of `tests/cases/**`, read: what a folder asks, as arguments of `admit()`."""

from pathlib import Path
from typing import Any, Final

import yaml

from tests.core.oracles import Situation
from webhook.core.decision import Request, Scope
from webhook.core.knowledge import Knowledge, Namespace
from webhook.core.names import Method, MissingSecret
from webhook.core.settings import MutatePolicy, Rule, SecretRef, Settings

CASES: Final = Path(__file__).parent.parent / "cases"
FOLDERS: Final = sorted(path.parent for path in CASES.rglob("input.yaml"))
_NAMESPACE: Final = "team-a"


def situation(folder: Path) -> Situation:
    """Return what a folder asks."""
    document = yaml.safe_load((folder / "input.yaml").read_text())
    old_file = folder / "old.yaml"
    old = yaml.safe_load(old_file.read_text()) if old_file.exists() else None
    about = case(folder)
    group, _, version = document["apiVersion"].rpartition("/")
    assert version
    asked = about.get("namespace", {})
    name = asked.get("name", document["metadata"].get("namespace", _NAMESPACE))
    labels = asked.get("labels", {"hf-token-injector.io/inject": "enabled"})
    knowledge = Knowledge(
        {} if asked.get("unknown") else {name: Namespace(labels, asked.get("annotations", {}))},
        {secret: frozenset({name} if exists else ()) for secret, exists in about.get("secrets", {}).items()},
    )
    request = Request(
        group,
        document["kind"],
        about.get("operation", "UPDATE" if old is not None else "CREATE"),
        name,
        document,
        old,
        Scope(about.get("scope", "kserve" if document["kind"] in {"Pod", "InferenceService"} else "all")),
        about.get("subresource", ""),
    )
    return Situation(request, knowledge, _settings(about.get("settings", {})))


def case(folder: Path) -> dict[str, Any]:
    """Return what a folder says about itself."""
    file = folder / "case.yaml"
    about: dict[str, Any] = yaml.safe_load(file.read_text()) if file.exists() else {}
    return about


def _settings(wanted: dict[str, Any]) -> Settings:
    plain = Settings()
    return Settings(
        secret=SecretRef(*wanted.get("secret", "hf-secret/token").split("/")),
        method=Method(wanted.get("method", plain.method)),
        missing_secret=MissingSecret(wanted.get("missingSecret", plain.missing_secret)),
        rules=tuple(_rule(rule) for rule in wanted.get("rules", ())),
        endpoints=frozenset(wanted.get("endpoints", plain.endpoints)),
        mutate_inference_services=MutatePolicy(wanted.get("mutate", plain.mutate_inference_services)),
    )


def _rule(rule: dict[str, Any]) -> Rule:
    name, _, key = rule["secret"].partition("/")
    secret = None if name == "none" else SecretRef(name, key)
    return Rule(rule["repository"], secret, tuple(rule.get("namespaces", ("*",))))
