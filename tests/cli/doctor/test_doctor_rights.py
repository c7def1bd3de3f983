"""The rights that the page about `doctor` names are those that it uses."""

from typing import NamedTuple
from urllib.parse import urlsplit

from tests.cli.doctor.conftest import RunDoctor, namespace
from tests.docs.rights import RIGHTS
from tests.kubernetes_objects import KubernetesObjects
from webhook.cluster import owners, resources
from webhook.cluster.resources import Resource

EVERY = [one for one in vars(resources).values() if isinstance(one, Resource)]


class Right(NamedTuple):
    """What RBAC allows."""

    verb: str
    group: str
    plural: str


OF_OWNERS = {
    Right("get", one.group, one.plural) for one in vars(owners).values() if isinstance(one, Resource)
}
"""Taken by Pods without a token: who made them is read. tests/e2e/test_doctor.py has some."""


def right(method: str, target: str) -> Right | None:
    """Return what a request takes; None for one that everybody may make."""
    path = urlsplit(target).path
    for one in EVERY:
        for version in one.versions:
            rest = path.removeprefix(f"{one.root(version)}/").split("/")
            if path.startswith(f"{one.root(version)}/"):
                inside = rest[2:] if rest[0] == "namespaces" and len(rest) > 2 else rest
                if inside[0] == one.plural:
                    verb = "create" if method == "POST" else "get" if len(inside) > 1 else "list"
                    return Right(verb, one.group, one.plural)
    return None


def test_the_rights_of_the_page_are_those_that_are_used(
    doctor: RunDoctor, installed: KubernetesObjects
) -> None:
    """With all that a cluster may have, and a namespace whose every Pod matters."""
    installed.groups |= {one.group for one in EVERY}
    installed.add(namespace("team-b", "all"))
    for arguments in ((), ("-n", "team-a")):
        assert doctor(*arguments).exit_code in {0, 1}
    used = {right(method, target) for method, target, _ in installed.requests} - {None}
    listed = {
        Right(verb, group, plural)
        for rule in RIGHTS
        for verb in rule["verbs"]
        for group in rule["apiGroups"]
        for plural in rule["resources"]
    }
    assert used - listed == set()
    assert listed - used - OF_OWNERS == set()
    assert OF_OWNERS - listed == set()
