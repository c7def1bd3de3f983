"""How each command of the pages is run."""

from typing import Final

from tests.docs.pages import blocks

OFFLINE: Final = {
    "hf-token-injector explain -f examples/hf-uri.yaml": 0,
    "hf-token-injector explain -f examples/pod-of-kserve.yaml": 0,
    "hf-token-injector inject --diff -f examples/hf-uri.yaml": 1,
    "hf-token-injector render network-policy -f examples/": 0,
}
"""Commands that need no cluster, and their exit codes: `test_commands.py` runs them."""

ELSEWHERE: Final = {
    "helm test hf-token-injector --namespace hf-token-injector": (
        "tests/e2e/chart/test_chart_lifecycle.py::test_helm_test_asks_every_entry_and_verifies_its_certificate"
    ),
    "make demo": "tests/test_demo.py::test_the_demo_gets_the_answers_that_it_expects",
}
"""Commands that a test of their own runs, or what they run."""

ON_A_CLUSTER: Final = (
    "README.md",
    "docs/admission-policy.md",
    "docs/chart.md",
    "docs/events.md",
    "docs/explain.md",
    "docs/model-developer.md",
    "docs/network.md",
    "docs/platform-engineer.md",
    "docs/policy.md",
    "docs/rotation.md",
    "docs/runbook.md",
    "docs/secrets.md",
)
"""Pages whose other commands are run one after the other: `tests/e2e/docs`."""

REFUSED: Final = frozenset({"kubectl label namespace team-a hf-token-injector.io/inject=enable"})
"""Commands that the page says to be refused."""


def on_a_cluster(page: str) -> list[str]:
    """Return the commands of a page that need a cluster, in their order."""
    return [
        command
        for block in blocks()
        if block.page == page and not block.reason
        for command in block.commands
        if not (command in OFFLINE or command in ELSEWHERE or command.startswith("make "))
    ]
