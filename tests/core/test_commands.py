"""What a container runs."""

import pytest

from webhook.core import caps
from webhook.core.caps import OverCapError
from webhook.core.commands import simple_commands
from webhook.core.variables import Environment


def _run(*argv: str, environment: Environment | None = None) -> list[list[str]]:
    return list(simple_commands(argv, environment or Environment({})))


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("a b; c", [["a", "b"], ["c"]]),
        ("if a; then ! b; else c; fi", [["a"], ["b"], ["c"]]),
        ("A=b", []),
        ("A=b a $A", [["a", "\0A\0"]]),
        ("env -i A=b a", [["a"]]),
        ("exec a", [["a"]]),
        ("exec", []),
        ("echo a", []),
        ("eval a b", [["a", "b"]]),
        ("bash x.sh", [["bash", "x.sh"]]),
        ("busybox", [["busybox"]]),
        ("busybox a b", [["a", "b"]]),
        ("timeout 9 hf download x", [["timeout", "9"], ["hf", "download", "x"]]),
        ("for a in 1 2; do b $a $c; done", [["b", "1", "\0c\0"], ["b", "2", "\0c\0"]]),
        ("for a in 1 2; do :; done; b $a", [["b", "1"], ["b", "2"]]),
        ("for a in; do b $a; done", [["b", "\0"]]),
        ("for a; do b $a; done", [["b", "\0"]]),
        ("read a b; c $a $b", [["c", "\0", "\0"]]),
        ("export A=1 B; c $A", [["c", "1"]]),
        ("export", []),
        ("set -e; set -- 1 2; shift; a $1 $#", [["a", "2", "\0#\0"]]),
        ("$A", []),
        ("$A b", [["b"]]),
    ],
)
def test_a_script_runs_these_commands(script: str, expected: list[list[str]]) -> None:
    environment = Environment({"A": {"name": "A", "value": ""}} if script.startswith("$A") else {})
    assert _run("sh", "-c", script, environment=environment) == expected


def test_shells_in_shells_end_at_the_cap() -> None:
    script = "a"
    for _ in range(caps.NESTING):
        script = f"eval {script}"
    assert _run("sh", "-c", script) == []
    assert _run("sh", "-c", script.removeprefix("eval ")) == [["a"]]


def test_a_loop_ends_at_the_cap() -> None:
    values = " ".join(map(str, range(100)))
    assert len(_run("sh", "-c", f"for a in {values}; do b $a; done")) == caps.ROUNDS


def test_a_script_that_runs_itself_ends() -> None:
    environment = Environment({"A": {"name": "A", "value": 'timeout 9 sh -c "$A"'}})
    runs = _run("sh", "-c", 'eval "$A"', environment=environment)
    assert runs == [["timeout", "9"]] * (caps.NESTING - 1)


@pytest.mark.parametrize("script", ['"$@" ' * 1000, "shift;" * 2000])
def test_thousands_of_empty_parameters_are_over_the_cap(script: str) -> None:
    with pytest.raises(OverCapError):
        _run("sh", "-c", script, *[""] * 20_000)
