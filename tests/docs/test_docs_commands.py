"""Each command that a page shows is run by a test, or says why not."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, Block, blocks
from tests.docs.ways import ELSEWHERE, OFFLINE, ON_A_CLUSTER, REFUSED, on_a_cluster

SHOWN = [command for block in blocks() if not block.reason for command in block.commands]
PROGRAM = Path(sys.executable).parent / "hf-token-injector"


def test_no_command_is_unaccounted_for() -> None:
    run = {*OFFLINE, *ELSEWHERE, *(command for page in ON_A_CLUSTER for command in on_a_cluster(page))}
    assert [command for command in SHOWN if command not in run and not command.startswith("make ")] == []


def test_what_is_run_is_shown() -> None:
    """A command that left the pages leaves the lists."""
    assert ({*OFFLINE, *ELSEWHERE} | REFUSED) - set(SHOWN) == set()
    assert [page for page in ON_A_CLUSTER if not on_a_cluster(page)] == []


@pytest.mark.parametrize("block", blocks(), ids=lambda block: f"{block.page}: {block.body[:30]}")
def test_a_command_stands_behind_a_prompt_in_a_console_block(block: Block) -> None:
    """Anywhere else no test would see it; the page of the command line is written from the code."""
    assert block.language in {"console", "mermaid", "yaml"} or block.page == "docs/reference/cli.md"
    assert bool(block.commands) == (block.language == "console")


@pytest.mark.parametrize("command", OFFLINE)
def test_a_command_without_a_cluster_ends_as_it_should(command: str) -> None:
    program, *arguments = shlex.split(command)
    assert program == PROGRAM.name
    done = subprocess.run([PROGRAM, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == OFFLINE[command], done.stderr
    assert done.stdout


@pytest.mark.parametrize("test", ELSEWHERE.values())
def test_the_test_that_runs_a_command_exists(test: str) -> None:
    path, _, name = test.partition("::")
    assert f"\ndef {name}(" in (ROOT / path).read_text()


def test_every_target_of_make_that_is_shown_exists() -> None:
    """Each is part of what checks the project, or is run by hand."""
    targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {command.split()[1] for command in SHOWN if command.startswith("make ")} <= targets


def test_commands_are_found_with_what_is_said_of_them() -> None:
    block = Block("page", "console", "$ a \\\n    b  # why\nprinted\n$ c\n", "")
    assert block.commands == ["a b", "c"]
