"""All that can be fuzzed, by name."""

from typing import Final

from tests.fuzz.containers import CONTAINERS
from tests.fuzz.reviews import REVIEWS
from tests.fuzz.target import Target

TARGETS: Final[dict[str, Target]] = {target.name: target for target in (REVIEWS, CONTAINERS)}
