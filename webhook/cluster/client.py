"""A small client of the API server: one request, one answer, a time limit.

On httpx: measured in the server's process, its import costs 50 ms and 1.4 MB, that of lightkube 350 ms and
5.8 MB, and of either we would use a handful of requests.
"""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, asynccontextmanager
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

import httpx
import orjson

from webhook import __version__
from webhook.cluster.access import Access, AccessError, Identification
from webhook.cluster.memory_file import memory_file

REQUEST_SECONDS: Final = 5.0
"""How long a request may take, with connecting and reading. API servers promise 1 s for 99 % of such requests
(https://github.com/kubernetes/community/blob/master/sig-scalability/slos/slos.md), and the six requests of a
rotation's step must fit into the 30 s that count as watching."""

_PART: Final = 0.9
"""The part of a request's time that connecting may take, and each read. It ends before the whole does, as
httpcore leaks a connection that is cancelled from outside during its TLS handshake."""

_IDLE_SECONDS: Final = 30.0
"""How long an idle connection is kept: shorter than load balancers in front of API servers do."""


_JSON: Final = "application/json"
_LONGEST: Final = 300
"""Characters of an API server's message that go into a sentence."""


class NoAnswerError(Exception):
    """The API server did not answer; the text is one sentence without a credential."""


class StatusError(NoAnswerError):
    """The API server answered that it will not."""

    def __init__(self, server: str, answer: "Answer") -> None:
        super().__init__(f"{server} answers {answer.status}{_said(answer)}")
        self.status = answer.status


class Answer(NamedTuple):
    """A response, read to its end; `body` is `{}` where it is no JSON object."""

    status: int
    body: Mapping[str, Any]


