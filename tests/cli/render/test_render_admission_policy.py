from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from webhook.cli.main import cli


def render(*arguments: str) -> list[tuple[str, str]]:
    done = CliRunner().invoke(cli, ["render", "admission-policy", *arguments])
    assert done.exit_code == 0, done.output
    return [(one["kind"], one["metadata"]["name"]) for one in yaml.safe_load_all(done.output)]


LITERAL_TOKENS = [
    ("ValidatingAdmissionPolicy", "hf-token-injector-literal-tokens"),
    ("ValidatingAdmissionPolicyBinding", "hf-token-injector-literal-tokens"),
]


@pytest.mark.parametrize("kind", ["all", "validating"])
def test_a_policy_comes_with_its_binding(kind: str) -> None:
    assert set(LITERAL_TOKENS) <= set(render("--kind", kind))


def test_a_wrong_setting_is_told_by_name(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("secret: {nmae: x}\n")
    done = CliRunner().invoke(cli, ["render", "admission-policy", "--config", str(config)])
    assert done.exit_code == 2
    assert "nmae" in done.output
    assert "Traceback" not in done.output
