"""What `$(VAR)` and `$VAR` become."""

from typing import Any

import pytest

from webhook.core import caps
from webhook.core.caps import OverCapError
from webhook.core.variables import UNKNOWN, Budget, Environment


def _environment(*entries: dict[str, Any]) -> Environment:
    return Environment({entry["name"]: entry for entry in entries})


def test_kubernetes_replaces_what_is_known_and_leaves_the_rest() -> None:
    environment = _environment({"name": "A", "value": "x"}, {"name": "B", "value": "$(A)$(C)"})
    assert environment.kubernetes("$(B) $$(A) $A $(D)") == "x$(C) $(A) $A $(D)"
    assert environment.kubernetes("plain") == "plain"
    assert environment.referred == {"A", "B"}


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ({"name": "A"}, ""),
        ({"name": "A", "value": None}, ""),
        ({"name": "A", "value": 7}, UNKNOWN),
        ({"name": "A", "valueFrom": {"fieldRef": {}}}, UNKNOWN),
        ({"name": "A", "value": "x" * (caps.STRING + 1)}, UNKNOWN),
    ],
)
def test_what_is_no_literal_cannot_be_known(entry: dict[str, Any], value: str) -> None:
    assert _environment(entry).get("A") == value


def test_a_script_s_value_hides_the_container_s() -> None:
    environment = _environment({"name": "A", "value": "x"})
    environment.assign("A+", "y")
    assert environment.get("A") == "xy"
    environment.assign("B+", "z")
    assert environment.get("B") == "z"
    assert environment.get("C") is None


def test_values_that_double_are_over_the_cap() -> None:
    entries: list[dict[str, Any]] = [{"name": "V0", "value": "ab"}]
    entries += [{"name": f"V{i}", "value": f"$(V{i - 1})$(V{i - 1})"} for i in range(1, 40)]
    with pytest.raises(OverCapError, match="expand to more than 32 KiB"):
        _environment(*entries).kubernetes("$(V39)")


def test_a_value_that_only_grows_is_over_the_cap() -> None:
    environment = _environment()

    def grow() -> None:
        while True:
            environment.assign("A+", "x" * 1000)

    with pytest.raises(OverCapError):
        grow()


def test_a_budget_is_spent_to_its_last_character() -> None:
    budget = Budget(2)
    budget.take(2)
    with pytest.raises(OverCapError):
        budget.take(1)
