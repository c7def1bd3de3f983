"""The one entry to the core."""

from webhook.core.decision import Decision, Request
from webhook.core.knowledge import UNKNOWN, Knowledge
from webhook.core.reasons import Outcome
from webhook.core.settings import Settings

_DEFAULTS = Settings()


def admit(request: Request, knowledge: Knowledge = UNKNOWN, settings: Settings = _DEFAULTS) -> Decision:
    """Decide about one object: what is injected, why, or why it is refused.

    Pure: the same arguments give the same answer, no argument is changed, nothing is raised for any object.
    """
    return Decision(Outcome.NOT_NEEDED)
