"""Why the policies decide otherwise than the webhook: each difference is of the first group that it matches.

A difference that matches none fails the test: it is a mistake, or a limit that nobody has told of.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from tests.e2e.harness.policy_cases import Outcome

Grouped = dict[str, list[str]]
"""Why, to the cases that it is true of."""

NO_SUCH_OBJECT: Final = "The API server takes no such object."

_GROUPS: Final = (
    (r"^pods/method-file/", "Method `file`: the policy gives `env`."),
    (
        r"missing-secret",
        "Whether a Secret exists: CEL cannot know it, so that `skip` and `deny` are as `optional`.",
    ),
    (r"canary", "A canary of an InferenceService: its Pods alone get the entry."),
    (
        r"/places/(init-containers|worker-spec)$",
        "Init containers and workers of an InferenceService: its Pods alone get the entry.",
    ),
    (
        r"^pods/kserve/(worker|sidecar-init-container)$|sh, -c|bash, -",
        "A shell's script that is more than one plain command.",
    ),
    (r"-> PythonCall", "Python code that downloads."),
    (
        r"spec.*-config|-sc,|-modules|-paths|model_args|\"-a\"|LORA_ADAPTERS",
        "Flags and variables that hold JSON, pairs or several models.",
    ),
    (
        r"\[(tini|timeout|env|uv|uvx|conda|torchrun|accelerate|busybox)\b",
        "A program that starts another one: `tini`, `timeout`, `env`, `uv`, `torchrun`.",
    ),
    (
        r"\$\(",
        "`$(VAR)` twice in a word, in a variable's value, or in the arguments of an unknown program.",
    ),
    (r"-> (ModelFlag|DownloadTool)", "A model that stands behind other flags: `vllm serve --port 80 org/x`."),
)


def grouped(outcomes: Mapping[str, Outcome]) -> Grouped:
    """Return the cases that differ, and those that cannot be compared, by why."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name, outcome in outcomes.items():
        if not outcome.agrees or outcome.refused:
            found[_group(name, outcome)].append(name)
    return dict(found)


def _group(name: str, outcome: Outcome) -> str:
    if outcome.refused:
        return NO_SUCH_OBJECT
    for pattern, why in _GROUPS:
        if re.search(pattern, name):
            return why
    raise AssertionError(f"nobody has said why this differs: {name}: {outcome}")
