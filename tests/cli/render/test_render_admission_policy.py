from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from webhook.cli.main import cli

MUTATING = {"MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding"}
VALIDATING = {"ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["render", "admission-policy", *arguments])


@pytest.mark.parametrize(
    ("kind", "kinds"),
    [("mutating", MUTATING), ("validating", VALIDATING), ("all", MUTATING | VALIDATING)],
)
def test_the_kinds_that_are_asked_for_are_written(kind: str, kinds: set[str]) -> None:
    done = run("--kind", kind)
    assert done.exit_code == 0, done.output
    assert {document["kind"] for document in yaml.safe_load_all(done.output)} == kinds


def test_a_wrong_setting_is_told_by_name(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("secret: {nmae: x}\n")
    done = run("--config", str(config))
    assert done.exit_code == 2
    assert "nmae" in done.output
    assert "Traceback" not in done.output
