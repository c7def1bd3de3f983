"""How a container that downloads from the Hub ended, and what its last words say.

KServe's `storage-initializer` has `terminationMessagePolicy: FallbackToLogsOnError` (`pkg/utils/storage.go`),
so kubelet puts the end of its log into the Pod's status. What is looked for are the sentences of
huggingface_hub (`utils/_http.py`, 0.30 to 1.x) and of kserve-storage (`storage_errors.py`), seen by running
them, and the messages that the Hub sends with its refusals.
"""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple

from webhook.core import read

_Object = Mapping[str, Any]


class Cause(StrEnum):
    """Why a download failed."""

    FINE_GRAINED = "the token is fine-grained and does not include gated repositories"
    NOT_ON_THE_LIST = "the token's account has not been given access to it"
    REFUSED = "the token is refused"
    UNAUTHENTICATED = "the Hub wants a token"
    NO_REVISION = "there is no such revision"
    NOT_FOUND = "there is no such repository, or the token may not see it"
    FORBIDDEN = "the token lacks a permission"
    TOO_MANY = "the Hub is asked too often"
    CERTIFICATE = "the certificate that answers is not trusted"
    DISK = "there is no space left on its volume"
    MEMORY = "it was killed for using more memory than its limit"
    NETWORK = "the Hub cannot be reached"
    NO_ANSWER = "no answer of the Hub could be used: there is no way to it, or it was busy or refused"
    """huggingface_hub does not say which (`snapshot_download`)."""

    UNKNOWN = "its last words do not say why"


_SIGNS: Final[tuple[tuple[Cause, re.Pattern[str]], ...]] = tuple(
    (cause, re.compile(pattern, re.IGNORECASE | re.DOTALL))
    for cause, pattern in (
        (Cause.FINE_GRAINED, r"fine-grained token settings"),
        (
            Cause.NOT_ON_THE_LIST,
            r"not in the authorized list|awaiting a review|ask for access|403 Client Error.{0,200}gated repo",
        ),
        (Cause.REFUSED, r"Invalid credentials in Authorization header|Invalid user ?token|token is expired"),
        (Cause.NO_REVISION, r"Revision Not Found|Invalid rev id"),
        (
            Cause.UNAUTHENTICATED,
            r"401 (?:Client Error|Unauthorized)|Invalid username or password|must .{0,60}be authenticated",
        ),
        (Cause.NOT_FOUND, r"Repository Not Found|404 Client Error"),
        (Cause.TOO_MANY, r"429 (?:Client Error|Too Many)|Too Many Requests|rate limit"),
        (Cause.FORBIDDEN, r"403 (?:Client Error|Forbidden)"),
        (Cause.CERTIFICATE, r"CERTIFICATE_VERIFY_FAILED|certificate verify failed|SSLCertVerificationError"),
        (Cause.DISK, r"No space left on device|Disk quota exceeded|Not enough free disk space"),
        (
            Cause.NETWORK,
            (
                r"Max retries exceeded|ProxyError|Name or service not known|name resolution|timed out|Timeout"
                r"|Connection ?(?:refused|reset|aborted|error)|Network is unreachable|No route to host"
            ),
        ),
        (
            Cause.NO_ANSWER,
            (
                r"cannot find the (?:appropriate snapshot folder|requested files)"
                r"|Failed to connect to HuggingFace"
            ),
        ),
        # The last line of kserve-storage where nothing above it says more.
        (Cause.UNAUTHENTICATED, r"HuggingFace authentication failed"),
        (Cause.NOT_FOUND, r"HuggingFace resource .{0,200}not found"),
    )
)
"""In the order in which they are looked for: a refusal's own words before its status."""


class End(NamedTuple):
    """The last end of a container that failed.

    Attributes:
        container: Its name.
        code: Its exit code.
        cause: Why.
    """

    container: str
    code: int
    cause: Cause


def ends(pod: _Object) -> Iterator[End]:
    """Yield how the containers of a Pod that do not run ended, where that was no success."""
    status = read.mapping(pod, "status")
    for field in ("initContainerStatuses", "containerStatuses"):
        for _, one in read.objects(status, field):
            terminated = _terminated(one)
            code = terminated.get("exitCode")
            if isinstance(code, int) and code != 0:
                yield End(read.string(one, "name"), code, _cause(terminated))


def cause_of(message: str) -> Cause:
    """Return what a container's last words say."""
    return next((cause for cause, sign in _SIGNS if sign.search(message)), Cause.UNKNOWN)


def _terminated(status: _Object) -> dict[str, Any]:
    """Return how a container ended; nothing where it runs, whatever was before."""
    state = read.mapping(status, "state")
    ended = read.mapping(state, "terminated")
    return ended or (
        read.mapping(read.mapping(status, "lastState"), "terminated") if "waiting" in state else {}
    )


def _cause(terminated: _Object) -> Cause:
    cause = cause_of(read.string(terminated, "message"))
    if cause is Cause.UNKNOWN and read.string(terminated, "reason") == "OOMKilled":
        return Cause.MEMORY
    return cause
