"""What mends a download that the Hub refuses, or that does not get there."""

from typing import Final, NamedTuple

from webhook.core import names
from webhook.doctor.ended import Cause
from webhook.egress.hosts import HUB

TOKENS: Final = f"{HUB}/settings/tokens"
"""The page on which tokens are made."""

_CONFIGURATION: Final = "storageInitializer in ConfigMap kserve/inferenceservice-config"


class Remedy(NamedTuple):
    """What mends it.

    Attributes:
        advice: What a person has to do; empty where the command says it all.
        command: Empty where there is none.
    """

    advice: str = ""
    command: str = ""


def remedy(cause: Cause, namespace: str, repository: str = "", container: str = "") -> Remedy:
    """Return what mends it.

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
    doctor = "hf-token-injector doctor"
    return {
        Cause.FINE_GRAINED: Remedy(f"give the token read access to public gated repositories on {TOKENS}"),
        Cause.NOT_ON_THE_LIST: Remedy(f"accept the conditions on {page}, signed in as the token's account"),
        Cause.FORBIDDEN: Remedy(f"give the token read access to this repository on {TOKENS}"),
        Cause.NO_REVISION: Remedy(f"choose a revision of {page}/commits"),
        Cause.NOT_FOUND: Remedy(f"see whether the token's account can open {page}"),
        Cause.TOO_MANY: Remedy("wait, or use a token of an account with higher limits"),
        Cause.CERTIFICATE: Remedy(
            f"give it the CA of your proxy or mirror, by caBundleConfigMapName of {_CONFIGURATION}"
        ),
        Cause.DISK: Remedy(command=f"{doctor} --hub --check model-storage -n {namespace}"),
        Cause.MEMORY: Remedy(memory),
        Cause.NO_ANSWER: Remedy(command=f"{doctor} --hub --check egress --check hub-access -n {namespace}"),
        Cause.NETWORK: Remedy(command=f"{doctor} --check egress -n {namespace}"),
    }.get(cause, Remedy(f"make a token on {TOKENS}"))
