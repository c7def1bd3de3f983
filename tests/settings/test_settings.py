import subprocess
import sys
from pathlib import Path

import pytest

from webhook.core.knowledge import Namespace
from webhook.core.names import Method, MissingSecret
from webhook.core.settings import (
    MutatePolicy,
    Policy,
    PolicyAction,
    RepositoryPolicy,
    Rule,
    SecretRef,
    Settings,
)
from webhook.settings import (
    CertificateMode,
    CertificateSettings,
    ClusterSettings,
    Loaded,
    LogSettings,
    ServerSettings,
    SettingsError,
    TlsSettings,
    describe_settings,
    load_settings,
)

PREFIX = "HF_TOKEN_INJECTOR_"


def load(
    tmp_path: Path, text: str = "", environ: dict[str, str] | None = None, **overrides: object
) -> Loaded:
    path = tmp_path / "settings.yaml"
    path.write_text(text)
    return load_settings(path, environ=environ or {}, overrides=overrides)


def complaint(tmp_path: Path, text: str = "", environ: dict[str, str] | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, text, environ)
    return str(caught.value)


def test_without_any_setting_everything_is_its_default() -> None:
    loaded = load_settings(environ={})
    assert loaded.settings == Settings()
    assert loaded.server == ServerSettings()
    assert not loaded.knowledge.namespaces


def test_a_file_sets_everything(tmp_path: Path) -> None:
    loaded = load(
        tmp_path,
        """
        secret: {name: hf, key: hf.token}
        method: file
        missingSecret: deny
        rules:
          - {repository: meta-llama/*, secret: hf-meta, key: meta, namespaces: [team-*]}
          - {repository: google/*, secret: hf-google}
          - {repository: "*", secret: none}
        hub: {endpoints: [https://huggingface.co/, https://hub.example/mirror]}
        inferenceService: {mutate: auto}
        policy:
          literalTokens: deny
          repositories: {action: warn, allow: [meta-llama/*], deny: ["*/*-GGUF"]}
          requireRevision: warn
          requireToken: deny
          trustRemoteCode: deny
          pods: deny
        localModelCache: {namespaces: [jobs]}
        namespaces:
          team-a:
            labels: {hf-token-injector.io/inject: all}
            annotations: {hf-token-injector.io/secret: Not_Checked}
        server: {host: 127.0.0.1, port: 1, opsHost: "::1", opsPort: 2, maxBodyBytes: 65536, drainSeconds: 0,
                 keepAliveSeconds: 1.5, headerSeconds: 1, bodySeconds: 2, stopSeconds: 3}
        tls: {certFile: a, keyFile: b, reloadSeconds: 4}
        certificates: {mode: cert-manager, secretName: s, namespace: n, service: v, clusterDomain: d.example,
                       mutatingConfiguration: m, validatingConfiguration: w, checkSeconds: 5}
        cluster: {kubeconfig: k, watchNamespaces: false, watchSecrets: true, secretNames: [hf-a, hf-meta]}
        log: {level: debug, format: console}
        """,
    )
    assert loaded.settings == Settings(
        secret=SecretRef("hf", "hf.token"),
        method=Method.FILE,
        missing_secret=MissingSecret.DENY,
        rules=(
            Rule("meta-llama/*", SecretRef("hf-meta", "meta"), ("team-*",)),
            Rule("google/*", SecretRef("hf-google", "hf.token")),
            Rule("*", None),
        ),
        endpoints=frozenset({"https://huggingface.co", "https://hub.example/mirror"}),
        mutate_inference_services=MutatePolicy.AUTO,
        local_model_namespaces=frozenset({"jobs"}),
        policy=Policy(
            literal_tokens=PolicyAction.DENY,
            repositories=RepositoryPolicy(("meta-llama/*",), ("*/*-GGUF",), PolicyAction.WARN),
            require_revision=PolicyAction.WARN,
            require_token=PolicyAction.DENY,
            trust_remote_code=PolicyAction.DENY,
            pods=PolicyAction.DENY,
        ),
    )
    assert loaded.knowledge.namespaces["team-a"] == Namespace(
        {"hf-token-injector.io/inject": "all"}, {"hf-token-injector.io/secret": "Not_Checked"}
    )
    assert loaded.server == ServerSettings(
        host="127.0.0.1",
        port=1,
        ops_host="::1",
        ops_port=2,
        max_body_bytes=65536,
        keep_alive_seconds=1.5,
        header_seconds=1,
        body_seconds=2,
        drain_seconds=0,
        stop_seconds=3,
        tls=TlsSettings("a", "b", 4),
        certificates=CertificateSettings(
            CertificateMode.CERT_MANAGER, "s", "n", "v", "d.example", "m", "w", 5
        ),
        cluster=ClusterSettings(
            "k", watch_namespaces=False, watch_secrets=True, secret_names=("hf-a", "hf-meta")
        ),
        log=LogSettings("debug", "console"),
    )
    assert loaded.secrets == ("hf", "hf-meta", "hf-google", "hf-a")


