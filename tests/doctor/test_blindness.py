"""No check says that all is well of what nobody has seen."""

from dataclasses import replace

import pytest

from tests.doctor.clusters import INJECT, NOW, TEAM, cluster
from webhook.doctor.collected import Collected, Installed, SeenNamespace, Topic, Unread
from webhook.doctor.finding import Status
from webhook.doctor.registry import CHECKS, Check, examine

REFUSED = tuple(Unread(topic, str(topic), "you may not read them", forbidden=True) for topic in Topic)
OF_THE_WEBHOOK = {
    "webhook-configuration",
    "webhook-answers",
    "webhook-selectors",
    "webhook-order",
    "webhook-certificate",
    "server",
}


def well(collected: Collected) -> set[str]:
    """Return the checks that say that all is well."""
    return {result.check.name for result in examine(collected) if result.status is Status.OK}


def test_nothing_is_well_where_nothing_could_be_read() -> None:
    """As for someone without rights: what is looked at is the namespace that the kubeconfig names."""
    taken_for_opted_in = {TEAM: SeenNamespace(name=TEAM, known=False)}
    blind = Collected(now=NOW, namespaces=taken_for_opted_in, hub={}, unread=REFUSED)
    assert len(examine(blind)) == len(CHECKS)
    assert well(blind) == set()
    assert {found.status for result in examine(blind) for found in result.findings} == {Status.WARN}


def test_nothing_of_the_webhook_is_well_where_none_is_installed() -> None:
    """And the first that is said is what installs it."""
    bare = cluster(installed=Installed())
    assert well(bare) == {check.name for check in CHECKS if Topic.HUB not in check.needs} - OF_THE_WEBHOOK
    first = examine(bare)[0].findings[0]
    assert (first.status, first.sentence.startswith("does not exist")) == (Status.FAIL, True)
    assert first.fix.startswith("helm upgrade --install ")


def test_nothing_of_a_namespace_is_well_that_does_not_exist() -> None:
    nowhere = {"nowhere": SeenNamespace(name="nowhere", exists=False)}
    nothing = replace(cluster(namespaces=nowhere, pods=(), secrets={}), hub={})
    assert well(nothing) == {check.name for check in CHECKS if Topic.NAMESPACES not in check.needs}


def test_nothing_of_a_namespace_is_well_that_is_being_deleted() -> None:
    going = {"going": SeenNamespace(name="going", labels={INJECT: "enabled"}, ending=True)}
    nothing = replace(cluster(namespaces=going, pods=(), secrets={}), hub={})
    assert nothing.opted_in == []
    assert well(nothing) == {check.name for check in CHECKS if Topic.NAMESPACES not in check.needs}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_no_check_is_well_without_any_one_thing_that_it_needs(check: Check) -> None:
    """But for Namespaces, where it is about more than those: one that may not be read is looked at."""
    assert cluster(hub={}).nothing_installed is False
    for topic in check.needs - {Topic.NAMESPACES} or check.needs:
        unread = tuple(one for one in REFUSED if one.topic is topic)
        assert check.name not in well(cluster(hub={}, unread=unread)), topic


@pytest.mark.parametrize("name", sorted(OF_THE_WEBHOOK - {"webhook-answers"}))
def test_what_the_configuration_leads_to_is_not_well_where_that_may_not_be_read(name: str) -> None:
    unread = tuple(one for one in REFUSED if one.topic is Topic.CONFIGURATION)
    assert name not in well(cluster(installed=Installed(), unread=unread))
