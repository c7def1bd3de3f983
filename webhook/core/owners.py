"""Who owns an object, by its `ownerReferences`."""

from collections.abc import Mapping
from typing import Any

from webhook.core import read


def controller(document: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the reference to what controls an object and makes it anew; an empty one where nothing does."""
    for _, owner in read.objects(read.mapping(document, "metadata"), "ownerReferences"):
        if owner.get("controller") is True:
            return owner
    return {}
