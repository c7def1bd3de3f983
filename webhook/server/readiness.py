"""Whether this replica should be called, and if not, why."""


class Readiness:
    """What readiness still waits for: names and sentences. Empty means ready."""

    def __init__(self) -> None:
        self._waiting: dict[str, str] = {"start": "it is starting"}

    def wait_for(self, name: str, sentence: str) -> None:
        """Become unready until `met(name)`."""
        self._waiting[name] = sentence

    def met(self, name: str) -> None:
        """Forget one condition."""
        self._waiting.pop(name, None)

    @property
    def reasons(self) -> list[str]:
        """Why it is not ready; empty when it is."""
        return list(self._waiting.values())
