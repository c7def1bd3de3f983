from webhook.cli.refusals import folded, short


def refusal(verb: str, resource: str, where: str = 'in the namespace "team-a"', group: str = "") -> str:
    """Return what the client says of an API server that refuses."""
    return (
        f'https://127.0.0.1:6443 answers 403: {resource} is forbidden: User "jane" cannot {verb} resource '
        f'"{resource}" in API group "{group}" {where}'
    )


def test_what_a_user_may_not_do_in_one_place_is_one_sentence() -> None:
    said = [
        refusal("get", "namespaces"),
        refusal("list", "pods"),
        "whether a condition holds: that takes CEL",
        refusal("list", "deployments", group="apps"),
        refusal("list", "pods"),
        refusal("list", "pods", 'in the namespace "team-b"'),
        refusal("list", "nodes", "at the cluster scope"),
    ]
    assert folded(said) == [
        "Not seen in namespace team-a, as user jane may not get namespaces; list pods, deployments.",
        "Not seen in namespace team-b, as user jane may not list pods.",
        "Not seen, as user jane may not list nodes.",
        "Not seen: whether a condition holds: that takes CEL.",
    ]


def test_one_refusal_is_short_and_all_else_is_as_it_was_said() -> None:
    assert short(refusal("get", "configmaps")) == "user jane may not get configmaps in namespace team-a"
    assert short("there is no ConfigMap") == "there is no ConfigMap"
