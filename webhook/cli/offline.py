"""What `inject` and `explain` share: their options, and manifests read and decided about."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import click

from webhook.cli import exits
from webhook.cli.choices import Choice
from webhook.cli.manifests.documents import Document, read
from webhook.cli.manifests.objects import Manifest, manifests
from webhook.cli.manifests.sources import Source, SourceError, find, load
from webhook.cli.patched import patched
from webhook.cli.settings_file import load as load_settings
from webhook.cli.terminal import tell
from webhook.core.admit import admit
from webhook.core.decision import Decision, Operation, Request, Scope
from webhook.core.hub import redact
from webhook.core.knowledge import Knowledge, Namespace
from webhook.core.names import INJECT, InjectMode
from webhook.core.reasons import Outcome
from webhook.core.settings import Settings
from webhook.core.spelt import of_another_prefix
from webhook.core.validate import of_its_pods, validate

_DEFAULT_NAMESPACE: Final = "default"


def _pairs(_context: click.Context, option: click.Parameter, values: Sequence[str]) -> dict[str, str]:
    """Read `KEY=VALUE` options."""
    for value in values:
        if not value.partition("=")[0] or "=" not in value:
            raise click.BadParameter(f"{value!r} is not KEY=VALUE", param=option)
    return {key: word for key, _, word in (value.partition("=") for value in values)}


_OPTIONS: Final = (
    click.option("--recursive", "-R", is_flag=True, help="Look into the folders below as well."),
    click.option(
        "--namespace",
        "-n",
        metavar="NAME",
        help='Namespace of all objects; without it each one\'s own, or "default".',
    ),
    click.option(
        "--namespace-annotation",
        "annotations",
        metavar="KEY=VALUE",
        multiple=True,
        callback=_pairs,
        help="Annotation of the Namespace, such as hf-token-injector.io/secret=NAME. Repeatable. "
        "Namespace objects among the manifests give theirs without being told.",
    ),
    click.option(
        "--inject-mode",
        "mode",
        type=Choice([str(mode) for mode in InjectMode]),
        default=str(InjectMode.ALL),
        show_default=True,
        help=f"What the Namespace's label {INJECT} says: a manifest does not show whether KServe runs its "
        "Pods, so that all of them are looked at unless told otherwise.",
    ),
    click.option(
        "--config",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="The platform's settings, as the webhook reads them. The environment is not read: "
        "the same command gives the same answer everywhere.",
    ),
)


def _filenames(*, required: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(
        "--filename",
        "-f",
        "filenames",
        metavar="FILE|DIR|-",
        multiple=True,
        required=required,
        type=click.Path(allow_dash=True),
        help="Manifests: a file, a folder of .yaml, .yml and .json files, or - for standard input. "
        "Repeatable.",
    )


def manifest_options(*, required: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options that `Run` is made of.

    Args:
        required: Whether there must be manifests.
    """

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed((_filenames(required=required), *_OPTIONS)):
            command = option(command)
        return command

    return decorate


@dataclass(frozen=True, slots=True)
class Judged:
    """An object and what was decided about it."""

    manifest: Manifest
    namespace: str
    decision: Decision
    policy: Decision
    """What the platform's policy has against the object as it would be stored."""

    @property
    def denial(self) -> str | None:
        """Why it would be refused, or None."""
        return self.decision.denial or self.policy.denial


@dataclass(frozen=True, slots=True)
class Read:
    """A document, its objects and the file that it is from."""

    source: Source
    document: Document
    objects: list[Judged]

    @property
    def refused(self) -> bool:
        """Whether one of the objects would be denied."""
        return any(judged.denial is not None for judged in self.objects)


