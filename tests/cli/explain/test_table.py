"""The table on a terminal: it fits, breaks no word and leaves nothing out."""

import re

import pytest

from webhook.cli.table import Row, rich_table

DOWNLOADS = Row(
    "storage-initializer",
    "missing",
    "HubUri: it downloads hf://meta-llama/Llama-3.1-8B",
    "hf-secret/token (default) as env, no such Secret",
    "meta-llama/Llama-3.1-8B",
)
NOTHING = Row("kserve-container", "no", "NoHubReference: nothing in it names a model on the Hub", "-", "-")
FLAG = Row(
    "vllm", "yes", "--model of vLLM names a model on the Hub", "hf-secret/token (default) as env", "a/b"
)


def plain(rows: list[Row], width: int) -> str:
    return re.sub(r"\x1b\[\d+m", "", rich_table(rows, width=width))


@pytest.mark.parametrize("width", [*range(80, 200, 5), 400])
def test_it_fits_and_breaks_no_word(width: int) -> None:
    shown = plain([DOWNLOADS, NOTHING, FLAG], width)
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= width
    for row in (DOWNLOADS, NOTHING, FLAG):
        for word in " ".join(row[:4]).split():
            assert word in shown
    assert "a/b" in shown


def test_repositories_stand_behind_the_reason_where_a_column_does_not_fit_and_the_header_says_so() -> None:
    header, *rows = plain([DOWNLOADS, FLAG], 100).splitlines()
    assert header.split("  ")[0] == "CONTAINER"
    assert "WHY (REPOSITORIES)" in header
    assert "(a/b)" in "\n".join(rows)
    assert "REPOSITORIES" in plain([DOWNLOADS], 200).splitlines()[0].split()


def test_where_no_columns_fit_each_cell_has_lines_of_its_own() -> None:
    assert plain([DOWNLOADS, NOTHING], 40) == (
        "storage-initializer   missing\n"
        "  WHY: HubUri: it downloads\n"
        "    hf://meta-llama/Llama-3.1-8B\n"
        "  SECRET: hf-secret/token (default) as\n"
        "    env, no such Secret\n"
        "  REPOSITORIES: meta-llama/Llama-3.1-8B\n"
        "kserve-container   no\n"
        "  WHY: NoHubReference: nothing in it\n"
        "    names a model on the Hub\n"
    )
    assert "storage-initializer   missing" in plain([DOWNLOADS], 1)
