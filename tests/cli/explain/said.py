"""What `explain` says first about the Pod that the tests are about, and the commands below it."""

from tests.cli.explain.conftest import Explain
from tests.pasted import unpasteable

POD = "llama-predictor-6d9c-x2x"
HEADING = f"Pod {POD} in namespace team-a: "
RESTART = (
    """  kubectl patch isvc/llama -n team-a --type merge -p '{"spec": {"predictor": {"annotations": """
    """{"hf-token-injector.io/restarted-at": "'"$(date -u +%Y-%m-%dT%H:%M:%SZ)"'"}}}}'"""
)


def first(explain: Explain, *arguments: str) -> list[str]:
    """Return the first line and the commands below it."""
    result = explain(*(arguments or (f"pod/{POD}", "-n", "team-a")))
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    said = lines[: next(i for i, line in enumerate(lines) if i and not line.startswith("  "))]
    commands = [line for line in said[1:] if not line.startswith(("  warning: ", "  policy would "))]
    assert [unpasteable(command) for command in commands] == [None] * len(commands)
    return said


def missing(clause: str) -> str:
    return f"{HEADING}storage-initializer has no token: {clause}."