@pytest.mark.parametrize("value", ["skip", "deny"])
def test_what_is_missing_is_refused_only_where_somebody_looks(tmp_path: Path, value: str) -> None:
    said = complaint(tmp_path, f"missingSecret: {value}\n")
    assert said.endswith(
        f"is {value}\n    must be optional or require as long as cluster.watchSecrets is false"
    )
    loaded = load(tmp_path, f"missingSecret: {value}\ncluster: {{watchSecrets: true}}\n")
    assert loaded.settings.missing_secret == value


def test_an_option_beats_the_environment_which_beats_the_file(tmp_path: Path) -> None:
    text = "server: {port: 1, opsPort: 1, drainSeconds: 1}"
    environ = {PREFIX + "SERVER__PORT": "2", PREFIX + "SERVER__OPS_PORT": "2"}
    server = load(tmp_path, text, environ, server={"port": 3}).server
    assert (server.port, server.ops_port, server.drain_seconds) == (3, 2, 1)


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("", "self-managed"),
        ("tls: {certFile: a, keyFile: b}", "provided"),
        ("tls: {keyFile: b}", "provided"),
        ("{tls: {certFile: a}, certificates: {mode: cert-manager}}", "cert-manager"),
        ("certificates: {mode: provided}", "provided"),
    ],
)
def test_files_that_are_named_are_served_unless_the_mode_is_set(tmp_path: Path, text: str, mode: str) -> None:
    assert load(tmp_path, text).server.certificates.mode == mode


def test_certificates_of_our_own_and_files_at_once_are_refused(tmp_path: Path) -> None:
    text = complaint(tmp_path, "tls: {keyFile: b}", {PREFIX + "CERTIFICATES__MODE": "self-managed"})
    assert "certificates.mode (HF_TOKEN_INJECTOR_CERTIFICATES__MODE)\n    is self-managed" in text
    assert "must be provided, as tls.keyFile is set, or that must go" in text


def test_lists_and_maps_in_the_environment_are_yaml_json_or_words(tmp_path: Path) -> None:
    environ = {
        PREFIX + "HUB__ENDPOINTS": "https://a.example, https://b.example/",
        PREFIX + "LOCAL_MODEL_CACHE__NAMESPACES": '["one", "two"]',
        PREFIX + "RULES": "[{repository: a/*, secret: none}]",
        PREFIX + "NAMESPACES": '{"team-a": {"labels": {"a": "b"}}}',
    }
    loaded = load(tmp_path, environ=environ)
    assert loaded.settings.endpoints == {"https://a.example", "https://b.example"}
    assert loaded.settings.local_model_namespaces == {"one", "two"}
    assert loaded.settings.rules == (Rule("a/*", None),)
    assert loaded.knowledge.namespaces["team-a"].labels == {"a": "b"}


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n"])
def test_an_empty_file_sets_nothing(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, text).settings == Settings()


def test_a_wrong_value_is_named_in_both_ways_with_its_line_and_what_is_allowed(tmp_path: Path) -> None:
    assert complaint(tmp_path, "log:\n  level: info\nmissingSecret: sometimes\n") == (
        "hf-token-injector cannot start: its settings are wrong.\n\n"
        f"  missingSecret (HF_TOKEN_INJECTOR_MISSING_SECRET), {tmp_path / 'settings.yaml'} line 3\n"
        '    is "sometimes"\n'
        "    must be one of: optional, require, skip, deny"
    )


