"""What mends a download that the Hub refuses, or that does not get there."""

from typing import Final

from webhook.core import names
from webhook.doctor.ended import Cause
from webhook.egress.hosts import HUB

TOKENS: Final = f"{HUB}/settings/tokens"
"""The page on which tokens are made."""

_CONFIGURATION: Final = "storageInitializer in ConfigMap kserve/inferenceservice-config"


def remedy(cause: Cause, namespace: str, repository: str = "", container: str = "") -> str:
    """Return a command, or what a person has to do.

    Args:
        cause: Why it failed.
        namespace: Where.
        repository: What was asked for; empty where that is not known.
        container: What asked.
    """
    page = f"{HUB}/{repository}" if repository else HUB
    memory = f"raise resources.limits.memory of {container}"
    if container == names.STORAGE_INITIALIZER:
        memory = f"raise memoryLimit of {_CONFIGURATION}"
    return {
        Cause.FINE_GRAINED: f"{TOKENS}: give the token read access to public gated repositories",
        Cause.NOT_ON_THE_LIST: f"accept the conditions on {page}, signed in as the token's account",
        Cause.FORBIDDEN: f"{TOKENS}: give the token read access to this repository",
        Cause.NO_REVISION: f"choose a revision of {page}/commits",
        Cause.NOT_FOUND: f"see whether the token's account can open {page}",
        Cause.TOO_MANY: "wait, or use a token of an account with higher limits",
        Cause.CERTIFICATE: (
            f"give it the CA of your proxy or mirror: caBundleConfigMapName of {_CONFIGURATION}"
        ),
        Cause.DISK: f"hf-token-injector doctor --hub --check model-storage -n {namespace}",
        Cause.MEMORY: memory,
        Cause.NO_ANSWER: (f"hf-token-injector doctor --hub --check egress --check hub-access -n {namespace}"),
        Cause.NETWORK: f"hf-token-injector doctor --check egress -n {namespace}",
    }.get(cause, TOKENS)
