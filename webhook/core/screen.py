"""The quick no: whether a look at a container is enough to tell that it names nothing on the Hub.

Most containers of most Pods have nothing to do with a hub. For them a few set and substring tests answer what
reading the command line would (a property test holds the two together); in any doubt the answer is False.
"""

from collections.abc import Mapping
from typing import Any

from webhook.core import caps
from webhook.core.hub import HUGGING_FACE, Hub
from webhook.core.programs import KNOWN
from webhook.core.servers import by_image

_DOUBTFUL = ("(", "$", "python", "pypy")
"""Calls, variables and interpreters are for the reader."""


def names_nothing(
    container: Mapping[str, Any], entries: Mapping[str, Mapping[str, Any]], hub: Hub = HUGGING_FACE
) -> bool:
    """Whether a container surely names nothing on the Hub.

    Args:
        container: Raw.
        entries: Its variables by name.
        hub: Whose names to look for.
    """
    image = container.get("image")
    server = by_image(image) if type(image) is str and len(image) < caps.IMAGE else None
    if server is not None and (server.positional or not server.variables.keys().isdisjoint(entries)):
        return False
    if not hub.model_variables.isdisjoint(entries):
        return False
    argv = []
    for field in ("command", "args"):
        words = container.get(field)
        if words:
            argv += words
    try:
        text = "\n".join(argv)
        values = "\n".join([entry["value"] for entry in entries.values() if "value" in entry])
    except TypeError:
        return False
    if hub.scheme in values or hub.scheme in text or len(text) > caps.STRING:
        return False
    for sign in _DOUBTFUL:
        if sign in text:
            return False
    if not KNOWN.isdisjoint([word.rpartition("/")[2] for word in argv]):
        return False
    if server is not None:
        return server.speaking.isdisjoint(
            [word.partition("=")[0].partition(" ")[0].replace("_", "-") for word in argv]
        )
    return True
