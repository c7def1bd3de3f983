import json
from pathlib import Path

import jsonpatch
import pytest
import yaml
from click.testing import CliRunner, Result

from webhook.cli.main import cli

POD = """\
# a Pod
apiVersion: v1
kind: Pod
metadata:
  name: p
spec:
  containers:
  - name: main # the server
    image: vllm/vllm-openai
    args: [--model, meta-llama/Llama-3.1-8B]
"""

ENTRY = """\
    env:
    - name: HF_TOKEN
      valueFrom:
        secretKeyRef:
          name: hf-secret
          key: token
          optional: true
"""

ANNOTATION = """\
  annotations:
    hf-token-injector.io/injected: '{"main":{"secret":"hf-secret","key":"token","reason":"ModelFlag"}}'
"""

INJECTED = POD.replace("  name: p\n", "  name: p\n" + ANNOTATION) + ENTRY

CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\ndata: {a:   'x' } # as it was\n"

REFUSED = POD.replace("  name: p\n", '  name: bad\n  annotations: {hf-token-injector.io/secret: "No Name"}\n')


def inject(*arguments: str, stdin: str | bytes = POD) -> Result:
    """Run `inject` on standard input, unless the arguments name files."""
    files = () if "-f" in arguments else ("-f", "-")
    return CliRunner().invoke(cli, ["inject", *files, *arguments], input=stdin)


def test_the_text_comes_out_with_the_reference_in_it() -> None:
    result = inject()
    assert (result.stdout, result.stderr, result.exit_code) == (INJECTED, "", 0)


def test_what_came_out_goes_in_and_comes_out_the_same() -> None:
    assert inject("--exit-code", stdin=INJECTED).stdout == INJECTED
    assert inject("--exit-code", stdin=INJECTED).exit_code == 0


def test_other_kinds_pass_through() -> None:
    text = f"{CONFIG_MAP}---\nnot: an object\n---\n- 1\n...\n"
    assert inject(stdin=text).stdout == text


def test_a_byte_order_mark_and_windows_line_breaks_stay() -> None:
    text = "\ufeff" + POD.replace("\n", "\r\n")
    assert inject(stdin=text.encode()).stdout_bytes == ("\ufeff" + INJECTED.replace("\n", "\r\n")).encode()


def test_exit_code_tells_a_change_only_when_it_is_asked_for() -> None:
    assert inject().exit_code == 0
    assert inject("--exit-code").exit_code == 1
    assert inject("--diff").exit_code == 1
    assert inject("--diff", stdin=CONFIG_MAP).exit_code == 0


def test_diff_shows_what_is_added() -> None:
    result = inject("--diff")
    assert result.stdout.startswith("--- <stdin>\n+++ <stdin>\n@@ -3,8 +3,17 @@\n kind: Pod\n")
    added = [line[1:] for line in result.stdout.splitlines()[2:] if line.startswith("+")]
    assert added == (ANNOTATION + ENTRY).splitlines()


def test_diff_of_a_text_without_a_last_line_break_says_so() -> None:
    assert "\n\\ No newline at end of file\n" in inject("--diff", stdin=POD.rstrip("\n")).stdout


def test_colour_is_for_terminals_or_for_those_who_ask() -> None:
    assert "\x1b[" not in inject("--diff").stdout
    assert "\x1b[32m+    env:\x1b[0m" in inject("--diff", "--color", "always").stdout


def test_patches_name_their_object_and_apply_to_it() -> None:
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": [yaml.safe_load(POD)]})
    (entry,) = json.loads(inject("-o", "patch", stdin=text).stdout)["objects"]
    assert {key: entry[key] for key in ("file", "apiVersion", "kind", "namespace", "name")} == {
        "file": "<stdin>",
        "apiVersion": "v1",
        "kind": "Pod",
        "namespace": "default",
        "name": "p",
    }
    patched = jsonpatch.apply_patch(yaml.safe_load(POD), entry["patch"])
    assert patched == yaml.safe_load(INJECTED)


def test_json_output_is_one_value_a_document() -> None:
    result = inject("-o", "json", stdin=f"{POD}---\n# nothing\n---\n{CONFIG_MAP}")
    first, end = json.JSONDecoder().raw_decode(result.stdout)
    assert first == yaml.safe_load(INJECTED)
    second = json.loads(result.stdout[end:].strip())
    assert second == yaml.safe_load(CONFIG_MAP)


