"""The quick no: whether a look at a container is enough to tell that it names nothing on the Hub.

Most containers of most Pods have nothing to do with a hub. For them a few set and substring tests answer what
reading the command line would (a property test holds the two together); in any doubt the answer is False.
"""

from collections.abc import Collection, Mapping
from typing import Any

from webhook.core import caps
from webhook.core.hub import HUGGING_FACE, Hub
from webhook.core.programs import KNOWN
from webhook.core.servers import by_image

_DOUBTFUL = ("(", "$", " ", "--hf", "python", "pypy")
"""Calls, variables, several words in one item, tokens and interpreters are for the reader."""


def names_nothing(container: Mapping[str, Any], names: Collection[str], hub: Hub = HUGGING_FACE) -> bool:
    """Whether a container surely names nothing on the Hub.

    Args:
        container: Raw; its `env`, where there is one, is a list of objects with names.
        names: Of its variables.
        hub: Whose names to look for.
    """
    argv: list[str] = []
    try:
        for field in ("command", "args"):
            words = container.get(field)
            if words:
                argv += words
        text = "\n".join(argv)
        if hub.scheme in text or len(text) > caps.STRING or not hub.model_variables.isdisjoint(names):
            return False
        env = container.get("env")
        if env and hub.scheme in "\n".join([entry["value"] for entry in env if "value" in entry]):
            return False
    except TypeError:
        return False
    for sign in _DOUBTFUL:
        if sign in text:
            return False
    image = container.get("image")
    server = by_image(image) if type(image) is str and len(image) < caps.IMAGE else None
    return KNOWN.isdisjoint([word.rpartition("/")[2] for word in argv]) and (
        server is None
        or (
            not server.positional
            and server.variables.keys().isdisjoint(names)
            and server.spellings.isdisjoint([word.partition("=")[0] for word in argv])
        )
    )
