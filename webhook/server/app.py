"""The HTTPS application: the paths that the webhook configurations call.

The routes are plain ASGI endpoints on a FastAPI app, and the app runs without the default stack of
middleware: telemetry, body limit and exit stacks do nothing here and cost a fifth of a request (measured).
"""

import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp
from structlog.typing import FilteringBoundLogger

from webhook.core.admit import admit
from webhook.core.decision import Decision, Request, Scope
from webhook.core.knowledge import Knowledge
from webhook.core.reasons import Outcome, Reason
from webhook.core.settings import Settings
from webhook.core.validate import validate
from webhook.server.body import LARGE, Bodies
from webhook.server.known import Doubt, Known
from webhook.server.logs import describe_exception, log_review
from webhook.server.memory import uncollected
from webhook.server.metrics import Metrics
from webhook.server.problem import Disconnected, Problem
from webhook.server.review import Answered, parse_review, render_review
from webhook.server.telling import Teller

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
HttpScope = MutableMapping[str, Any]

_JSON: Final = (b"content-type", b"application/json")
_TEXT: Final = (b"content-type", b"text/plain; charset=utf-8")
_CLOSE: Final = (b"connection", b"close")


@dataclass(slots=True)
class Serving:
    """What answering needs."""

    settings: Settings
    known: Known
    metrics: Metrics
    logger: FilteringBoundLogger
    max_body_bytes: int
    teller: Teller | None = None


Decide = Callable[[Request, Knowledge, Settings], Decision]


class Judgement(NamedTuple):
    """What one path decides.

    Attributes:
        scope: Which Pods it may be asked about.
        decide: The core's answer to a request.
    """

    scope: Scope
    decide: Decide


PATHS: Final[Mapping[str, Judgement]] = {
    "/mutate": Judgement(Scope.KSERVE, admit),
    "/mutate/all": Judgement(Scope.ALL, admit),
    "/validate": Judgement(Scope.ALL, validate),
}


class Endpoint:
    """An endpoint that answers the AdmissionReviews of one path."""

    def __init__(self, path: str, serving: Serving, bodies: Bodies) -> None:
        self._path = path
        self._serving = serving
        self._bodies = bodies

    async def __call__(self, scope: HttpScope, receive: Receive, send: Send) -> None:
        """Answer one request.

        Raises:
            Problem: It is not a review that can be answered.
            Disconnected: The caller went away.
        """
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        _check_content_type(headers)
        body, more = await self._bodies.first(headers, receive)
        if not more and len(body) <= LARGE:
            answer = await self.answer(body)
        else:
            async with self._bodies.rest(body, more, receive) as whole:
                with uncollected():
                    answer = await self.answer(whole)
        length = (b"content-length", b"%d" % len(answer))
        await send({"type": "http.response.start", "status": 200, "headers": [_JSON, length]})
        await send({"type": "http.response.body", "body": answer})

    async def answer(self, body: bytes) -> bytes:
        """Return the answer to a body, counted and logged.

        Raises:
            Problem: It is not a review that can be answered.
        """
        serving = self._serving
        started = time.perf_counter()
        scope, decide = PATHS[self._path]
        review = parse_review(body, scope)
        if review.request is None:
            decision, doubt = Decision(Outcome.OPERATION_NOT_HANDLED), None
        else:
            decision, doubt = await self._decide(review.request, decide)
        answer = render_review(review, decision, doubt)
        answered = Answered(self._path, review, decision, time.perf_counter() - started, doubt)
        serving.metrics.reviewed(answered)
        log_review(serving.logger, answered)
        if serving.teller is not None:
            serving.teller.reviewed(answered)
        return answer

    async def _decide(self, request: Request, decide: Decide) -> tuple[Decision, Doubt | None]:
        """Decide, once what came in the same `kubectl apply` has had a moment to arrive."""
        settings, known, namespace = self._serving.settings, self._serving.known, request.namespace
        doubt = None
        if known.sure(namespace):
            decision = decide(request, known.knowledge, settings)
        else:
            await known.arrival(namespace)
            decision = decide(request, known.knowledge, settings)
            doubt = _doubt(known, namespace, decision)
        if (
            decision.presence
            and _hinges(decision)
            and await known.secret_arrival(namespace, decision.presence)
        ):
            decision = decide(request, known.knowledge, settings)
        return decision, doubt


