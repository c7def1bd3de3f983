"""Manifests as teams write them, in every manner that we could think of (folder `kserve`)."""

import copy
from difflib import ndiff
from pathlib import Path

import jsonpatch
import pytest

from webhook.cli.inject import document_patch
from webhook.cli.manifests.documents import read
from webhook.cli.manifests.nodes import same
from webhook.cli.manifests.splice import splice
from webhook.cli.offline import Read, Run

FILES = sorted((Path(__file__).parent / "kserve").iterdir())
UNTOUCHED = {"llm.yaml"}
"""A storage-initializer that is not in the object downloads for them."""

REWRITTEN = {
    "minified-list.json": 1,  # the one line that it is
    "pretty-pods.json": 1,  # a comma behind the member in front
    "shared-environment.yaml": 1,  # an alias that no longer says the same
}
"""Lines that are not as they were."""


def documents(path: Path) -> list[Read]:
    return Run(
        [str(path)], recursive=False, namespace=None, annotations={}, mode="all", config=None
    ).documents()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_only_lines_of_ours_come_in_and_they_mean_what_was_decided(path: Path, tmp_path: Path) -> None:
    after = ""
    for one in documents(path):
        expected = copy.deepcopy(one.document.value)
        for judged in one.objects:
            expected = jsonpatch.apply_patch(expected, document_patch(judged))
        text = splice(one.document, expected)
        assert same(read(text)[0].value, expected)
        after += text
    before = path.read_bytes().decode()
    gone = [line for line in ndiff(before.split("\n"), after.split("\n")) if line.startswith("- ")]
    assert len(gone) == REWRITTEN.get(path.name, 0)
    assert (after == before) is (path.name in UNTOUCHED)

    again = tmp_path / path.name
    again.write_bytes(after.encode())
    assert not any(judged.decision.patch for one in documents(again) for judged in one.objects)