def test_a_broken_manifest_is_told_and_nothing_comes_out() -> None:
    result = inject(stdin=f"{POD}---\na: b: c\n")
    assert (result.stdout, result.exit_code) == ("", 2)
    assert result.stderr == "<stdin>:12:5: mapping values are not allowed in this context\n"


def test_keep_going_writes_the_others() -> None:
    result = inject("--keep-going", stdin=f"{POD}---\na: b: c\n---\n{CONFIG_MAP}")
    assert (result.stdout, result.exit_code) == (f"{INJECTED}---\n{CONFIG_MAP}", 2)


def test_a_refused_object_has_its_own_exit_code_and_a_sentence() -> None:
    result = inject(stdin=REFUSED)
    assert (result.stdout, result.exit_code) == ("", 3)
    assert result.stderr.startswith("<stdin>:2: refused: Pod bad: ")
    assert "hf-token-injector.io/secret" in result.stderr


def test_an_error_beats_a_refusal() -> None:
    assert inject(stdin=f"a: [\n---\n{REFUSED}").exit_code == 2


def test_warnings_name_their_line() -> None:
    text = POD.replace("  name: p\n", "  name: p\n  annotations: {hf-token-injector.io/secert: x}\n")
    result = inject(stdin=text)
    assert result.stderr.startswith("<stdin>:2: warning: Pod p: ")
    assert result.exit_code == 0


def test_the_namespace_chooses_the_secret() -> None:
    option = ("--namespace-annotation", "hf-token-injector.io/secret=theirs")
    assert "name: theirs" in inject(*option).stdout
    namespace = (
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: team\n"
        "  annotations: {hf-token-injector.io/secret: declared}\n---\n"
    )
    assert "name: declared" in inject("-n", "team", stdin=namespace + POD).stdout
    assert "name: hf-secret" in inject("-n", "other", stdin=namespace + POD).stdout
    assert "name: theirs" in inject("-n", "team", *option, stdin=namespace + POD).stdout


def test_the_mode_is_that_of_the_namespace_label() -> None:
    assert inject("--inject-mode", "audit").stdout == POD
    assert inject("--inject-mode", "enabled").stdout == POD
    labelled = POD.replace("  name: p\n", "  name: p\n  labels: {serving.kserve.io/inferenceservice: x}\n")
    assert "HF_TOKEN" in inject("--inject-mode", "enabled", stdin=labelled).stdout


def test_the_platforms_settings_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("secret: {name: platform-token}\n")
    monkeypatch.setenv("HF_TOKEN_INJECTOR_SECRET_NAME", "from-the-environment")
    assert "name: platform-token" in inject("--config", str(config)).stdout


def test_wrong_settings_are_a_wrong_command_line(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("secrets: {}\n")
    result = inject("--config", str(config))
    assert (result.stdout, result.exit_code) == ("", 2)
    assert "secrets" in result.stderr


@pytest.mark.parametrize(
    "arguments", [["--diff", "-o", "json"], ["--namespace-annotation", "novalue"], ["-o", "toml"]]
)
def test_a_wrong_command_line_ends_with_2(arguments: list[str]) -> None:
    assert inject(*arguments).exit_code == 2


def test_a_folder_is_read_in_the_order_of_names_and_joined_with_markers(tmp_path: Path) -> None:
    (tmp_path / "b.yml").write_text(CONFIG_MAP.rstrip("\n"))
    (tmp_path / "a.yaml").write_text(POD)
    (tmp_path / "c.json").write_text('{"kind": "X"}\n')
    (tmp_path / "d.yaml").write_text("# d\n%YAML 1.1\n---\nkind: Y\n")
    (tmp_path / "notes.txt").write_text("a: [")
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "e.yaml").write_text("--- # e\nkind: E\n")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "f.yaml").write_text("a: [")
    files = f'{INJECTED}---\n{CONFIG_MAP}---\n{{"kind": "X"}}\n...\n# d\n%YAML 1.1\n---\nkind: Y\n'
    assert inject("-f", str(tmp_path)).stdout == files
    assert inject("-R", "-f", str(tmp_path)).stdout == files + "--- # e\nkind: E\n"