class App(FastAPI):
    """FastAPI without the parts that no route here uses."""

    def __init__(self, serving: Serving) -> None:
        bodies = Bodies(serving.max_body_bytes)
        super().__init__(
            title="hf-token-injector",
            openapi_url=None,
            docs_url=None,
            redoc_url=None,
            redirect_slashes=False,
            # It would send exceptions, with the values in their messages, wherever OTEL_* points.
            telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
            routes=[Route(path, Endpoint(path, serving, bodies), methods=["POST"]) for path in PATHS],
        )
        self._serving = serving

    def build_middleware_stack(self) -> ASGIApp:
        """Return the router behind what turns exceptions into answers, and nothing else."""
        return Guard(self.router, self._serving)


class Guard:
    """Answers what an endpoint or the router raises."""

    def __init__(self, app: ASGIApp, serving: Serving) -> None:
        self._app = app
        self._serving = serving

    async def __call__(self, scope: HttpScope, receive: Receive, send: Send) -> None:
        """Run the app; an exception becomes a status and one sentence."""
        try:
            await self._app(scope, receive, send)
        except Disconnected:
            return
        except Problem as problem:
            await self._refuse(send, problem)
        except HTTPException as error:
            await self._refuse(send, _routing_problem(error, scope), error.headers)
        except Exception as error:  # noqa: BLE001 - whatever it is, the API server is told and the log says where
            self._serving.logger.critical("internal error", **describe_exception(error))
            await self._refuse(
                send, Problem(500, "hf-token-injector has a bug; its log says where.", unread=True)
            )

    async def _refuse(self, send: Send, problem: Problem, extra: Any = None) -> None:  # noqa: ANN401
        self._serving.metrics.refused(problem.status)
        self._serving.logger.warning("refused", status=problem.status, why=problem.sentence)
        text = problem.sentence.encode("utf-8", "replace") + b"\n"
        headers = [_TEXT, (b"content-length", b"%d" % len(text))]
        headers += [(name.lower().encode(), value.encode()) for name, value in (extra or {}).items()]
        if problem.unread:
            headers.append(_CLOSE)
        await send({"type": "http.response.start", "status": problem.status, "headers": headers})
        await send({"type": "http.response.body", "body": text})


def _hinges(decision: Decision) -> bool:
    """Tell whether a decision would be another one if its Secret were there."""
    return decision.denial is not None or any(
        verdict.reason is Reason.SECRET_MISSING for verdict in decision.verdicts
    )


def _doubt(known: Known, namespace: str, decision: Decision) -> Doubt | None:
    """Return what has to be said of a decision; a person hears of it where it may be another one later."""
    doubt = known.doubt(namespace) if decision.verdicts or decision.findings else None
    if doubt is Doubt.UNKNOWN and known.watched and decision.patch:
        decision.warnings.append(f"namespace {namespace} is not known yet; cluster defaults were used")
    return doubt


def _check_content_type(headers: list[tuple[bytes, bytes]]) -> None:
    """Accept `application/json`, with or without parameters.

    Raises:
        Problem: 415.
    """
    for name, value in headers:
        if name == b"content-type" and value.partition(b";")[0].strip().lower() == b"application/json":
            return
    raise Problem(415, "The content type must be application/json.", unread=True)


def _routing_problem(error: HTTPException, scope: HttpScope) -> Problem:
    """Return the router's exception as a sentence."""
    if error.status_code == 405:  # noqa: PLR2004
        return Problem(405, f"{scope['path']} takes POST only.", unread=True)
    return Problem(
        error.status_code, f"There is nothing here; reviews go to {' or '.join(PATHS)}.", unread=True
    )
