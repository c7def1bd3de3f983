import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from webhook import __version__
from webhook.cli import main as entry
from webhook.cli.reference import markdown

ROOT = Path(__file__).parents[2]
KSERVE = Path(__file__).parent / "kserve"
PROGRAM = [sys.executable, "-m", "webhook"]


def run(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*PROGRAM, *arguments], cwd=ROOT, input=stdin, capture_output=True, check=False)


def test_a_pipe_of_two_runs_changes_nothing_the_second_time() -> None:
    once = run("inject", "-f", str(KSERVE))
    twice = run("inject", "-f", "-", "--exit-code", stdin=once.stdout)
    assert (once.returncode, twice.returncode) == (0, 0)
    assert twice.stdout == once.stdout
    assert b"HF_TOKEN" in once.stdout


def test_a_reader_that_goes_away_is_no_drama() -> None:
    command = [*PROGRAM, "inject", "-f", "-"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stdin is not None
        process.stdin.write(b"a: 1\n" + b"# much to read\n" * 100_000)
        process.stdin.close()
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_control_c_ends_with_130() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _INTERRUPTED], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in stderr


_INTERRUPTED = f"""
import os
from webhook.cli import main, version
def interrupted(text): os.kill(os.getpid(), {int(signal.SIGINT)})
version.write = interrupted
main.main(["version"])
"""


@pytest.mark.parametrize(
    ("redirection", "code", "said"),
    [
        (">/dev/full", 2, b"hf-token-injector: No space left on device.\n"),
        (">&-", 2, b"hf-token-injector: standard output is closed.\n"),
        ("<&- >/dev/null", 0, b""),
        ("2>&- >/dev/null", 0, b""),
    ],
)
def test_streams_that_are_full_or_closed_are_a_sentence(redirection: str, code: int, said: bytes) -> None:
    shell = ["sh", "-c", f'"$@" {redirection}', "sh", *PROGRAM, "explain", "-f", "-"]
    pod = b"kind: Pod\napiVersion: v1\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}\n"
    done = subprocess.run(shell, cwd=ROOT, input=pod, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (code, said)


def test_inject_imports_no_web_framework_and_no_settings_model() -> None:
    code = (
        "import sys; from webhook.cli.main import cli;"
        f"cli.main(['inject', '-f', {str(KSERVE)!r}, '-o', 'patch'], standalone_mode=False);"
        "heavy = {'fastapi', 'uvicorn', 'pydantic', 'rich', 'structlog'} & sys.modules.keys();"
        "sys.exit(' '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_help_imports_no_command() -> None:
    code = (
        "import sys; from webhook.cli.main import cli; cli.main(['--help'], standalone_mode=False);"
        "sys.exit(' '.join(name for name in sys.modules if name.startswith('webhook.co')) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert all(name.encode() in done.stdout for name in entry.COMMANDS)


def test_every_command_of_the_table_is_there_and_says_what_it_says() -> None:
    with entry.cli.make_context("hf-token-injector", [], resilient_parsing=True) as context:
        for name, text in entry.COMMANDS.items():
            command = entry.cli.get_command(context, name)
            assert command is not None
            assert command.get_short_help_str(100) == text


def test_an_unknown_command_ends_with_2() -> None:
    with pytest.raises(SystemExit) as end:
        entry.main(["frobnicate"])
    assert end.value.code == 2


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["dcotor"], "No such command 'dcotor'. Did you mean 'doctor'?"),
        (["certs", "isue"], "No such command 'isue'. Did you mean 'issue'?"),
        (["render", "networkpolicy"], "No such command 'networkpolicy'. Did you mean 'network-policy'?"),
        (["frobnicate"], "No such command 'frobnicate'."),
        (["--hlep"], "No such option '--hlep'. Did you mean '--help'?"),
        (["version", "-o", "JSON"], "'JSON' is not one of 'text', 'json'. Did you mean 'json'?"),
        (["version", "-o", "wide"], "'wide' is not one of 'text', 'json'."),
    ],
)
def test_of_a_misspelt_word_the_near_one_is_named(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        entry.main(arguments)
    assert end.value.code == 2
    assert capsys.readouterr().err.endswith(f"{sentence}\n")


def test_an_unexpected_error_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_name: str) -> None:
        raise RuntimeError("of two\nlines with hf_madeUpAndNeverShownAnywhere000000")

    monkeypatch.setattr("webhook.cli.group.import_module", fail)
    with pytest.raises(SystemExit) as end:
        entry.main(["version"])
    assert end.value.code == 70
    assert (
        capsys.readouterr().err == "hf-token-injector: internal error: RuntimeError: of two lines with hf_…\n"
    )


def test_version_is_told_in_both_forms() -> None:
    runner = CliRunner()
    assert runner.invoke(entry.cli, ["version"]).stdout.startswith(
        f"hf-token-injector {__version__} (Python 3."
    )
    assert f'"version": "{__version__}"' in runner.invoke(entry.cli, ["version", "-o", "json"]).stdout
    assert runner.invoke(entry.cli, ["--version"]).stdout == f"hf-token-injector, version {__version__}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_a_script_for_the_shell(shell: str) -> None:
    result = CliRunner().invoke(entry.cli, ["completion", shell])
    assert result.exit_code == 0
    assert f"_HF_TOKEN_INJECTOR_COMPLETE={shell}_complete" in result.stdout


def test_completion_offers_commands_without_importing_them() -> None:
    environment = {
        **os.environ,
        "_HF_TOKEN_INJECTOR_COMPLETE": "bash_complete",
        "COMP_WORDS": "hf-token-injector i",
        "COMP_CWORD": "1",
    }
    done = subprocess.run(PROGRAM, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert done.stdout.split() == [b"plain,inject"]


def test_the_reference_page_names_every_command_and_option() -> None:
    page = markdown()
    assert all(f"## `hf-token-injector {name}`" in page for name in entry.COMMANDS)
    assert "| `--keep-going` |" in page
    assert "\b" not in page
