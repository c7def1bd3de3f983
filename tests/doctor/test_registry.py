from tests.doctor.clusters import cluster
from webhook.doctor.finding import Status
from webhook.doctor.registry import CHECKS, examine, needed


def test_a_cluster_in_which_all_is_well_is_well_in_every_check() -> None:
    """None of the checks has anything to say, and each of the others breaks exactly one thing of it."""
    results = examine(cluster())
    assert {result.check.name: result.findings for result in results if result.status is not Status.OK} == {}


def test_every_check_has_a_name_a_sentence_and_something_to_read() -> None:
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    for check in CHECKS:
        assert check.about.endswith("."), check.name
        assert check.needs, check.name


def test_only_what_the_chosen_checks_need_is_read() -> None:
    (labels,) = (check for check in CHECKS if check.name == "namespace-labels")
    assert needed(["namespace-labels"]) == labels.needs
    assert needed() >= labels.needs
    assert [result.check.name for result in examine(cluster(), ["namespace-labels"])] == ["namespace-labels"]
