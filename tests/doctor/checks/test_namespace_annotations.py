from tests.doctor.clusters import TEAM, cluster, namespace, said
from webhook.doctor.collected import SeenNamespace
from webhook.doctor.finding import Status

CHECK = "namespace-annotations"


def test_a_malformed_value_is_told() -> None:
    seen = namespace(secret="Not_A_Name", method="file")
    ((status, sentence, fix),) = said(cluster(namespaces={TEAM: seen}), CHECK)
    assert status is Status.FAIL
    assert "annotation hf-token-injector.io/secret must be the name of a Secret" in sentence
    assert fix == f"kubectl annotate namespace {TEAM} hf-token-injector.io/secret=VALUE --overwrite"


def test_a_key_that_nobody_reads_is_told() -> None:
    for key in ("hf-token-injector.io/containers", "hf-token-injector.io/model"):
        seen = SeenNamespace(name=TEAM, annotations={key: "x"})
        ((status, sentence, fix),) = said(cluster(namespaces={TEAM: seen}), CHECK)
        assert status is Status.FAIL
        assert sentence == (
            f"Namespace {TEAM} has annotation {key}, which nobody reads on a Namespace; those that are: "
            "method, missing-secret, secret, secret-key."
        )
        assert fix == f"kubectl annotate namespace {TEAM} {key}-"


def test_a_key_that_is_misspelt_is_told_with_the_one_that_is_meant() -> None:
    meant = "hf-token-injector.io/secret"
    for key in ("hf-token-injector.io/secretname", "hf-token-injector.io/Secret", "hf-token-injector/secret"):
        seen = SeenNamespace(name=TEAM, annotations={key: "my secret"})
        ((status, sentence, fix),) = said(cluster(namespaces={TEAM: seen}), CHECK)
        assert status is Status.FAIL
        assert sentence.endswith(
            f"has annotation {key}, which nobody reads on a Namespace; did you mean {meant}?"
        )
        assert fix == f"kubectl annotate namespace {TEAM} {key}- {meant}='my secret'"
        both = SeenNamespace(name=TEAM, annotations={key: "other", meant: "mine"})
        ((_, _, fix),) = said(cluster(namespaces={TEAM: both}), CHECK)
        assert fix == f"kubectl annotate namespace {TEAM} {key}-"


def test_an_annotation_that_was_set_as_a_label_is_told() -> None:
    seen = SeenNamespace(name=TEAM, labels={"hf-token-injector.io/secret": "mine"})
    ((status, sentence, _),) = said(cluster(namespaces={TEAM: seen}), CHECK)
    assert (status, "it is an annotation" in sentence) == (Status.FAIL, True)