def test_files_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    latin, wide = tmp_path / "latin.yaml", tmp_path / "wide.yaml"
    latin.write_bytes(b"a: 1\nb: \xe9\n")
    wide.write_bytes("a: 1\n".encode("utf-16"))
    (tmp_path / "empty").mkdir()
    files = [str(latin), str(wide), str(tmp_path / "missing.yaml"), str(tmp_path / "empty")]
    result = inject(*(word for file in files for word in ("-f", file)))
    assert result.exit_code == 2
    assert [line.removeprefix(str(tmp_path)) for line in result.stderr.splitlines()] == [
        "/latin.yaml:2:4: this is not UTF-8",
        "/wide.yaml: this is UTF-16, and Kubernetes reads UTF-8 (PowerShell: Out-File -Encoding utf8)",
        "/missing.yaml: No such file or directory",
        "/empty: no .yaml, .yml, .json file in this folder (-R looks into the folders below)",
    ]


def test_the_policy_judges_the_result(tmp_path: Path) -> None:
    """Our reference is there then: it is a token, and none in clear text."""
    settings = tmp_path / "settings.yaml"
    settings.write_text("policy: {literalTokens: deny, requireToken: deny}")
    assert inject("--config", str(settings)).exit_code == 0
    literal = POD + "    env: [{name: OTHER, value: %s}]\n" % ("hf_" + "aB3dE" * 7)
    warned = inject(stdin=literal)
    assert (warned.exit_code, "OTHER holds a token in clear text" in warned.stderr) == (0, True)
    refused = inject("--config", str(settings), stdin=literal)
    assert (refused.exit_code, refused.stdout) == (3, "")
    assert "refused: Pod p: the platform's policy: " in refused.stderr
    assert "aB3dE" not in warned.stderr + refused.stderr


@pytest.mark.parametrize("options", [["inject"], ["explain"], ["explain", "-o", "json"]])
def test_a_token_in_a_deployment_is_told_as_of_its_pods(options: list[str], tmp_path: Path) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("policy: {literalTokens: deny}")
    variable = {"name": "HF_TOKEN", "value": "hf_" + "aB3dE" * 7}
    template = {"spec": {"containers": [{"name": "vllm", "args": ["--model=a/b"], "env": [variable]}]}}
    deployment = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "chat"}}
    text = json.dumps({**deployment, "spec": {"template": template}})
    for config in ([], ["--config", str(settings)]):
        result = CliRunner().invoke(cli, [*options, "-f", "-", *config], input=text)
        assert result.exit_code == 0
        said = "warning: Deployment chat: vllm: variable HF_TOKEN holds a token in clear text"
        assert said in result.stderr
        assert "aB3dE" not in result.stderr
        if options[0] == "explain":
            assert "aB3dE" not in result.stdout
    if "json" in options:
        [finding] = json.loads(result.stdout)["objects"][0]["policy"]
        assert (finding["fault"], finding["action"]) == ("LiteralToken", "warn")


@pytest.mark.parametrize(
    "options", [["inject"], ["inject", "--diff"], ["inject", "-o", "patch"], ["explain"]]
)
def test_half_a_surrogate_pair_is_written_as_json_spells_it(options: list[str]) -> None:
    container = {"name": "\udc00", "image": "vllm/vllm-openai", "args": ["--model=a/b"]}
    text = json.dumps(
        {"apiVersion": "v1", "kind": "Pod", "metadata": {}, "spec": {"containers": [container]}}
    )
    result = CliRunner().invoke(cli, [*options, "-f", "-"], input=text)
    assert result.exit_code in {0, 1}
    assert "\\udc00" in result.stdout


def test_a_name_that_looks_like_a_token_is_not_repeated() -> None:
    token = "hf_madeUpAndNeverShownAnywhere000000"
    text = POD.replace("name: p", f"name: {token}").replace("name: main", f"name: {token}")
    result = CliRunner().invoke(cli, ["inject", "-f", "-"], input=text)
    assert token not in result.stderr
    assert "Pod hf_…: field name holds a token in clear text" in result.stderr
    told = CliRunner().invoke(cli, ["explain", "-f", "-"], input=text)
    assert token not in told.output
    assert told.stdout.startswith("Pod hf_… in namespace default")
    told = CliRunner().invoke(cli, ["explain", "-f", "-", "-o", "json"], input=text)
    assert token not in told.output
    assert json.loads(told.stdout)["objects"][0]["name"] == "hf_…"
