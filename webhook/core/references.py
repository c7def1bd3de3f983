"""What a container asks the Hub for: evidence from its command, its arguments and its variables."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from webhook.core import caps, read
from webhook.core.arguments import Arguments, Named, parse, repositories
from webhook.core.calls import calls
from webhook.core.caps import OverCapError
from webhook.core.commands import simple_commands
from webhook.core.evidence import Budget, Evidence
from webhook.core.hub import HUGGING_FACE, Hub, Tool, from_uri, repository, revision_of
from webhook.core.programs import (
    SHELLS,
    SILENT,
    TRANSPARENT,
    basename,
    known,
    started,
    starts,
    wrapped,
)
from webhook.core.reasons import Reason
from webhook.core.servers import REMOTE_CODE_FLAGS, REMOTE_CODE_VARIABLE, REVISIONS, Server, Takes, by_image
from webhook.core.variables import Environment

_HUB_URI, _MODEL_FLAG, _DOWNLOAD_TOOL = Reason.HUB_URI, Reason.MODEL_FLAG, Reason.DOWNLOAD_TOOL
_PYTHON_CALL, _MODEL_VARIABLE = Reason.PYTHON_CALL, Reason.MODEL_VARIABLE
"""Looked up once: a member of an enum costs 0.2 µs (CPython 3.11), and this is on the path of every Pod."""

_URIS = {
    HUGGING_FACE.scheme: re.compile(
        rf"(?<![\w+.:/-]){re.escape(HUGGING_FACE.scheme)}[^\s\"'`,;|&<>(){{}}\[\]\\]{{1,300}}"
    )
}
_REMOTE_CODE = re.compile(
    rf"(?<!\w){HUGGING_FACE.remote_code_argument}[\"'\\]{{0,3}}\s{{0,4}}[=:]\s{{0,4}}(?:[Tt]rue|1)\b"
)
_NAME = re.compile(r"[\w./@-]")
"""What a repository's name in a longer word may not stand next to: it would be part of a path."""


