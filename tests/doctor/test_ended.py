from typing import Any

import pytest

from webhook.doctor.ended import Cause, End, cause_of, ends

AUTHENTICATION = (
    "ERROR [initializer-entrypoint:<module>():28] Storage initialization failed: HuggingFace authentication "
    "failed. Set HF_TOKEN or request access to the gated repository.\n"
)


def error(text: str) -> str:
    return f"ERROR [storage_errors.py:raise_storage_error():42] HuggingFace error for hf://org/m: {text}\n"


@pytest.mark.parametrize(
    ("cause", "message"),
    [
        (
            Cause.UNAUTHENTICATED,
            error("401 Client Error.\n\nCannot access gated repo for url https://huggingface.co/org/m/x.")
            + AUTHENTICATION,
        ),
        (
            Cause.UNAUTHENTICATED,
            error(
                "401 Client Error.\n\nRepository Not Found for url: https://huggingface.co/api/models/org/m."
            )
            + AUTHENTICATION,
        ),
        (
            Cause.NOT_ON_THE_LIST,
            error(
                "403 Client Error.\n\nCannot access gated repo for url https://huggingface.co/org/m/x.\n"
                "Access to model org/m is restricted and you are not in the authorized list. Visit "
                "https://huggingface.co/org/m to ask for access."
            )
            + AUTHENTICATION,
        ),
        (
            Cause.FINE_GRAINED,
            error(
                "403 Client Error.\n\nCannot access gated repo for url https://huggingface.co/org/m/x.\n"
                "Please enable access to public gated repositories in your fine-grained token settings."
            )
            + AUTHENTICATION,
        ),
        (
            Cause.REFUSED,
            error(
                "401 Client Error: Unauthorized for url: https://huggingface.co/org/m\n\n"
                "Invalid credentials in Authorization header"
            )
            + AUTHENTICATION,
        ),
        (
            Cause.NOT_FOUND,
            error("404 Client Error.\n\nRepository Not Found for url: https://huggingface.co/x."),
        ),
        (
            Cause.NO_REVISION,
            error("404 Client Error.\n\nRevision Not Found for url: https://huggingface.co/x."),
        ),
        (
            Cause.FORBIDDEN,
            error("\n\n403 Forbidden: None.\nCannot access content at: https://huggingface.co/x."),
        ),
        (Cause.TOO_MANY, error("429 Client Error: Too Many Requests for url: https://huggingface.co/x")),
        (
            Cause.NO_ANSWER,
            error(
                "An error happened while trying to locate the files on the Hub and we cannot find the "
                "appropriate snapshot folder for the specified revision on the local disk."
            ),
        ),
        (
            Cause.NO_ANSWER,
            "Storage initialization failed: Failed to connect to HuggingFace endpoint 'org/m'.",
        ),
        (Cause.NETWORK, "HTTPSConnectionPool(host='huggingface.co'): Max retries exceeded (ProxyError('x'))"),
        (Cause.NETWORK, "socket.gaierror: [Errno -3] Temporary failure in name resolution"),
        (
            Cause.CERTIFICATE,
            "Max retries exceeded (SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERIFY_FAILED]'))",
        ),
        (Cause.DISK, "OSError: [Errno 28] No space left on device: '/mnt/models/model.safetensors'"),
        (Cause.UNAUTHENTICATED, AUTHENTICATION),
        (Cause.NOT_FOUND, "Storage initialization failed: HuggingFace resource 'org/m' not found."),
        (Cause.UNKNOWN, "ValueError: unsupported architecture"),
        (Cause.UNKNOWN, ""),
    ],
)
def test_last_words_say_why(cause: Cause, message: str) -> None:
    assert cause_of(message) is cause


def pod(**status: Any) -> dict[str, Any]:  # noqa: ANN401 - a status as it is
    return {"status": status}


def ended(code: int = 1, **terminated: Any) -> dict[str, Any]:  # noqa: ANN401 - fields as they are
    return {"terminated": {"exitCode": code, **terminated}}


def test_the_last_end_of_a_container_that_waits_for_its_next_start_counts() -> None:
    message = {"message": "429 Too Many Requests"}
    back_off = {"waiting": {"reason": "CrashLoopBackOff"}}
    found = ends(
        pod(
            initContainerStatuses=[{"name": "a", "state": back_off, "lastState": ended(1, **message)}],
            containerStatuses=[{"name": "b", "state": ended(137, reason="OOMKilled")}],
        )
    )
    assert list(found) == [End("a", 1, Cause.TOO_MANY), End("b", 137, Cause.MEMORY)]


def test_what_runs_or_has_succeeded_has_no_end_that_matters() -> None:
    running = {"running": {"startedAt": "2026-06-01T12:00:00Z"}}
    found = ends(
        pod(
            initContainerStatuses=[{"name": "a", "state": ended(0)}],
            containerStatuses=[{"name": "b", "state": running, "lastState": ended(1)}, {"name": "c"}],
        )
    )
    assert list(found) == []
