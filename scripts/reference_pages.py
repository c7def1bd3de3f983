"""Write `docs/reference/` from the code's own constants; with `--check`, tell whether it is up to date.

What a constant means stands in the string below it in the source, so the pages are read from there.
"""

import ast
import inspect
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path

from scripts.generated import write_or_check
from webhook.cli.reference import markdown
from webhook.core import names
from webhook.core.hub import HUGGING_FACE
from webhook.core.kinds import KINDS
from webhook.core.policy.finding import Fault
from webhook.core.reasons import Outcome, Reason, Source
from webhook.core.servers import REMOTE_CODE_FLAGS, REMOTE_CODE_VARIABLE, REVISIONS, SERVERS
from webhook.settings import describe_settings

PAGES = Path(__file__).parent.parent / "docs" / "reference"
NOTE = "<!-- Written by scripts/reference_pages.py from the code; `make docs` writes it anew. -->\n"


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Return a Markdown table."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def meanings(body: list[ast.stmt]) -> dict[str, str]:
    """Return the string that stands below each assignment, in one line."""
    found: dict[str, str] = {}
    for statement, below in pairwise(body):
        target: ast.expr | None = None
        if isinstance(statement, ast.AnnAssign):
            target = statement.target
        elif isinstance(statement, ast.Assign):
            target = statement.targets[0]
        if (
            isinstance(target, ast.Name)
            and isinstance(below, ast.Expr)
            and isinstance(below.value, ast.Constant)
        ):
            found[target.id] = " ".join(str(below.value.value).split())
    return found


def members(tree: ast.Module) -> dict[str, dict[str, str]]:
    """Return the meanings of the members of each class."""
    return {node.name: meanings(node.body) for node in tree.body if isinstance(node, ast.ClassDef)}


def annotations() -> str:
    """Labels and annotations: what they mean, their values, and where they reach Pods."""
    tree = ast.parse(inspect.getsource(names))
    said = meanings(tree.body)
    keys = [(getattr(names, name), text) for name, text in said.items() if name != "PREFIX"]
    page = [
        "# Labels and annotations\n\n",
        "All keys begin with `hf-token-injector.io/`.\n\n",
        table(
            ("key", "meaning"),
            [(f"`{key}`", text) for key, text in keys if str(key).startswith(names.PREFIX)],
        ),
    ]
    for title, enum in (
        ("Values of the label on a Namespace", names.InjectMode),
        ("Values of `hf-token-injector.io/method`", names.Method),
        ("Values of `hf-token-injector.io/missing-secret`", names.MissingSecret),
    ):
        text = members(tree)[enum.__name__]
        page.append(f"\n## {title}\n\n")
        page.append(table(("value", "meaning"), [(f"`{member}`", text[member.name]) for member in enum]))
    page += [
        "\nThe label `hf-token-injector.io/inject: disabled` on a workload or Pod opts it out.\n",
        "\nA malformed value on a workload refuses the object, with a sentence that names the annotation.\n",
        "On a Namespace it is ignored with a warning, and the next step chooses.\n",
        "\n## Where an annotation reaches the Pods\n\n",
        "A key that stands where it cannot work gets a warning. The strongest place is named last.\n\n",
        table(("kind", "Pods in", "annotations and labels in"), _reach()),
    ]
    return "".join(page)


def _reach() -> Iterator[tuple[str, ...]]:
    for (group, kind), row in KINDS.items():
        for template in row.templates:
            where = ", ".join(f"`{'.'.join(keys)}`" for keys in template.reach) or "nowhere"
            pods = ".".join(template.path).replace(".*", "[*]")
            yield f"{kind} ({group or 'core'})", f"`{pods}`", where.replace(".*", "[*]")


