"""An object as it would be stored: with what a decision changes."""

from webhook.core.decision import Decision, JsonObject


def patched(document: JsonObject, decision: Decision) -> JsonObject:
    """Return an object with a decision's patch applied."""
    if not decision.patch:
        return document
    import jsonpatch  # noqa: PLC0415 - most objects need no patch

    changed: JsonObject = jsonpatch.apply_patch(document, decision.patch)
    return changed
