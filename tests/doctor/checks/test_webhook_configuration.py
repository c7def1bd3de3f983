from dataclasses import replace

from tests.doctor.clusters import ENTRIES, cluster, entry, installed, said
from webhook.core.settings import Settings
from webhook.doctor.collected import Topic, Unread
from webhook.doctor.finding import Status

CHECK = "webhook-configuration"


def test_a_missing_configuration_is_told() -> None:
    ((status, sentence, fix),) = said(cluster(installed=installed(configuration=None)), CHECK)
    assert status is Status.FAIL
    assert "mutating-hf-token-injector does not exist: nothing calls the webhook" in sentence
    assert fix.startswith("helm upgrade --install ")


def test_a_configuration_that_may_not_be_read_is_not_said_to_be_missing() -> None:
    unread = Unread(Topic.CONFIGURATION, "MutatingWebhookConfigurations", "you may not read them")
    found = said(cluster(installed=installed(configuration=None), unread=(unread,)), CHECK)
    assert [(status, "Not looked at" in sentence) for status, sentence, _ in found] == [(Status.WARN, True)]


def test_each_entry_that_is_missing_is_told() -> None:
    for missing in ENTRIES:
        left = [one for one in ENTRIES if one is not missing]
        ((status, sentence, _),) = said(cluster(installed=installed(*left)), CHECK)
        assert status is Status.FAIL
        assert f"has no entry {missing['name']}" in sentence


def test_the_entry_of_the_local_model_cache_is_not_missed_where_there_is_none() -> None:
    left = [one for one in ENTRIES if "local-model" not in one["name"]]
    without = replace(installed(*left), settings=Settings(local_model_namespaces=frozenset()))
    assert said(cluster(installed=without), CHECK) == []


def test_an_entry_without_rules_is_told() -> None:
    broken = installed(entry(ENTRIES[0]["name"], rules=[]), *ENTRIES[1:])
    ((status, sentence, _),) = said(cluster(installed=broken), CHECK)
    assert status is Status.FAIL
    assert "it is never called" in sentence


def test_what_an_entry_may_be_told_otherwise_is_a_warning() -> None:
    for others, word in (
        ({"failurePolicy": "Ignore"}, "get no token"),
        ({"timeoutSeconds": 10}, "a request can pay it three times"),
        ({"matchPolicy": "Exact"}, "matchPolicy Exact and not Equivalent"),
        ({"sideEffects": "Some"}, "sideEffects Some and not NoneOnDryRun"),
        ({"matchConditions": [{"name": "on-weekdays"}]}, "matchCondition on-weekdays in its entry"),
    ):
        broken = installed(entry(ENTRIES[0]["name"], **others), *ENTRIES[1:])
        ((status, sentence, _),) = said(cluster(installed=broken), CHECK)
        assert status is Status.WARN
        assert word in sentence


def test_settings_that_are_assumed_are_told() -> None:
    found = said(cluster(installed=installed(assumed="you may not")), CHECK)
    assert found == [
        (
            Status.WARN,
            "The platform's settings cannot be read (you may not); defaults are assumed.",
            "hf-token-injector doctor --config FILE",
        )
    ]
