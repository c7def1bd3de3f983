"""Whether what asks the Hub has a token, of its own or ours.

A Pod is final. An InferenceService or LLMInferenceService is judged by what its Pods will get: nothing is
said where its namespace is opted in and it is not opted out, or where the namespace is unknown. A runtime is
not judged, as what it is merged with decides, nor is a repository for which the rules give no token.
"""

from collections.abc import Iterator
from typing import Final

from webhook.core import names, read, tokens
from webhook.core.asked import NOTHING, RefusedError, of_workload
from webhook.core.case import Case
from webhook.core.names import InjectMode
from webhook.core.policy.contents import Content
from webhook.core.policy.finding import Fault
from webhook.core.reading import Reading, entries_of
from webhook.core.reasons import Reason

_INJECTS: Final = frozenset({InjectMode.ENABLED, InjectMode.ALL})
_RUNTIMES: Final = frozenset({"ServingRuntime", "ClusterServingRuntime"})


def tokenless(case: Case, content: Content) -> Iterator[tuple[Fault, str]]:
    """Yield that a container asks the Hub without a token."""
    if (
        case.request.kind in _RUNTIMES
        or content.name in names.NEVER
        or content.name.startswith(names.NEVER_PREFIX)
        or names.LOCAL_MODEL_LABEL in content.place.labels
    ):
        return
    reading = content.reading
    if content.downloads and not read.string(content.place.spec, "serviceAccountName"):
        # The component's variables do not reach `storage-initializer`; its ServiceAccount's Secrets do.
        asking, by = content.downloads, names.STORAGE_INITIALIZER
    elif reading is not None and reading.references and not _has_token(content, reading):
        asking, by = reading.references, content.name
    else:
        return
    repositories = [reference.repository for reference in asking]
    if not _will_have_ours(case, content, by) and case.choose(repositories, NOTHING, None) is not None:
        yield Fault.NO_TOKEN, repositories[0]


def _has_token(content: Content, reading: Reading) -> bool:
    """Whether a container has a token or may have one, or asks nothing of the Hub itself."""
    own = reading.own
    if own is not None and own.reason is not Reason.TOKEN_DISABLED:
        return own.reason is not Reason.OWN_TOKEN or not _is_empty(content, own.subject)
    volumes = read.items(content.place.spec, "volumes")
    return (
        reading.endpoint is not None
        or tokens.token_mount(content.raw, reading.home, volumes) is not None
        or tokens.possible_token(content.raw) is not None
    )


def _is_empty(content: Content, variable: str) -> bool:
    """Whether a variable is set to nothing: that is the user's word for injection, and no token."""
    entry = (entries_of(content.raw) or {}).get(variable)
    return entry is not None and not entry.get("value") and not entry.get("valueFrom")


def _will_have_ours(case: Case, content: Content, container: str) -> bool:
    """Whether the Pods to come get a token of ours, as far as is known."""
    if case.request.kind == "Pod":
        return False
    namespace = case.knowledge.namespaces.get(case.request.namespace)
    if namespace is None:
        return True
    try:
        asked = of_workload(content.place.labels, content.place.annotations)
    except RefusedError:
        return True
    injects = namespace.labels.get(names.INJECT) in _INJECTS
    return injects and not asked.opted_out and container not in asked.excluded