class Client:
    """Talks to one API server. Connections are kept; to be used as an asynchronous context manager."""

    def __init__(self, access: Access, *, seconds: float = REQUEST_SECONDS) -> None:
        """Prepare; nothing is read or opened before the first request.

        Args:
            access: The way to the API server.
            seconds: How long a request may take.
        """
        self._access = access
        self._seconds = seconds
        self._http: httpx.AsyncClient | None = None
        self._made_for = Identification()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close all connections."""
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()

    async def request(  # noqa: PLR0913 - an HTTP request has as many parts
        self,
        method: str,
        path: str,
        *,
        parameters: Mapping[str, str] | None = None,
        content: bytes | None = None,
        content_type: str = _JSON,
        accept: str = _JSON,
    ) -> Answer:
        """Send one request and return the answer, whatever its status.

        Raises:
            NoAnswerError: There was none in time, or the credentials cannot be read. Whether the API server
                did what it was asked is unknown.
        """
        try:
            async with asyncio.timeout(self._seconds):
                http, headers = await self._ready()
                response = await http.request(
                    method,
                    path,
                    params=parameters,
                    content=content,
                    headers={**headers, "Content-Type": content_type, "Accept": accept},
                    extensions=self._extensions,
                )
        except AccessError as error:
            raise NoAnswerError(f"{error}") from None
        except (TimeoutError, httpx.TimeoutException):
            raise NoAnswerError(f"{self._access.server} did not answer within {self._seconds:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise self._unreachable(error) from None
        return Answer(response.status_code, _parsed(response))

    async def get(
        self, path: str, *, parameters: Mapping[str, str], accept: str = _JSON
    ) -> Mapping[str, Any]:
        """Return what is there.

        Raises:
            StatusError: It answers something else.
            NoAnswerError: There was no answer.
        """
        answer = await self.request("GET", path, parameters=parameters, accept=accept)
        if answer.status != httpx.codes.OK:
            raise self.refusal(answer)
        return answer.body

    def refusal(self, answer: Answer) -> StatusError:
        """Return an answer that is none of those hoped for, to be raised."""
        return StatusError(self._access.server, answer)

    @asynccontextmanager
    async def lines(
        self, path: str, *, parameters: Mapping[str, str], seconds: float, accept: str = _JSON
    ) -> AsyncGenerator[AsyncGenerator[bytes, None], None]:
        """Have an answer that goes on, as a watch does; yields its lines until the API server ends it.

        Args:
            path: Of the resource.
            parameters: Of the query.
            seconds: How long no line may come before the connection counts as dead.
            accept: What the answer may be.

        Raises:
            StatusError: It answers something else.
            NoAnswerError: It cannot be reached any more.
        """
        try:
            http, headers = await self._ready()
            async with http.stream(
                "GET",
                path,
                params=parameters,
                headers={**headers, "Accept": accept},
                timeout=httpx.Timeout(self._seconds * _PART, read=seconds),
                extensions=self._extensions,
            ) as response:
                if response.status_code != httpx.codes.OK:
                    await response.aread()
                    answer = Answer(response.status_code, _parsed(response))
                    raise StatusError(self._access.server, answer)
                async with aclosing(_lines(response)) as lines:
                    yield lines
        except AccessError as error:
            raise NoAnswerError(f"{error}") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise self._unreachable(error) from None

    @property
    def _extensions(self) -> dict[str, Any] | None:
        name = self._access.server_name
        return {"sni_hostname": name} if name else None

    def _unreachable(self, error: Exception) -> NoAnswerError:
        why = " ".join(str(error).split()) or type(error).__name__
        return NoAnswerError(f"{self._access.server} cannot be reached: {why}")

    async def _ready(self) -> tuple[httpx.AsyncClient, dict[str, str]]:
        """Return a client for the credentials as they are now, and the headers that show them."""
        now = await asyncio.to_thread(self._access.identify)
        if self._http is None or now._replace(token="") != self._made_for:
            await self.close()
            self._http = httpx.AsyncClient(
                base_url=self._access.server,
                verify=_context(now),
                proxy=self._access.proxy or None,
                trust_env=False,
                timeout=self._seconds * _PART,
                headers={"User-Agent": f"hf-token-injector/{__version__}"},
                limits=httpx.Limits(max_connections=8, keepalive_expiry=_IDLE_SECONDS),
            )
            self._made_for = now._replace(token="")
        headers: dict[str, str] = {}
        if now.token:
            _check_token(now.token)
            headers["Authorization"] = f"Bearer {now.token}"
        return self._http, headers


def _context(identification: Identification) -> ssl.SSLContext:
    """Return what verifies the API server and shows it our certificate.

    Raises:
        AccessError: A certificate or key cannot be read.
    """
    try:
        context = ssl.create_default_context(
            cadata=identification.authority.decode("ascii") if identification.authority else None
        )
    except (ssl.SSLError, ValueError):
        raise AccessError("the API server's CA is no PEM certificate") from None
    # On by default since Python 3.13: many clusters' CAs have no authorityKeyIdentifier.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    if identification.certificate:
        with memory_file(identification.certificate.rstrip() + b"\n" + identification.key) as path:
            try:
                context.load_cert_chain(path, password=_no_password)
            except (ssl.SSLError, ValueError):
                raise AccessError("the client certificate or its key cannot be used") from None
    return context


def _no_password() -> str:
    """Stand in for the prompt on the terminal.

    Raises:
        AccessError: Always.
    """
    raise AccessError("the client key has a password")


def _check_token(token: str) -> None:
    """Refuse a token that is no header; httpx would quote it.

    Raises:
        AccessError: It has characters that no token has.
    """
    if not token.isascii() or not token.isprintable() or " " in token:
        raise AccessError("the token has characters that no token has")


async def _lines(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """Yield lines as they come. httpx's own would also break at U+0085, which may stand in an annotation."""
    rest = b""
    async for piece in response.aiter_bytes():
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line


def _said(answer: Answer) -> str:
    """Return what a Status of the API server says, on one line; nothing where it says nothing."""
    message = answer.body.get("message")
    return f": {' '.join(str(message).split())[:_LONGEST]}" if message else ""


def _parsed(response: httpx.Response) -> Mapping[str, Any]:
    try:
        body = orjson.loads(response.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
