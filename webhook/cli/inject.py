"""`hf-token-injector inject`: manifests in, mutated manifests out, without a cluster."""

import copy
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import click
import jsonpatch

from webhook.cli import exits
from webhook.cli.choices import Choice
from webhook.cli.diff import unified
from webhook.cli.manifests.nodes import Json
from webhook.cli.manifests.sources import BOM
from webhook.cli.manifests.splice import SpliceError, splice
from webhook.cli.offline import Judged, Read, Run, identity, manifest_options
from webhook.cli.terminal import COLOR, colored, write

_DIRECTIVE = re.compile(r"(?:[ \t]*(?:#.*)?\r?\n)*%")
"""A text that begins with `%YAML`, which may only stand at the start or behind `...`."""

_PATCH_VERSION = 1
"""Of the shape that `--output patch` prints."""


@dataclass(frozen=True, slots=True)
class Written:
    """A document as it comes out."""

    read: Read
    value: Json
    text: str

    @property
    def changed(self) -> bool:
        """Whether something was written."""
        return any(judged.decision.patch for judged in self.read.objects)


@click.command(short_help="Write Secret references into manifests, offline.")
@manifest_options(required=True)
@click.option(
    "--output",
    "-o",
    type=Choice(["yaml", "json", "patch"]),
    default="yaml",
    show_default=True,
    help="yaml: the text as it was, only our changes in it (JSON stays JSON). json: the objects as JSON, one "
    "after another. patch: RFC 6902 patches, each with the object that it is for.",
)
@click.option("--diff", is_flag=True, help="Show the changes in place of the manifests; implies --exit-code.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 when something changed.")
@click.option("--keep-going", is_flag=True, help="Write out the good documents although others are not.")
@COLOR
@click.pass_context
def inject(  # noqa: PLR0913 - one parameter an option
    context: click.Context,
    /,
    *,
    output: str,
    diff: bool,
    exit_code: bool,
    keep_going: bool,
    color: str,
    **options: Any,  # noqa: ANN401 - those that are handed on to Run
) -> None:
    """Write the same Secret references into manifests that the webhook would add in a cluster.

    Comments, order, quotes, line breaks and whatever is not changed stay byte for byte; objects that need no
    token pass through. Nothing is written when a document is broken or refused, unless --keep-going says so;
    then the others come out.

    \b
    Exit codes:
      0    done, whether something changed or not
      1    something changed (only with --exit-code or --diff)
      2    a manifest or the command line is wrong
      3    an object is refused, as the webhook would refuse it

    \b
    Examples:
      hf-token-injector inject -f model.yaml | kubectl apply -f -
      helm template my-release ./chart | hf-token-injector inject -f - -n team-a
      hf-token-injector inject -R -f manifests/ --diff
    """  # noqa: D301 - \b keeps click from filling the lines below it
    if diff and output != "yaml":
        raise click.UsageError("--diff shows changes of text: it does not go with --output json or patch")
    run = Run(**options)
    documents = list(_written(run, as_text=output == "yaml"))
    if run.exit_code and not keep_going:
        context.exit(run.exit_code)
    if diff:
        write("".join(unified(*pair, color=colored(color)) for pair in _files(documents)))
    else:
        write({"yaml": _joined, "json": _as_json, "patch": _as_patches}[output](documents))
    changed = (diff or exit_code) and any(document.changed for document in documents)
    context.exit(run.exit_code or (exits.CHANGED if changed else 0))


def _written(run: Run, *, as_text: bool) -> Iterator[Written]:
    """Yield the documents with their changes; one that is refused or cannot be written is left out."""
    for document in run.documents():
        if document.refused:
            continue
        value = _patched(document)
        try:
            yield Written(document, value, splice(document.document, value) if as_text else "")
        except SpliceError as error:
            place = document.objects[0].manifest
            run.problem(
                f"{document.source.name}:{place.line}:{place.column}: {error}; "
                "--output json writes it as a new text"
            )


def _patched(read: Read) -> Json:
    """Return a document's value with all patches applied."""
    value = read.document.value
    if not any(judged.decision.patch for judged in read.objects):
        return value
    value = copy.deepcopy(value)
    for judged in read.objects:
        patch = jsonpatch.JsonPatch(document_patch(judged))
        value = patch.apply(value, in_place=True)
    return value


def document_patch(judged: Judged) -> list[dict[str, Any]]:
    """Return an object's patch with pointers that begin at its document."""
    prefix = "".join(f"/{key}" for key in judged.manifest.keys)
    return [{**operation, "path": prefix + operation["path"]} for operation in judged.decision.patch]


def _files(documents: Iterable[Written]) -> Iterable[tuple[str, str, str]]:
    """Yield each file's name, its text before and after."""
    for source, group in groupby(documents, key=lambda document: document.read.source):
        inside = list(group)
        before = "".join(document.read.document.text for document in inside)
        yield source.name, source.mark + before, source.mark + "".join(document.text for document in inside)


def _joined(documents: Sequence[Written]) -> str:
    """Return all texts in one stream, a document marker between files that do not begin with one."""
    stream = ""
    for _, _, text in _files(documents):
        if stream and not stream.endswith("\n"):
            stream += "\n"
        if stream.strip() and not text.startswith("---"):
            stream += "...\n" if _DIRECTIVE.match(text) else "---\n"
        stream += text if not stream else text.removeprefix(BOM)
    return stream


def _as_json(documents: Sequence[Written]) -> str:
    """Return the documents as JSON values, one after another, as jq and kubectl read them."""
    values = [document.value for document in documents if document.value is not None]
    return "".join(json.dumps(value, indent=2, ensure_ascii=not _encodes(value)) + "\n" for value in values)


def _encodes(value: Json) -> bool:
    """Return whether UTF-8 can hold all strings of a value: JSON can spell half a surrogate pair."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _as_patches(documents: Sequence[Written]) -> str:
    """Return the patches of all objects that change."""
    objects = [
        {**identity(document.read.source, judged), "patch": judged.decision.patch}
        for document in documents
        for judged in document.read.objects
        if judged.decision.patch
    ]
    return json.dumps({"version": _PATCH_VERSION, "objects": objects}, indent=2) + "\n"