@dataclass(slots=True)
class Run:
    """Manifests on their way through a command.

    Attributes:
        filenames, recursive, namespace, annotations, mode, config: As the options say.
        exit_code: The worst of what was met so far: an error beats a refusal.
    """

    filenames: Sequence[str]
    recursive: bool
    namespace: str | None
    annotations: Mapping[str, str]
    mode: str
    config: Path | None
    exit_code: int = 0

    def documents(self) -> list[Read]:
        """Read everything and decide about every object; what is broken is told and left out."""
        settings, known = self._settings()
        found = [
            (source, document, manifests(document))
            for source in self._load()
            for document in self._read(source)
        ]
        known |= _declared(manifest for _, _, inside in found for manifest in inside)
        return [
            Read(source, document, [self._judge(source, manifest, known, settings) for manifest in inside])
            for source, document, inside in found
        ]

    def problem(self, message: str, code: int = exits.ERROR) -> None:
        """Tell what is wrong and remember it for the exit code."""
        tell(message)
        self.exit_code = code if self.exit_code != exits.ERROR else exits.ERROR

    def _settings(self) -> tuple[Settings, dict[str, Namespace]]:
        """Return the platform's settings and the Namespaces that they describe."""
        if self.config is None:
            return Settings(), {}
        loaded = load_settings(self.config)
        return loaded.settings, dict(loaded.knowledge.namespaces)

    def _load(self) -> Iterator[Source]:
        """Yield every text that can be read."""
        try:
            for name in find(self.filenames, recursive=self.recursive):
                try:
                    yield load(name)
                except SourceError as error:
                    self.problem(str(error))
        except SourceError as error:
            self.problem(str(error))

    def _read(self, source: Source) -> Iterator[Document]:
        """Yield the documents of a text that are not broken."""
        for document in read(source.text, prefer_json=source.name.endswith(".json")):
            if document.error is None:
                yield document
            else:
                line, column = document.place(document.error.offset)
                self.problem(f"{source.name}:{line}:{column}: {document.error.message}")

    def _judge(
        self, source: Source, manifest: Manifest, known: Mapping[str, Namespace], settings: Settings
    ) -> Judged:
        """Decide about one object, and tell what its owner should know."""
        name = self.namespace or manifest.namespace or _DEFAULT_NAMESPACE
        annotations = known[name].annotations if name in known else {}
        namespace = Namespace(labels={INJECT: self.mode}, annotations={**annotations, **self.annotations})
        request = Request(
            manifest.group,
            manifest.kind,
            Operation.CREATE,
            name,
            manifest.object,
            scope=Scope.KSERVE if self.mode == InjectMode.ENABLED else Scope.ALL,
        )
        knowledge = Knowledge({name: namespace})
        decision = admit(request, knowledge, settings)
        decision.warnings += of_another_prefix(manifest.group, manifest.kind, manifest.object)
        # An object that is refused already is asked about no more, as in the cluster.
        final = replace(request, object=patched(manifest.object, decision))
        policy = validate(final, knowledge, settings) if decision.allowed else Decision(Outcome.DENIED)
        if policy.outcome is Outcome.KIND_NOT_HANDLED:
            policy = of_its_pods(final, settings)
        judged = Judged(manifest, name, decision, policy)
        place = f"{source.name}:{manifest.line}"
        for warning in dict.fromkeys([*decision.warnings, *policy.warnings]):
            tell(f"{place}: warning: {title(manifest)}: {warning}")
        if judged.denial is not None:
            self.problem(f"{place}: refused: {title(manifest)}: {judged.denial}", exits.REFUSED)
        return judged


def title(manifest: Manifest) -> str:
    """Return what people call an object."""
    return redact(f"{manifest.kind} {manifest.name or '(no name)'}")


def identity(source: Source, judged: Judged) -> dict[str, Any]:
    """Return what tells an object from all others, for the JSON outputs."""
    manifest = judged.manifest
    return {
        "file": source.name,
        "line": manifest.line,
        "apiVersion": manifest.api_version,
        "kind": manifest.kind,
        "namespace": redact(judged.namespace),
        "name": redact(manifest.name),
    }


def _declared(found: Iterator[Manifest]) -> dict[str, Namespace]:
    """Return the Namespaces among the manifests: their annotations choose Secrets, as in the cluster."""
    namespaces = {}
    for manifest in found:
        if (manifest.group, manifest.kind) != ("", "Namespace"):
            continue
        metadata = manifest.object.get("metadata")
        annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
        texts = annotations.items() if isinstance(annotations, dict) else ()
        namespaces[manifest.name] = Namespace(
            annotations={key: value for key, value in texts if isinstance(value, str)}
        )
    return namespaces