class _Reader(Evidence):
    """Reads one container."""

    __slots__ = ()

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
            if "$(" in text or "$$" in text:
                argv = [self.environment.kubernetes(word) for word in argv]
                text = "\n".join(argv)
            server = self._argv(argv, server, has_command=bool(command))
            if "(" in text:
                self._calls(text)
            if self.hub.remote_code_argument in text and _REMOTE_CODE.search(text):
                self.remote_code = self.remote_code or f"{self.hub.remote_code_argument}=True"
        self.server = server
        self._variables(server)

    def _capped(self, argv: list[str], budget: Budget) -> list[str]:
        """Return the words without those over a cap."""
        kept: list[str] = []
        left = budget.left
        for word in argv:
            left -= len(word) + 1
            if len(word) > caps.STRING:
                self.unread = f"one of its arguments is longer than {caps.STRING // 1024} KiB"
            elif left < 0:
                self.unread = budget.spent
                break
            else:
                kept.append(word)
        return kept

    def _argv(self, argv: list[str], server: Server | None, *, has_command: bool) -> Server | None:
        """Read what the container runs; return the server that it is."""
        program = "" if "://" in argv[0] else basename(argv[0])
        if program in SILENT:
            return None
        start = 0 if known(program) or program in TRANSPARENT else wrapped(argv)
        if start is not None:
            # A shell runs what its script says; another program that we know runs itself, whatever the image.
            return self._commands(argv) or (None if basename(argv[start]) in SHELLS else server)
        if server is not None:
            self._server(server, argv[1:] if has_command else argv)
        else:
            self._unknown(argv[1:] if has_command else argv)
        return server

    def _commands(self, argv: Sequence[str]) -> Server | None:
        """Read every command that is run; return the last server that was started."""
        server: Server | None = None
        for words in simple_commands(argv, self.environment):
            server = self._command(words) or server
        return server

    def _command(self, words: list[str]) -> Server | None:
        server: Server | None = None
        if known(basename(words[0])):
            for tool in self.hub.tools:
                if starts(words, tool.program):
                    self._tool(tool, words[len(tool.program) :])
                    return None
            server, rest = started(words)
            if server is not None:
                self._server(server, rest)
                return server
        self._unknown(words[1:])
        for word in words[1:]:
            if "(" in word:
                self._calls(word)
        return None

    def _server(self, server: Server, words: Sequence[str]) -> None:
        """Read a server's flags; a flag that is repeated has its last value, as argparse has it."""
        arguments = parse(words, server.flags)
        last = dict(arguments.flags)
        flags = server.flags
        if server.positional and arguments.positionals:
            for named in repositories(Takes.GGUF, arguments.positionals[:1]):
                subject = f"the model argument of {server.name}"
                self.found(_MODEL_FLAG, subject, named.repository, self._revision(server, "", last, named))
            if words[0] is arguments.positionals[0]:
                # vLLM (cli/serve.py): a model given as a positional argument takes precedence.
                last.pop("--model", None)
        for flag, takes in flags.items():
            if flag in last:
                for named in repositories(takes, last[flag]):
                    subject = f"{flag} of {server.name}"
                    self.found(
                        _MODEL_FLAG, subject, named.repository, self._revision(server, flag, last, named)
                    )
        for flag in last:
            if flag in server.token_flags:
                self.brings_token(flag, last[flag][:1])
            elif flag in server.remote_code_flags:
                self.lets_code_run(flag, last[flag][:1])
        self._uris(arguments.others)

    def _revision(self, server: Server, flag: str, last: Mapping[str, Sequence[str]], named: Named) -> str:
        """Return the revision of what a flag names: beside it, by a flag of its own, or by a variable."""
        if named.revision:
            return named.revision
        flags = REVISIONS.get(flag, ())
        for revision_flag in flags:
            if values := last.get(revision_flag):
                return values[0].strip("\"'")
        return (flags and server.revision_variable and self.environment.get(server.revision_variable)) or ""

    def _tool(self, tool: Tool, words: Sequence[str]) -> None:
        """Read a download tool's command line."""
        arguments = parse(words, switches=tool.switches)
        said = " ".join(tool.program)
        if not tool.login and arguments.positionals:
            name = arguments.positionals[0]
            values = dict(arguments.flags).get(tool.revision_flag) or [revision_of(name, self.hub)]
            found = repository(name, bare=True) or from_uri(name, self.hub)
            self.found(_DOWNLOAD_TOOL, said, found, values[0])
        for flag, values in arguments.flags:
            if flag in tool.token_flags:
                self.brings_token(f"{said} {flag}", values[:1])

    def _unknown(self, words: Sequence[str]) -> None:
        """Read the arguments of a program that we do not know: URIs, and variables that name models."""
        used = self.environment.used or self.environment.referred
        if not used and "--" not in " ".join(words):
            self._uris(words)
            return
        arguments = parse(words)
        for flag, values in arguments.flags:
            if flag in self.hub.token_flags:
                self.brings_token(flag, values[:1])
            elif flag in REMOTE_CODE_FLAGS:
                self.lets_code_run(flag, values[:1])
        if used:
            self._referred(arguments)
        self._uris(arguments.others)

    def _referred(self, arguments: Arguments) -> None:
        """Read the variables that a command refers to, and that usually name a model."""
        environment = self.environment
        for name in sorted(self.hub.general_variables & (environment.used | environment.referred)):
            value = repository(environment.get(name) or "")
            if value and any(_stands_in(value, word) for word in arguments.others):
                self.found(_MODEL_VARIABLE, name, value)

    def _uris(self, words: Sequence[str]) -> None:
        scheme = self.hub.scheme
        for word in words:
            if scheme not in word:
                continue
            if name := from_uri(word, self.hub):
                self.found(_HUB_URI, name, name, revision_of(word, self.hub))
                continue
            for uri in _URIS[scheme].findall(word):
                if name := from_uri(uri, self.hub):
                    self.found(_HUB_URI, name, name, revision_of(uri, self.hub))

    def _calls(self, text: str) -> None:
        """Read Python calls, wherever in a string they stand."""
        for call in calls(text, self.environment, self.hub):
            self.found(_PYTHON_CALL, call.function, call.repository, call.revision)
            if call.token:
                self.token_argument = self.token_argument or f"{call.token}= of {call.function}"

    def _variables(self, server: Server | None) -> None:
        """Read the variables: URIs in any, ids in those that only the Hub or this server uses."""
        environment, scheme = self.environment, self.hub.scheme
        entries = environment.entries
        for name, entry in entries.items():
            value = entry.get("value")
            if type(value) is str and value.startswith(scheme) and not _is_data(name):
                resolved = environment.literals()[name]
                uri = from_uri(resolved, self.hub)
                self.found(_HUB_URI, uri or "", uri, revision_of(resolved, self.hub))
            elif name.endswith(REMOTE_CODE_VARIABLE):
                self.lets_code_run(name, [environment.literals()[name]])
        variables = self.hub.model_variables
        for name in entries if not variables.isdisjoint(entries) else ():
            if name in variables:
                self.found(
                    _MODEL_VARIABLE,
                    name,
                    repository(environment.literals()[name], bare=name in self.hub.id_variables),
                    environment.get(self.hub.revision_variable) or "",
                )
        if server is None:
            return
        for name, takes in server.variables.items():
            if name in entries:
                for named in repositories(takes, [environment.literals()[name]]):
                    revision = named.revision or environment.get(server.revision_variable) or ""
                    self.found(_MODEL_VARIABLE, name, named.repository, revision)


def _is_data(variable: str) -> bool:
    """Whether a variable names a data set, or a model as clients call it."""
    return "DATASET" in variable or "SERVED" in variable


def _stands_in(value: str, word: str) -> bool:
    """Whether a repository stands in a word as a value of its own, and not as a part of a path."""
    position = word.find(value)
    while position >= 0:
        end = position + len(value)
        if not _NAME.fullmatch(word[position - 1 : position]) and not _NAME.fullmatch(word[end : end + 1]):
            return True
        position = word.find(value, end)
    return False


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
    environment.steps = budget.steps
    seen = _Reader(environment, hub)
    try:
        seen.read(container, budget, hinted)
    except OverCapError as error:
        seen.unread = str(error)
    return seen
