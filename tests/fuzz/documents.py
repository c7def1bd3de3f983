"""Changes documents of JSON at random, and leaves them documents."""

from collections.abc import Iterator, Sequence
from copy import deepcopy
from random import Random
from typing import Any


def changed(document: Any, other: Any, words: Sequence[str], random: Random) -> Any:  # noqa: ANN401 - JSON
    """Return a document with a few values replaced, dropped, repeated, renamed or taken from another."""
    for _ in range(random.randint(1, 3)):
        places = list(_places(document))
        if not places:
            return document
        holder, key = random.choice(places)
        match random.randrange(6):
            case 0:
                del holder[key]
            case 1:
                holder[key] = _junk(words, random)
            case 2 if isinstance(holder, list):
                holder.insert(key, deepcopy(holder[key]))
            case 3 if isinstance(holder, dict):
                holder[random.choice(words)] = holder.pop(key)
            case 4 if isinstance(holder[key], str):
                holder[key] = _spliced(holder[key], random.choice(words), random)
            case _:
                there, name = random.choice(list(_places(other)))
                holder[key] = deepcopy(there[name])
    return document


def _places(node: Any) -> Iterator[tuple[Any, Any]]:  # noqa: ANN401 - JSON
    """Yield holder and key of everything below a node."""
    keys = node.keys() if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else ()
    for key in keys:
        yield node, key
        yield from _places(node[key])


def _junk(words: Sequence[str], random: Random) -> Any:  # noqa: ANN401 - JSON
    word = random.choice(words)
    return random.choice(
        [
            word,
            "",
            None,
            True,
            0,
            -1,
            1.5,
            10**18,
            [],
            {},
            [word],
            {word: word},
            {"name": word, "value": word},
        ]
    )


def _spliced(text: str, word: str, random: Random) -> str:
    begin, end = sorted(random.randint(0, len(text)) for _ in range(2))
    return text[:begin] + word + text[end:]