def test_a_wrong_variable_is_not_blamed_on_the_file(tmp_path: Path) -> None:
    text = complaint(tmp_path, "server: {port: 1}", {PREFIX + "SERVER__PORT": "x"})
    assert "server.port (HF_TOKEN_INJECTOR_SERVER__PORT)\n" in text


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    text = complaint(tmp_path, "method: x\nlog: {level: x}\nserver: {port: -1}")
    assert all(name in text for name in ("method", "log.level", "server.port"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("misingSecret: x", "misingSecret, * line 1\n    is not a setting; missingSecret is one"),
        ("server: {prot: 1}", "server.prot, * line 1\n    is not a setting; port is one"),
        ("missing_secret: deny", "missing_secret, * line 1\n    is not a setting; missingSecret is one"),
        ("MISSINGSECRET: deny", "MISSINGSECRET, * line 1\n    is not a setting"),
        ("rules: &a [*a]", "must be a map"),
        ("nonsense: 1", "known here: secret, method"),
        ("secret: {name: Upper}", "must be the name of a Secret"),
        ("secret: {name: a..b}", "must be the name of a Secret"),
        ("secret: {name: a\\n}", "must be the name of a Secret"),
        ("secret: {name: 5}", "is 5\n    must be the name of a Secret"),
        ("secret: {key: a/b}", "must be a key in a Secret"),
        ("secret: {key: ..}", "must be a key in a Secret"),
        ("secret: x", 'is "x"\n    must be a map'),
        ("rules: {}", "rules (HF_TOKEN_INJECTOR_RULES), * line 1\n    is a map\n    must be a list of maps"),
        ("rules: [x]", 'rules[0] (HF_TOKEN_INJECTOR_RULES), * line 1\n    is "x"\n    must be a map'),
        ("rules: [{secret: x}]", "rules[0].repository (HF_TOKEN_INJECTOR_RULES)\n    is missing"),
        ("rules: [{repository: a b, secret: x}]", "must be a glob over owner/name"),
        ("rules: [{repository: a/b/c, secret: x}]", "must be a glob over owner/name"),
        ("rules: [{repository: a, secret: null}]", "is empty\n    must be the name of a Secret"),
        ("rules: [{repository: a, secret: none, key: b}]", "a rule with secret none takes no key"),
        ("rules: [{repository: a, secret: b, namespaces: []}]", "must be a list of globs over namespaces"),
        ("hub: {endpoints: [ftp://x]}", "hub.endpoints[0] (HF_TOKEN_INJECTOR_HUB__ENDPOINTS)"),
        ("hub: {endpoints: ['https://u@x']}", "must be a list of URLs"),
        ("hub: {endpoints: ['https://[x']}", "must be a list of URLs"),
        ("hub: {endpoints: []}", "must be a list of URLs"),
        ("namespaces: {Team: {}}", "must be a namespace: lower-case letters"),
        ("namespaces: {a: {labels: {x: true}}}", "namespaces.a.labels.x (HF_TOKEN_INJECTOR_NAMESPACES)"),
        ("namespaces: {a: {labels: {x: true}}}", "is true\n    must be text for every key"),
        ("inferenceService: {mutate: no}", "is false\n    must be one of: always, auto, never"),
        ("server: {drainSeconds: .nan}", "must be a number of seconds"),
        ("server: {host: 'a b'}", "must be an IP address or a host name"),
        ("tls: {certFile: [a]}", "is a list\n    must be text"),
        ("log: {level: loud}", "must be one of: debug, info, warning, error"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, text: str, expected: str) -> None:
    told = complaint(tmp_path, text).replace(str(tmp_path / "settings.yaml"), "*")
    assert expected in told


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("a: 1\nb: [", "settings.yaml, line 2\n    is not YAML"),
        ("a: 1\n\tb: 2", "settings.yaml, line 2\n    is not YAML"),
        ("method: env\nmethod: file", 'settings.yaml, line 2\n    is not YAML: key "method" stands twice'),
        ("{[a]: b, [a]: b}", "is not YAML"),
        ("server:\n  5: a", "settings.yaml, line 2\n    is not YAML: key 5 is not text; quotes make it text"),
        ("- a", "must be a map of settings"),
        ("a\x01b", "is not YAML"),
        ("a: 1\n---\nb: 2", "is not YAML"),
        ("method: 2026-13-01", "is not YAML: month must be in 1..12"),
        ("method: " + "9" * 5000, "is not YAML: Exceeds the limit"),
        ("rules: " + "[" * 5000 + "]" * 5000, "is not YAML: maximum recursion depth exceeded"),
    ],
)
def test_broken_yaml_is_told_with_file_and_line(tmp_path: Path, text: str, where: str) -> None:
    assert where in complaint(tmp_path, text)


