"""The golden table `tests/cases/references.txt`, through the whole core."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from webhook.core.admit import admit
from webhook.core.decision import Request, Scope, Verdict
from webhook.core.hub import HUGGING_FACE
from webhook.core.reasons import Reason
from webhook.core.servers import SERVERS, Server

_TABLE = Path(__file__).parents[1] / "cases" / "references.txt"
_MODES = {
    Reason.NAMED_BY_ANNOTATION,
    Reason.OPTED_OUT,
    Reason.EXCLUDED,
    Reason.INHERITED,
    Reason.LOCAL_MODEL_CACHE,
    Reason.NO_TOKEN_BY_RULE,
    Reason.SECRET_MISSING,
    Reason.TOO_LARGE,
}
"""Reasons that something around the container gives, or a string that is too long for a line."""


def _lines() -> Iterator[tuple[int, str, str]]:
    for number, line in enumerate(_TABLE.read_text().splitlines(), 1):
        if line and not line.startswith("#"):
            container, arrow, expected = line.rpartition(" -> ")
            assert arrow, f"line {number} has no arrow"
            yield number, container, expected


_CASES = list(_lines())


def _verdict(container: dict[str, Any]) -> Verdict:
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [{"name": "main"} | container]}}
    decision = admit(Request("", "Pod", "CREATE", "ns", pod, scope=Scope.ALL))
    [verdict] = decision.verdicts
    return verdict


@pytest.mark.parametrize(
    ("container", "expected"),
    [pytest.param(text, expected, id=f"{number}-{text[1:60]}") for number, text, expected in _CASES],
)
def test_a_container_names_what_the_table_says(container: str, expected: str) -> None:
    verdict = _verdict(yaml.safe_load(container))
    assert " ".join([verdict.reason, *verdict.repositories]) == expected


def test_the_table_covers_every_server_flag_tool_call_and_reason() -> None:
    """What is added to the tables of the core is added here."""
    assert len(_CASES) >= 150
    yes = "\n".join(text for _, text, expected in _CASES if not expected.startswith("NoHub")).replace(
        "_", "-"
    )
    missing = [
        name
        for server in SERVERS
        for name in (
            *(" ".join(program) for program in server.programs),
            *server.modules,
            *server.flags,
            *server.variables,
        )
        if name.replace("_", "-") not in yes.replace(", ", " ")
    ]
    missing += [name for name in HUGGING_FACE.calls if f"{name}(".replace("_", "-") not in yes]
    missing += [
        " ".join(tool.program)
        for tool in HUGGING_FACE.tools
        if " ".join(tool.program) not in yes.replace(", ", " ")
    ]
    missing += [name for name in HUGGING_FACE.speaking if name.replace("_", "-") not in yes]
    said = {expected.split(" ")[0] for _, _, expected in _CASES}
    missing += [
        reason
        for reason in Reason
        if reason not in said | _MODES and not reason.startswith(("Mutate", "Pod", "Canary"))
    ]
    assert missing == []


@pytest.mark.parametrize(
    "server", [server for server in SERVERS if server.images], ids=lambda server: server.name
)
def test_every_image_of_a_server_is_in_the_table_and_so_is_a_look_alike(server: Server) -> None:
    matching: set[tuple[str, bool]] = set()
    others: set[tuple[str, bool]] = set()
    for image, expected in _images():
        matches = re.fullmatch(server.images, image) is not None
        (matching if matches else others).add((image, expected.startswith("NoHub")))
    assert any(not nothing for _, nothing in matching)
    assert any(nothing and alike[:3] == image[:3] for alike, nothing in others for image, _ in matching)


def _images() -> Iterator[tuple[str, str]]:
    for _, text, expected in _CASES:
        image = str(yaml.safe_load(text).get("image", ""))
        yield image.partition("@")[0].rpartition("/")[2].partition(":")[0], expected
