import re
from typing import Any

import pytest
import yaml

from webhook.admission_policy.rendering import Kind, render
from webhook.core.names import MissingSecret
from webhook.core.settings import MutatePolicy, Policy, PolicyAction, Rule, SecretRef, Settings

WIDTH = 120


def documents(
    kind: Kind = Kind.ALL, settings: Settings | None = None
) -> dict[tuple[str, str], dict[str, Any]]:
    every = yaml.safe_load_all(render(kind, settings or Settings()))
    return {(one["kind"], one["metadata"]["name"]): one for one in every}


def policies() -> list[dict[str, Any]]:
    return [one for (kind, _), one in documents().items() if kind.endswith("Policy")]


def variable(policy: str, name: str, settings: Settings) -> str:
    found = documents(Kind.MUTATING, settings)["MutatingAdmissionPolicy", policy]["spec"]["variables"]
    (expression,) = [one["expression"] for one in found if one["name"] == name]
    return str(expression)


def test_every_placeholder_is_filled() -> None:
    assert "<<" not in render(Kind.ALL, Settings())


def test_each_binding_is_of_a_policy_that_is_there() -> None:
    found = documents()
    bound = {one["spec"]["policyName"] for (kind, _), one in found.items() if kind.endswith("Binding")}
    assert bound == {name for kind, name in found if kind.endswith("Policy")}


@pytest.mark.parametrize("policy", policies(), ids=lambda policy: policy["metadata"]["name"])
def test_an_expression_refers_only_to_variables_before_it(policy: dict[str, Any]) -> None:
    known: set[str] = set()
    for one in policy["spec"]["variables"]:
        assert set(re.findall(r"variables\.(\w+)", one["expression"])) <= known, one["name"]
        assert one["name"] not in known
        known.add(one["name"])


@pytest.mark.parametrize("policy", policies(), ids=lambda policy: policy["metadata"]["name"])
def test_no_variable_is_left_unused(policy: dict[str, Any]) -> None:
    spec = policy["spec"]
    used = set(re.findall(r"variables\.(\w+)", str(spec)))
    assert {one["name"] for one in spec["variables"]} == used


def test_people_can_read_the_lines() -> None:
    """All but patterns, which RE2 has no way to break."""
    long = [line for line in render(Kind.ALL, Settings()).splitlines() if len(line) > WIDTH]
    assert [line for line in long if ".matches(" not in line and not re.match(r" *r?'", line)] == []


def test_a_rule_becomes_patterns_and_the_default_is_the_last_one() -> None:
    rules = (
        Rule("meta-llama/*", SecretRef("hf-meta", "token"), ("prod-*",)),
        Rule("public/*", None),
    )
    assert yaml.safe_load(variable("hf-token-injector-pods", "rules", Settings(rules=rules))) == [
        ["(?i)^meta\\\\-llama/[^/]*$", "((?i)^prod\\\\-[^/]*$)", "hf-meta", "token"],
        ["(?i)^public/[^/]*$", "", "", ""],
        ["", "", "hf-secret", ""],
    ]


def test_a_missing_secret_holds_the_pod_back_where_the_platform_says_so() -> None:
    required = variable("hf-token-injector-pods", "optional", Settings(missing_secret=MissingSecret.REQUIRE))
    assert "? v : 'require'" in required


def test_nothing_is_written_into_inference_services_where_the_platform_says_never() -> None:
    found = documents(settings=Settings(mutate_inference_services=MutatePolicy.NEVER))
    assert ("MutatingAdmissionPolicy", "hf-token-injector-inferenceservices") not in found
    assert ("MutatingAdmissionPolicy", "hf-token-injector-pods") in found


def test_there_is_no_binding_for_the_model_cache_where_the_platform_has_none() -> None:
    name = ("MutatingAdmissionPolicyBinding", "hf-token-injector-local-model-cache-pods")
    assert name in documents()
    assert name not in documents(settings=Settings(local_model_namespaces=frozenset()))


@pytest.mark.parametrize(
    ("policy", "actions"),
    [
        (Policy(literal_tokens=PolicyAction.ALLOW), {}),
        (Policy(literal_tokens=PolicyAction.WARN), {"": "Warn"}),
        (Policy(literal_tokens=PolicyAction.DENY), {"": "Deny", "-controlled": "Warn"}),
        (Policy(literal_tokens=PolicyAction.DENY, pods=PolicyAction.DENY), {"": "Deny"}),
    ],
)
def test_tokens_in_clear_text_are_refused_or_warned_about_as_the_platform_says(
    policy: Policy, actions: dict[str, str]
) -> None:
    found = documents(Kind.VALIDATING, Settings(policy=policy))
    name = "hf-token-injector-literal-tokens"
    assert actions == {
        key[1].removeprefix(name): one["spec"]["validationActions"][0]
        for key, one in found.items()
        if key[0].endswith("Binding") and key[1].startswith(name)
    }
