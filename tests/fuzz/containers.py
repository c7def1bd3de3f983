"""Fuzzes what reads containers: references, shell scripts, Python calls, tokens in clear text.

An input is a list of pieces with a record separator (0x1e) between them: a letter for what the piece is, and
its text. Most bytes are an input then, and a mutation changes a container where one of JSON would break it.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final

import yaml

from tests.core.golden import CASES
from tests.core.oracles import Situation, applied, hold
from tests.fuzz.bounds import PLANTED, ending, holds_no_token
from tests.fuzz.target import Target
from webhook.core import read
from webhook.core.decision import Decision, Request, Scope
from webhook.core.hub import HUGGING_FACE, from_uri, redact, repository
from webhook.core.knowledge import Knowledge
from webhook.core.policy.finding import Fault
from webhook.core.policy.shapes import has_token
from webhook.core.servers import SERVERS
from webhook.core.settings import Policy, PolicyAction, RepositoryPolicy, Settings
from webhook.core.validate import validate

_SEPARATOR: Final = "\x1e"
_LONG: Final = 8_000
"""Characters of a piece that is repeated: enough for what grows with the square of its input to show."""
_DENY: Final = PolicyAction.DENY
_ASK_ALL: Final = Settings(
    policy=Policy(_DENY, RepositoryPolicy(("acme/*",), (), _DENY), _DENY, _DENY, _DENY, _DENY)
)
_TOKEN: Final = HUGGING_FACE.token_variable


def check(data: bytes) -> None:
    """Assert what must hold for every container.

    Raises:
        AssertionError: It does not.
        Endless: It is not read to its end.
    """
    text = data.decode("utf-8", "replace")
    container = _container(text)
    pod = {
        "metadata": {"name": "p"},
        "spec": {
            "containers": [container],
            "volumes": [{"name": "v", "secret": {"secretName": "s"}}],
        },
    }
    request = Request("", "Pod", "CREATE", "team-a", pod, scope=Scope.ALL)
    with ending():
        decision = hold(Situation(request, Knowledge(), Settings()))
        _holds_one_token(pod, decision)
        for verdict in decision.verdicts:
            for name in verdict.repositories:
                assert name == redact(name)
                assert "…" in name or _is_a_name(name), name
        judged = validate(request, Knowledge(), _ASK_ALL)
    holds_no_token("\n".join([str(judged.denial), *judged.warnings]), text)
    _finds_what_is_a_token(container, judged)


def _is_a_name(name: str) -> bool:
    """Whether a name is one by the Hub's grammar, or by that of `hf://`, which excludes no file's ending."""
    return repository(name, bare=True) == name or from_uri(f"{HUGGING_FACE.scheme}{name}") == name


def _holds_one_token(pod: dict[str, Any], decision: Decision) -> None:
    """Assert that a container with a token keeps it, and that no other gets more than one."""
    before, after = (
        [entry["name"] for entry in found["spec"]["containers"][0].get("env", [])]
        for found in (pod, applied(pod, decision.patch))
    )
    assert after.count(_TOKEN) <= max(1, before.count(_TOKEN))
    if _TOKEN in before:
        assert decision.patch == []


def _finds_what_is_a_token(container: dict[str, Any], judged: Decision) -> None:
    """Assert that the policy finds a variable that is a token, unless it says that it did not search."""
    faults = {finding.fault for finding in judged.findings}
    paths = {finding.path for finding in judged.findings}
    for index, entry in enumerate(container["env"]):
        if has_token(entry.get("value", "")) and Fault.NOT_SEARCHED not in faults:
            assert f"/spec/containers/0/env/{index}/value" in paths


def _container(text: str) -> dict[str, Any]:
    container: dict[str, Any] = {"name": "main", "env": [], "envFrom": [], "volumeMounts": []}
    for piece in text.split(_SEPARATOR):
        if put := _PIECES.get(piece[:1]):
            put(container, piece[1:])
    return container


def _variable(container: dict[str, Any], text: str) -> None:
    name, _, value = text.partition("=")
    container["env"].append({"name": name, "value": value})


def _reference(container: dict[str, Any], text: str) -> None:
    source = {"secretKeyRef": {"name": "s", "key": "k"}}
    container["env"].append({"name": text, "valueFrom": source})


def _long(text: str) -> str:
    return (text * (_LONG // max(1, len(text)) + 1))[:_LONG]


_PIECES: Final[dict[str, Callable[[dict[str, Any], str], object]]] = {
    "i": lambda container, text: container.update(image=text),
    "n": lambda container, text: container.update(name=text),
    "c": lambda container, text: container.setdefault("command", []).append(text),
    "a": lambda container, text: container.setdefault("args", []).append(text),
    "A": lambda container, text: container.setdefault("args", []).append(_long(text)),
    "e": _variable,
    "E": lambda container, text: _variable(container, _long(text)),
    "r": _reference,
    "f": lambda container, text: container["envFrom"].append({"secretRef": {"name": "s"}, "prefix": text}),
    "m": lambda container, text: container["volumeMounts"].append({"name": "v", "mountPath": text}),
}


def seeds() -> Iterator[bytes]:
    """Yield each container of the golden tables."""
    for path in (CASES / "references.txt", *sorted((CASES / "policy").glob("*.txt"))):
        for line in path.read_text().splitlines():
            if line.startswith("{"):
                text = line.rpartition(" -> ")[0].replace("%TOKEN%", PLANTED)
                yield _SEPARATOR.join(_pieces(yaml.safe_load(text))).encode()


def _pieces(container: dict[str, Any]) -> Iterator[str]:
    """Yield what of a container has the usual shape."""
    for letter, field in (("i", "image"), ("n", "name")):
        if field in container:
            yield f"{letter}{container[field]}"
    for letter, field in (("c", "command"), ("a", "args")):
        yield from (f"{letter}{word}" for word in read.items(container, field))
    for _, entry in read.objects(container, "env"):
        name, value = entry.get("name"), entry.get("value", "")
        yield f"r{name}" if "valueFrom" in entry else f"e{name}={value}"


def _words() -> Iterator[str]:
    for server in SERVERS:
        yield from (" ".join(program) for program in server.programs)
        yield from (*server.modules, *server.flags, *server.variables)
    for tool in HUGGING_FACE.tools:
        yield from (" ".join(tool.program), *tool.token_flags)
    yield from (*HUGGING_FACE.calls, *HUGGING_FACE.token_arguments, *HUGGING_FACE.speaking)
    yield from (
        "hf://acme/model",
        "acme/model",
        "$(",
        "${",
        "$((",
        "$$",
        "<<E",
        "&&",
        "||",
        ";;",
        "`",
        "\\\n",
        "'",
        '"',
    )
    yield from (
        "for x in ",
        "do ",
        "done",
        "if ",
        "then ",
        "fi",
        "case ",
        "esac",
        "function ",
        "set -- ",
        "shift",
    )
    yield from (
        "\x1ea",
        "\x1ec",
        "\x1ee",
        "\x1eA",
        "\x1eE",
        "\x1ei",
        "\x1er",
        PLANTED,
        "sh",
        "-c",
        "python",
        "-m",
    )


CONTAINERS: Final = Target("containers", check, seeds, sorted(set(_words())), None, 4 * 1024)
