"""What a container asks the Hub for: evidence from its command, its arguments and its variables."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from webhook.core import caps, read
from webhook.core.arguments import Arguments, parse, repositories
from webhook.core.commands import simple_commands
from webhook.core.hub import HUGGING_FACE, Hub, Tool, from_uri, redact, repository
from webhook.core.reasons import Reason
from webhook.core.programs import SHELLS, SILENT, basename, known, started, starts, wrapped
from webhook.core.servers import Server, Takes, by_image
from webhook.core.variables import Environment, OverCapError


_HUB_URI = Reason.HUB_URI
"""Looking up a member of an enum costs 0.2 µs (CPython 3.11); this one is on the path of every Pod."""


class Reference(NamedTuple):
    """One repository that a container names."""

    reason: Reason
    subject: str
    repository: str


class Budget:
    """How much of an object may still be read, in characters."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = caps.OBJECT


class _Calls:
    """The patterns that find a hub's Python calls and URIs; bounded, so that no input takes long."""

    def __init__(self, hub: Hub) -> None:
        names = "|".join(hub.calls)
        self.call = re.compile(
            rf"(?<!\w)({names})\s{{0,8}}\(([^()]{{0,1000}}(?:\([^()]{{0,200}}\)[^()]{{0,1000}}){{0,4}})"
        )
        self.literal = re.compile(
            r"""\s{0,200}(?:(repo_id|pretrained_model_name_or_path|path)\s{0,8}=\s{0,8})?[rbuf]{0,2}\\?(["'])(
            [^"'\n\\]{1,200})\\?\2."""
        )
        self.keyword = re.compile(r"""\brepo_id\s{0,8}=\s{0,8}[rbuf]{0,2}\\?(["'])([^"'\n\\]{1,200})\\?\1""")
        self.token = re.compile(rf"\b({'|'.join(hub.token_arguments)})\s{{0,8}}=\s{{0,8}}([^,)\n]{{1,200}})")
        self.environ = re.compile(r"""(?:environ(?:\.get)?\s{0,8}[\[(]|getenv\()\s{0,8}\\?["'](\w{1,128})""")
        self.uri = re.compile(rf"(?<![\w+.:/-]){re.escape(hub.scheme)}[^\s\"'`,;|&<>(){{}}\[\]]{{1,300}}")


_PATTERNS = {HUGGING_FACE.scheme: _Calls(HUGGING_FACE)}


