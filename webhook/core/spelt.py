"""The commands that spell misspelt annotations right, by the warnings that tell of them."""

from collections.abc import Iterator

from webhook.core import names, read
from webhook.core.admit import shown
from webhook.core.asked import ON_WORKLOADS, meant, unknown
from webhook.core.decision import JsonObject
from webhook.core.kinds import KINDS, places
from webhook.core.remedies import Target, rename_annotation


def spelt_right(target: Target, document: JsonObject) -> dict[str, str]:
    """Return each warning of a misspelt annotation, as `admit()` says it, with the command that mends it.

    Args:
        target: The object, of a kind that has Pods.
        document: It, raw; it is not changed.
    """
    return dict(_commands(target, document))


def _commands(target: Target, document: JsonObject) -> Iterator[tuple[str, str]]:
    reaching = {path for place in places(document, KINDS[target.kind]) for path in place.reach}
    for path in sorted(reaching | {("metadata",)}):
        # A merge patch replaces lists, so what stands in one is left for people to edit.
        if any(map(str.isdigit, path)):
            continue
        annotations = read.mapping(read.at(document, path), "annotations")
        for key, value in annotations.items():
            near = meant(key, ON_WORKLOADS) if key.startswith(names.PREFIX) else None
            if near is not None and near != key:
                command = rename_annotation(target, path, key, near, None if near in annotations else value)
                yield shown([unknown(key, near)])[0], command
