"""Whether a Pod has an old token: whether it is older than its Secret's last change, or than a given time."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from webhook.cli.restart.times import written
from webhook.cluster.changes import last_change, moment
from webhook.cluster.client import StatusError
from webhook.cluster.reader import Reader
from webhook.cluster.resources import CONFIG_MAP, SECRET
from webhook.core import read
from webhook.core.held import Held
from webhook.core.names import Method
from webhook.core.record import Recorded
from webhook.core.started import started


class Age(NamedTuple):
    """What is known of the age of a Pod's token.

    Attributes:
        why: The reason, as a sentence without its full stop.
        old: Whether it is older than the token that new Pods get.
        unknown: Whether that cannot be told.
        absent: Whether there is no token that a new Pod would get.
        since: What is older than this is old.
    """

    why: str
    old: bool = False
    unknown: bool = False
    absent: bool = False
    since: datetime | None = None


class Ages:
    """Judges Pods; each Secret's metadata is read once, its value never."""

    def __init__(self, reader: Reader, older_than: datetime | None, *, skip_ended: bool = False) -> None:
        """Prepare.

        Args:
            reader: Of the cluster.
            older_than: Pods older than this are old; without it, those older than their Secret's change.
            skip_ended: Entries of containers that have ended do not count.
        """
        self._skip_ended = skip_ended
        self._reader = reader
        self._older_than = older_than
        self._changes: dict[tuple[str, Recorded], Age] = {}

    async def of(self, pod: Mapping[str, Any], held: list[Held]) -> Age:
        """Judge a Pod by its entries of ours.

        Raises:
            NoAnswerError: There was no answer.
        """
        metadata = pod["metadata"]
        by_env = [one for one in held if one.recorded.method is Method.ENV]
        if not by_env:
            return Age("it reads the token from a file, which is kept up to date")
        if self._skip_ended and all(one.ends for one in held):
            return Age("only containers that have ended had the token")
        if moment(read.string(metadata, "creationTimestamp")) is None:
            return Age("it says nothing of when it was made", unknown=True)
        starts = [(one.recorded, start) for one in by_env if (start := moment(started(pod, one.container)))]
        if not starts:
            return Age(
                "none of its containers that get the token has started, and each gets it as it is then"
            )
        ages = []
        for recorded, start in dict.fromkeys(starts):
            age = await self._since(read.string(metadata, "namespace"), recorded)
            if age.since is not None and start < age.since:
                return age._replace(old=True)
            ages.append(age)
        special = next((age for age in ages if age.unknown), None) or next(
            (age for age in ages if age.absent), None
        )
        return special or Age(ages[0].why if ages[0].since is None else "it has started after that")

    async def _since(self, namespace: str, recorded: Recorded) -> Age:
        """Return since when a token is what it is."""
        if self._older_than is not None:
            return Age(f"older than {written(self._older_than)}", since=self._older_than)
        key = (namespace, recorded)
        if key not in self._changes:
            self._changes[key] = await self._changed(namespace, recorded)
        return self._changes[key]

    async def _changed(self, namespace: str, recorded: Recorded) -> Age:
        resource = CONFIG_MAP if recorded.config_map else SECRET
        what = f"{resource.kind} {recorded.secret}"
        try:
            found = await self._reader.get(resource, recorded.secret, namespace, metadata_only=True)
        except StatusError as error:
            why = f"when {what} was changed may not be read, and --older-than would do without ({error})"
            return Age(why, unknown=True)
        if found is None:
            return Age(f"{what} does not exist, so a restart would give no token", absent=True)
        changed = last_change(read.mapping(found, "metadata"), recorded.key)
        if changed is None:
            return Age(f"{what} says nothing of when it was changed; --older-than would", unknown=True)
        return Age(f"older than {what}, changed at {written(changed)}", since=changed)
