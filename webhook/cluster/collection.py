"""Which objects are followed, and what is kept of them.

Imports no client: the server names these where there is none.
"""

from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

Item = TypeVar("Item")
"""What is kept of an object."""


class Collection(NamedTuple, Generic[Item]):
    """Which objects are followed, and what is kept of them.

    Attributes:
        path: Of all of them.
        key: What tells one from the others: a member of its metadata.
        item: Returns what is kept of its metadata.
        field_selector: Which of them; empty for all.
    """

    path: str
    key: str
    item: Callable[[Mapping[str, Any]], Item]
    field_selector: str = ""

    @property
    def parameters(self) -> dict[str, str]:
        """What every query begins with."""
        return {"fieldSelector": self.field_selector} if self.field_selector else {}
