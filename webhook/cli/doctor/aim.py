"""What one run of `doctor` is to look at."""

from pathlib import Path
from typing import NamedTuple

from webhook.doctor.collected import Topic


class Aim(NamedTuple):
    """What is to be looked at.

    Attributes:
        topics: What the chosen checks need.
        namespaces: Those that were asked for; none for all that opted in.
        home: The namespace to look at where Namespaces may not be listed.
        config: A settings file; None for the installed webhook's own.
        configuration: Name of the MutatingWebhookConfiguration.
        connect: HOST:PORT at which the webhook's certificate can be seen; empty for its Secret.
        read_only: No Pod is tried.
        hub: The Hub is asked.
    """

    topics: frozenset[Topic]
    namespaces: tuple[str, ...]
    home: str
    config: Path | None
    configuration: str
    connect: str = ""
    read_only: bool = False
    hub: bool = False