class Evidence:
    """All that was found in one container.

    Attributes:
        references: What it asks for, the one downloaded first in front.
        token_argument: The flag, call or command that brings a token of its own, or "".
        server: The server that runs, where one was recognised.
        unread: Why something was not read, or "".
    """

    __slots__ = ("environment", "hub", "references", "server", "token_argument", "unread")

    def __init__(self, environment: Environment, hub: Hub) -> None:
        self.environment = environment
        self.hub = hub
        self.references: list[Reference] = []
        self.token_argument = ""
        self.server: Server | None = None
        self.unread = ""

    def found(self, reason: Reason, subject: str, name: str | None) -> None:
        """Add a reference, unless there is no repository or it is known."""
        if name is not None and not any(name == reference.repository for reference in self.references):
            self.references.append(Reference(reason, redact(subject), redact(name)))

    def read(self, container: Mapping[str, Any], budget: Budget, hinted: Server | None) -> None:
        """Read the command, then the variables, in the order in which things are downloaded."""
        command = container.get("command")
        argv = read.strings(container, "args")
        if command:
            argv = read.strings(container, "command") + argv
        text = "\n".join(argv)
        if len(text) > caps.STRING or len(text) > budget.left:
            argv = self._capped(argv, budget)
            text = "\n".join(argv)
        budget.left -= len(text)
        image = container.get("image")
        server = hinted or (by_image(image) if type(image) is str and len(image) < caps.IMAGE else None)
        if argv:
            if "$(" in text:
                argv = [self.environment.kubernetes(word) for word in argv]
            server = self._argv(argv, server, has_command=bool(command))
            if "(" in text:
                self._calls(text)
        self.server = server
        self._variables(server)

    def _capped(self, argv: list[str], budget: Budget) -> list[str]:
        """Return the words without those over a cap."""
        kept: list[str] = []
        left = budget.left
        for word in argv:
            left -= len(word)
            if len(word) > caps.STRING:
                self.unread = f"one of its arguments is longer than {caps.STRING // 1024} KiB"
            elif left < 0:
                self.unread = f"the object's strings are longer than {caps.OBJECT // 1024} KiB together"
                break
            else:
                kept.append(word)
        return kept

    def _argv(self, argv: list[str], server: Server | None, *, has_command: bool) -> Server | None:
        """Read what the container runs; return the server that it is."""
        program = basename(argv[0])
        if known(program):
            # A shell runs what its script says; another program that we know runs itself, whatever the image.
            return self._commands(argv) or (None if program in SHELLS else server)
        if program in SILENT:
            return None
        if server is None and (start := wrapped(argv)) is not None:
            return self._commands(argv[start:])
        rest = argv[1:] if has_command else argv
        if server is not None:
            self._server(server, rest)
            self._uris(rest, ())
        else:
            self._unknown(rest)
        return server

    def _commands(self, argv: Sequence[str]) -> Server | None:
        """Read every command that is run; return the last server that was started."""
        server: Server | None = None
        for words in simple_commands(argv, self.environment):
            server = self._command(words) or server
            self.environment.used.clear()
        return server

    def _command(self, words: list[str]) -> Server | None:
        name = basename(words[0])
        if name in SILENT:
            return None
        start = 0 if known(name) else wrapped(words)
        if start is None:
            self._unknown(words[1:])
            return None
        if start and basename(words[start]) in SHELLS:
            return self._commands(words[start:])
        words = words[start:]
        for tool in self.hub.tools:
            if starts(words, tool.program):
                self._tool(tool, words[len(tool.program) :])
                return None
        server, rest = started(words)
        if server is None:
            self._unknown(words[1:])
        else:
            self._server(server, rest)
            self._uris(rest, ())
        return server

    def _server(self, server: Server, words: Sequence[str]) -> None:
        """Read a server's flags; a flag that is repeated has its last value, as argparse has it."""
        arguments = parse(words, server.flags)
        last = dict(arguments.flags)
        if server.positional and arguments.positionals and (words := arguments.positionals[:1]):
            for name in repositories(Takes.GGUF, words):
                self.found(Reason.MODEL_FLAG, f"the model argument of {server.name}", name)
        for flag, takes in server.flags.items():
            for name in repositories(takes, last.get(flag, ())):
                self.found(Reason.MODEL_FLAG, f"{flag} of {server.name}", name)
        for flag in server.token_flags & last.keys():
            self._brings_token(flag, last[flag][:1])

    def _tool(self, tool: Tool, words: Sequence[str]) -> None:
        """Read a download tool's command line."""
        arguments = parse(words)
        said = " ".join(tool.program)
        if not tool.login and arguments.positionals:
            name = arguments.positionals[0]
            self.found(Reason.DOWNLOAD_TOOL, said, repository(name, bare=True))
        for flag, values in arguments.flags:
            if flag in tool.token_flags:
                self._brings_token(f"{said} {flag}", values[:1])

    def _unknown(self, words: Sequence[str]) -> None:
        """Read the arguments of a program that we do not know: URIs, and variables that name models."""
        arguments: Arguments | None = None
        if self.environment.used:
            arguments = parse(words)
            for name in sorted(self.hub.general_variables & self.environment.used):
                value = repository(self.environment.get(name) or "")
                if value and any(value in word for word in words if word not in arguments.names):
                    self.found(Reason.MODEL_VARIABLE, name, value)
        self._uris(words, arguments.names if arguments else ())

    def _uris(self, words: Sequence[str], names: Sequence[str] | set[str]) -> None:
        for word in words:
            if self.hub.scheme not in word or word in names:
                continue
            if name := from_uri(word, self.hub):
                self.found(_HUB_URI, name, name)
                continue
            for uri in _PATTERNS[self.hub.scheme].uri.findall(word):
                if name := from_uri(uri, self.hub):
                    self.found(_HUB_URI, name, name)

    def _calls(self, text: str) -> None:
        """Read Python calls with a literal id, wherever in a string they stand."""
        for call in _PATTERNS[self.hub.scheme].call.finditer(text):
            function, inside = call.groups()
            only_ids = self.hub.calls[function]
            name: str | None = None
            if literal := _PATTERNS[self.hub.scheme].literal.match(inside):
                name = repository(literal[3], bare=only_ids or literal[1] == "repo_id")
            elif keyword := _PATTERNS[self.hub.scheme].keyword.search(inside):
                name = repository(keyword[2], bare=True)
            elif environ := _PATTERNS[self.hub.scheme].environ.match(inside.lstrip().removeprefix("os.")):
                name = repository(self.environment.get(environ[1]) or "")
            if name is None:
                continue
            self.found(Reason.PYTHON_CALL, function, name)
            if argument := _PATTERNS[self.hub.scheme].token.search(inside):
                value = argument[2].strip()
                if value not in {"None", "True"}:
                    self._brings_token(f"{argument[1]}= of {function}", [value])

    def _variables(self, server: Server | None) -> None:
        """Read the variables: URIs in any, ids in those that only the Hub or this server uses."""
        entries = self.environment.entries
        scheme = self.hub.scheme
        for name, entry in entries.items():
            value = entry.get("value")
            if (
                type(value) is str
                and value.startswith(scheme)
                and "DATASET" not in name
                and "SERVED" not in name
            ):
                uri = from_uri(self.environment.literals()[name], self.hub)
                if uri is not None:
                    self.found(Reason.HUB_URI, uri, uri)
        if not self.hub.model_variables.isdisjoint(entries):
            for name in entries:
                if name in self.hub.model_variables:
                    self.found(
                        Reason.MODEL_VARIABLE, name, repository(self.environment.literals()[name], bare=True)
                    )
        if server is not None:
            for name, takes in server.variables.items():
                if name in entries:
                    for found in repositories(takes, [self.environment.literals()[name]]):
                        self.found(Reason.MODEL_VARIABLE, name, found)

    def _brings_token(self, subject: str, values: Sequence[str]) -> None:
        """Note a token of the container's own, unless it is the very variable that we would inject."""
        ours = self.hub.token_variable
        for value in values:
            if not value or (ours in value and self.environment.get(ours) is None):
                continue
            self.token_argument = self.token_argument or subject


def evidence(
    container: Mapping[str, Any],
    environment: Environment,
    budget: Budget,
    hinted: Server | None = None,
    hub: Hub = HUGGING_FACE,
) -> Evidence:
    """Read a container for what it asks the Hub.

    Args:
        container: A `core/v1` Container, raw, or an InferenceService's `model`.
        environment: Its variables.
        budget: How much of the object may still be read.
        hinted: The server that KServe will run it with, where the container does not say.
        hub: Whose names to look for.
    """
    seen = Evidence(environment, hub)
    try:
        seen.read(container, budget, hinted)
    except OverCapError as error:
        seen.unread = str(error)
    return seen
