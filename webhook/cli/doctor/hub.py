"""Asks the Hub whether tokens may read models, and how large these are: `doctor --hub`.

With the caller's own rights to the Secrets, and only where it was asked for. A token goes to the endpoint of
its question and nowhere else: redirects to other hosts are not followed, certificates are verified, and what
is sent over plain HTTP was allowed by the platform's `hub.endpoints`. No token is in an answer, an exception
or a log.
"""

import asyncio
from base64 import b64decode
from binascii import Error
from collections.abc import Callable, Collection, Mapping
from contextlib import AsyncExitStack
from typing import Any, Final, NamedTuple, Self
from urllib.parse import quote, urljoin, urlsplit

import httpx
import orjson

from webhook import __version__
from webhook.cli.doctor.asking import Asking
from webhook.cluster import resources
from webhook.core import read
from webhook.core.hub import redact
from webhook.doctor.collected import Topic
from webhook.doctor.ended import Cause
from webhook.doctor.hub import Answer, Question, judged, probed_file, sizes_of

_SECONDS: Final = 15.0
"""For a whole answer: the description of a repository of 5,000 files is 2 MB."""
_AT_ONCE: Final = 8
_LARGEST: Final = 16 * 1024 * 1024
"""Bytes of an answer that are read."""
_HOPS: Final = 3
"""Redirects on the same host that are followed: a repository may have been renamed."""
_KINDS: Final = (("models", ""), ("datasets", "datasets/"))
"""What a repository may be: its part of the API's path, and of a file's."""


class _Token:
    """A token, which no representation shows."""

    __slots__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value = value

    def headers(self) -> dict[str, str]:
        """Return what shows it to the Hub."""
        return {"Authorization": f"Bearer {self.value}"} if self.value else {}


class _Response(NamedTuple):
    """What the Hub said."""

    cause: Cause | None
    body: Mapping[str, Any]


async def ask_hub(
    asking: Asking, questions: Collection[Question], allowed: Collection[str], progress: Callable[[str], None]
) -> dict[Question, Answer]:
    """Return the answers; a question whose token cannot be had has none.

    Args:
        asking: Reads Secrets, and writes down which may not be read.
        questions: What is asked.
        allowed: Endpoints that a token may be sent to.
        progress: Told how far it is.
    """
    async with _Hub(asking, allowed) as hub:
        answers: dict[Question, Answer] = {}

        async def one(question: Question) -> None:
            answer = await hub.answer(question)
            if answer is not None:
                answers[question] = answer
            progress(f"the Hub ({len(answers)} of {len(questions)})")

        await asyncio.gather(*(one(question) for question in sorted(questions)))
        return answers


class _Hub:
    """The Hub and its mirrors, during one run."""

    def __init__(self, asking: Asking, allowed: Collection[str]) -> None:
        self._asking = asking
        self._allowed = allowed
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._clients: dict[str, httpx.AsyncClient] = {}
        self._tokens: dict[tuple[str, str, str], asyncio.Task[_Token | None]] = {}
        self._away: dict[str, Answer] = {}
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def answer(self, question: Question) -> Answer | None:
        """Return what comes of a question; None where there is nothing to ask with."""
        if question.endpoint not in self._allowed:
            return None
        place = (question.namespace, question.secret, question.key)
        if place not in self._tokens:
            self._tokens[place] = asyncio.create_task(self._token(*place))
        token = await self._tokens[place]
        if token is None:
            return None
        async with self._slots:
            if question.endpoint in self._away:
                return self._away[question.endpoint]
            try:
                async with asyncio.timeout(_SECONDS):
                    return await self._asked(await self._client(question.endpoint), question, token)
            except (TimeoutError, httpx.TimeoutException):
                answer = Answer(Cause.NETWORK, said=f"no answer within {_SECONDS:g} s")
            except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
                answer = _unreachable(error)
                if isinstance(error, httpx.ConnectError | httpx.ProxyError | httpx.UnsupportedProtocol):
                    self._away[question.endpoint] = answer
        return answer

    async def _token(self, namespace: str, secret: str, key: str) -> _Token | None:
        """Return a token, as clients read it; None where there is none, or none that is a header."""
        if not secret:
            return _Token("")
        found = await self._asking.one(Topic.HUB, resources.SECRET, secret, namespace)
        value = read.string(read.mapping(found or {}, "data"), key)
        try:
            # huggingface_hub cuts blanks and line breaks off as well.
            text = b64decode(value).decode("ascii").strip()
        except (Error, ValueError):
            return None
        return _Token(text) if text.isprintable() and text and " " not in text else None

    async def _client(self, endpoint: str) -> httpx.AsyncClient:
        if endpoint not in self._clients:
            # A proxy of the caller's sees no token of an HTTPS request, and would see one of any other.
            self._clients[endpoint] = client = httpx.AsyncClient(
                timeout=_SECONDS,
                trust_env=endpoint.startswith("https:"),
                headers={"User-Agent": f"hf-token-injector/{__version__}"},
                limits=httpx.Limits(max_connections=_AT_ONCE),
            )
            await self._stack.enter_async_context(client)
        return self._clients[endpoint]

    async def _asked(self, client: httpx.AsyncClient, question: Question, token: _Token) -> Answer:
        """Ask what the repository holds, and then for one of its files."""
        revision = quote(question.revision, safe="")
        first: Answer | None = None
        for kind, prefix in _KINDS:
            path = f"api/{kind}/{question.repository}/revision/{revision}?blobs=true"
            said = await _request(client, "GET", f"{question.endpoint}/{path}", token)
            answer = Answer(said.cause, sizes_of(said.body), f"{said.cause or ''}")
            file = probed_file(said.body)
            if said.cause is None and file:
                place = f"{prefix}{question.repository}/resolve/{revision}/{quote(file)}"
                probed = await _request(client, "HEAD", f"{question.endpoint}/{place}", token)
                answer = answer._replace(cause=probed.cause, said=f"{probed.cause or ''}")
            if answer.cause not in {Cause.NOT_FOUND, Cause.UNAUTHENTICATED}:
                return answer
            # What is no model may be a data set; if it is neither, the first answer is the one to tell.
            first = first or answer
        return first or Answer(Cause.UNKNOWN)


async def _request(client: httpx.AsyncClient, method: str, url: str, token: _Token) -> _Response:
    """Send a request, and follow it on the same host only.

    Raises:
        httpx.HTTPError: There was no answer.
    """
    for _ in range(_HOPS):
        async with client.stream(method, url, headers=token.headers()) as response:
            location = response.headers.get("Location", "") if response.is_redirect else ""
            following = urljoin(url, location)
            if location and urlsplit(following)[:2] == urlsplit(url)[:2]:
                url = following
                continue
            headers = response.headers
            cause = judged(
                response.status_code,
                headers.get("X-Error-Code", ""),
                headers.get("X-Error-Message", ""),
                with_token=bool(token.value),
            )
            return _Response(cause, await _body(response) if method == "GET" and cause is None else {})
    return _Response(Cause.UNKNOWN, {})


async def _body(response: httpx.Response) -> Mapping[str, Any]:
    """Return an answer's object; `{}` where it is none, or too large."""
    content = b""
    async for piece in response.aiter_bytes():
        content += piece
        if len(content) > _LARGEST:
            return {}
    try:
        body = orjson.loads(content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _unreachable(error: Exception) -> Answer:
    """Return what a failed request says; its text holds no header."""
    text = redact(" ".join(str(error).split()))[:200] or type(error).__name__
    return Answer(Cause.CERTIFICATE if "CERTIFICATE_VERIFY_FAILED" in text else Cause.NETWORK, said=text)