def test_aliases_of_aliases_are_not_counted_to_their_end(tmp_path: Path) -> None:
    levels = [f"l{level}: &l{level} [{', '.join([f'*l{level - 1}'] * 9)}]" for level in range(1, 10)]
    assert "\n  l9\n    is not a setting" in complaint(tmp_path, "\n".join(["l0: &l0 [x]", *levels]))


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: No such file or directory"):
        load_settings(tmp_path / "nothing.yaml", environ={})
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="cannot be read: it is not UTF-8"):
        load_settings(tmp_path / "binary", environ={})


def test_an_unknown_variable_is_told_with_the_one_that_was_meant(tmp_path: Path) -> None:
    text = complaint(tmp_path, environ={PREFIX + "SECRET_NAME": "x", PREFIX + "QQQ": "x"})
    assert (
        f"{PREFIX}SECRET_NAME (environment variable)\n    is not a setting; {PREFIX}SECRET__NAME is one"
        in text
    )
    assert f"{PREFIX}QQQ (environment variable)\n    is not a setting" in text


@pytest.mark.parametrize("text", ["[{", "[2026-13-01]", "[" * 5000])
def test_a_broken_list_in_a_variable_is_told(tmp_path: Path, text: str) -> None:
    assert f"{PREFIX}RULES\n    is neither YAML nor JSON" in complaint(
        tmp_path, environ={PREFIX + "RULES": text}
    )


@pytest.mark.parametrize(
    "name",
    [
        "SERVICE_HOST",
        "SERVICE_PORT",
        "SERVICE_PORT_HTTPS",
        "PORT",
        "PORT_443_TCP",
        "PORT_443_TCP_ADDR",
        "OPS_SERVICE_HOST",
        "OPS_PORT_8080_TCP_PROTO",
    ],
)
def test_variables_that_kubernetes_sets_for_our_own_service_are_no_settings(
    tmp_path: Path, name: str
) -> None:
    assert load(tmp_path, environ={PREFIX + name: "tcp://10.0.0.1:443"}).settings == Settings()


def test_what_looks_like_a_token_is_not_repeated(tmp_path: Path) -> None:
    text = complaint(tmp_path, "secret: {name: hf_AbCdEfGhIjKl}")
    assert "AbCdEf" not in text
    assert 'is "hf_…"' in text


def test_a_long_value_is_shortened(tmp_path: Path) -> None:
    assert "X" * 81 not in complaint(tmp_path, "method: " + "X" * 500)


def test_every_setting_is_described_and_its_variable_works(tmp_path: Path) -> None:
    rows = describe_settings()
    assert len(rows) == 46
    for row in rows:
        assert set(row) == {"name", "env", "type", "default", "description"}
        assert row["description"].endswith("."), row
    defaults = {row["env"]: row["default"].strip('"') for row in rows}
    assert load(tmp_path, environ=defaults) == load_settings(environ={})


def test_reading_the_dataclasses_loads_neither_pydantic_nor_a_web_framework() -> None:
    code = (
        "import sys, webhook.settings; print({'pydantic', 'fastapi', 'uvicorn', 'yaml'} & set(sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"


def test_loading_settings_loads_no_web_framework() -> None:
    code = (
        "import sys, webhook.settings as s; s.load_settings(environ={});"
        "print({'fastapi', 'starlette', 'uvicorn'} & set(sys.modules))"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"
