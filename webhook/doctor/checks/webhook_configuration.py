"""The MutatingWebhookConfiguration: it exists, with all entries, and each behaves as it must."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from webhook.core import read
from webhook.core.matching import conditions_of
from webhook.core.remedies import install, upgrade
from webhook.doctor.collected import Collected, Installed, Topic
from webhook.doctor.finding import Finding, fail, warn

ABOUT: Final = "The webhook configuration exists, and each of its entries behaves as it must."
NEEDS: Final = frozenset({Topic.CONFIGURATION})

ENTRIES: Final = (
    "inferenceservices.hf-token-injector.io",
    "inferenceservice-pods.hf-token-injector.io",
    "llminferenceservice-pods.hf-token-injector.io",
    "all-pods.hf-token-injector.io",
)
"""Those that every installation has; their names never change between versions."""

LOCAL_MODELS: Final = "local-model-cache-pods.hf-token-injector.io"
"""The entry of an installation that knows where the local model cache runs its Jobs."""

_EXPECTED: Final = {"matchPolicy": "Equivalent", "sideEffects": "NoneOnDryRun"}
_SECONDS: Final = 10
"""The most that the API allows, and what it assumes where nothing is set."""


def check(collected: Collected) -> Iterator[Finding]:
    """Look at the configuration and at each entry."""
    installed = collected.installed
    if installed.assumed and not collected.nothing_installed:
        yield warn(
            None,
            f"The platform's settings cannot be read ({installed.assumed}); defaults are assumed.",
            "hf-token-injector doctor --config FILE",
        )
    if installed.configuration is None:
        if collected.nothing_installed:
            yield fail(
                installed.subject,
                "does not exist: nothing calls the webhook, and nothing is injected.",
                # Not `helm install`, which refuses where the release is there and its configuration is not.
                install(),
            )
        return
    present = {read.string(entry, "name") for entry in installed.entries}
    wanted = (*ENTRIES, *([LOCAL_MODELS] if installed.settings.local_model_namespaces else []))
    for name in wanted:
        if name not in present:
            yield fail(
                installed.subject,
                f"has no entry {name}: its objects never reach the webhook.",
                upgrade(installed.namespace),
            )
    for entry in installed.entries:
        yield from _entry(entry, installed)


def _entry(entry: Mapping[str, Any], installed: Installed) -> Iterator[Finding]:
    """Judge how an entry behaves."""
    subject = installed.subject
    name = read.string(entry, "name")
    mend = f"kubectl edit {subject.kind.lower()} {subject.name}"
    if not read.items(entry, "rules"):
        yield fail(subject, f"has no rules in its entry {name}: it is never called.", mend)
    if entry.get("failurePolicy") == "Ignore":
        yield warn(
            subject,
            f"has failurePolicy Ignore in its entry {name}: while the webhook is away Pods get no token.",
            upgrade(installed.namespace, "--set webhook.failurePolicy=Fail"),
        )
    for condition in conditions_of(entry):
        yield warn(
            subject,
            f"has matchCondition {condition} in its entry {name}: that is not evaluated here, and what it is "
            "false for gets no token.",
            f"kubectl get {subject.kind.lower()} {subject.name} -o yaml",
        )
    seconds = entry.get("timeoutSeconds", _SECONDS)
    if isinstance(seconds, int) and seconds >= _SECONDS:
        yield warn(
            subject,
            f"has timeoutSeconds {seconds} in its entry {name}: a request can pay it three times, and "
            "clients give up after 10 s.",
            upgrade(installed.namespace, "--set webhook.timeoutSeconds=3"),
        )
    for field, value in _EXPECTED.items():
        if entry.get(field) != value:
            yield warn(subject, f"has {field} {entry.get(field)} and not {value} in its entry {name}.", mend)
