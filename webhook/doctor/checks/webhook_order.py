"""Which webhooks are called before ours and after: KServe's come first, or ours is called again."""

from collections.abc import Iterator
from typing import Final

from webhook.core import read
from webhook.core.remedies import upgrade
from webhook.doctor.collected import Collected, Object, Topic, entries_of
from webhook.doctor.finding import Finding, fail, ok, warn

ABOUT: Final = "The webhook is called after KServe's, and again where another one changes the Pod after it."
NEEDS: Final = frozenset({Topic.CONFIGURATION, Topic.OTHERS})


def check(collected: Collected) -> Iterator[Finding]:
    """Compare names: the API server calls configurations in their order."""
    installed = collected.installed
    if installed.configuration is None or installed.others is None:
        return
    ours = installed.name
    names = sorted([ours, *(_name(other) for other in installed.others)])
    yield ok(
        installed.subject,
        f"is number {names.index(ours) + 1} of {len(names)} to be called: {', '.join(names)}.",
    )
    kserve = [_name(other) for other in installed.others if _of_kserve(other)]
    if not kserve:
        yield ok(None, "There is no configuration of KServe's.")
    once = [entry for entry in installed.entries if entry.get("reinvocationPolicy") != "IfNeeded"]
    late = [name for name in kserve if name > ours]
    mend = f"kubectl edit mutatingwebhookconfiguration {ours}  # reinvocationPolicy: IfNeeded"
    name = f"mutating-{installed.service or 'hf-token-injector'}"
    rename = upgrade(installed.namespace, f"--set webhook.name={name}")
    if late and once:
        yield fail(
            installed.subject,
            f"is called before {', '.join(late)} and not again: storage-initializer "
            "comes later, and gets no token.",
            mend,
        )
    elif late:
        yield warn(
            installed.subject,
            f"is called before {', '.join(late)}, so that each Pod comes to it twice.",
            rename,
        )
    elif once:
        yield warn(
            installed.subject,
            f"has entries that are not called again where another webhook changes the Pod after them: "
            f"{', '.join(read.string(entry, 'name') for entry in once)}.",
            mend,
        )


def _name(configuration: Object) -> str:
    return read.string(read.mapping(configuration, "metadata"), "name")


def _of_kserve(configuration: Object) -> bool:
    """Tell whether a configuration is KServe's, also under another name (a second release, a fork's)."""
    return "kserve" in _name(configuration) or any(
        "kserve" in read.string(entry, "name") for entry in entries_of(configuration)
    )