def reason_page() -> str:
    """Reasons, outcomes and faults with their sentences."""
    return "".join(
        [
            "# Reasons\n\n",
            "The same word stands in the response's audit annotations, in the log, in the metric\n",
            "`hf_token_injector_containers_total` and in `hf-token-injector explain`.\n\n",
            "## Why a container gets a token\n\n",
            table(("reason", "sentence"), [(f"`{r}`", r.tell("…")) for r in Reason if r.needs]),
            "\n## Why a container gets none\n\n",
            table(("reason", "sentence"), [(f"`{r}`", r.tell("…")) for r in Reason if not r.needs]),
            "\n## How a review ends\n\n",
            table(("outcome", "sentence"), [(f"`{o}`", o.sentence) for o in Outcome]),
            "\n## What chose the Secret\n\n",
            table(("source",), [(str(source),) for source in Source]),
            "\n## What policy has against an object\n\n",
            "The checks are [settings](settings.md); see [policy](../policy.md).\n\n",
            table(
                ("fault", "check", "sentence", "what to change"),
                [(f"`{f}`", f"`{f.check}`", f.tell("…"), f.change) for f in Fault],
            ),
        ]
    )


def servers() -> str:
    """Which servers, clients and tools are recognised."""
    rows = [
        (
            server.name,
            ", ".join(f"`{' '.join(words)}`" for words in server.programs)
            + "".join(f" `python -m {module}`" for module in server.modules),
            f"`{server.images}`" if server.images else "",
            ", ".join(f"`{flag}`" for flag in server.flags)
            + (", the model argument" if server.positional else ""),
            ", ".join(f"`{name}`" for name in server.variables),
            "yes" if server.reads_token_path else "no",
        )
        for server in SERVERS
    ]
    hub = HUGGING_FACE
    return "".join(
        [
            "# Model servers and tools\n\n",
            "What a container runs is recognised by its command, its Python module or its image. All else\n",
            "is read for `hf://` URIs and for variables that name models.\n\n",
            table(
                ("server", "command", "image", "flags that name models", "variables", "reads HF_TOKEN_PATH"),
                rows,
            ),
            "\nDownload tools: ",
            ", ".join(f"`{' '.join(tool.program)}`" for tool in hub.tools if not tool.login),
            ". Python calls with a literal repository: ",
            ", ".join(f"`{call}`" for call in hub.calls),
            ".\n\nVariables that name a model wherever they stand: ",
            ", ".join(f"`{name}`" for name in sorted(hub.model_variables)),
            ".\n\nVariables that name one where the command refers to them: ",
            ", ".join(f"`{name}`" for name in sorted(hub.general_variables)),
            ".\n\nFor the [policy](../policy.md). Flags that name a revision: ",
            ", ".join(
                f"`{flag}`" for flag in sorted({flag for flags in REVISIONS.values() for flag in flags})
            ),
            "; variables: ",
            ", ".join(f"`{name}`" for name in _revision_variables()),
            ". What lets code of a repository run: ",
            ", ".join(f"`{flag}`" for flag in sorted(REMOTE_CODE_FLAGS)),
            f", `{hub.remote_code_argument}=True`, variables that end in `{REMOTE_CODE_VARIABLE}`.\n",
        ]
    )


def _revision_variables() -> list[str]:
    """Return the variables that name the revision of a model."""
    return sorted({server.revision_variable for server in SERVERS} - {""} | {HUGGING_FACE.revision_variable})


def settings() -> str:
    """Settings of the server and of the offline commands."""
    rows = [
        (f"`{row['name']}`", f"`{row['env']}`", row["type"], f"`{row['default']}`", row["description"])
        for row in describe_settings()
    ]
    return "".join(
        [
            "# Settings\n\n",
            "One YAML file (`--config`) and environment variables; the environment beats the file. A wrong\n",
            "setting stops the start with its name and what is allowed.\n\n",
            table(("setting", "environment variable", "value", "default", "meaning"), rows),
        ]
    )


def command_line() -> str:
    """The commands with their options."""
    return markdown().rstrip() + "\n"


WRITERS: dict[str, Callable[[], str]] = {
    "annotations.md": annotations,
    "reasons.md": reason_page,
    "servers.md": servers,
    "settings.md": settings,
    "cli.md": command_line,
}


if __name__ == "__main__":
    write_or_check((PAGES / name, NOTE + "\n" + writer()) for name, writer in WRITERS.items())
