"""The yardstick: the review of a Pod as KServe makes it, 6.8 KB; one container of three gets a token."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any, Final

import jsonpatch

ROOT: Final = Path(__file__).parent.parent
PATH: Final = ROOT / "tests" / "data" / "review-pod.json"


class WrongAnswer(Exception):  # noqa: N818 - named for what came
    """A server does not answer as it must, so its speed means nothing."""


def check(answer: bytes, *, patched: bool) -> None:
    """See that an answer is the right one for the yardstick.

    Args:
        answer: The body that a server sent.
        patched: Whether it must give `storage-initializer` its token; the no-op gives nothing.

    Raises:
        WrongAnswer: It is another.
    """
    review = json.loads(PATH.read_bytes())
    response: dict[str, Any] = json.loads(answer)["response"]
    if response["uid"] != review["request"]["uid"] or response["allowed"] is not True:
        raise WrongAnswer(f"not the answer to the yardstick: {answer!r}")
    if not patched:
        return
    pod = jsonpatch.apply_patch(review["request"]["object"], b64decode(response["patch"]).decode())
    holders = [
        container["name"]
        for container in (*pod["spec"]["initContainers"], *pod["spec"]["containers"])
        if any(entry["name"] == "HF_TOKEN" for entry in container["env"])
    ]
    if holders != ["storage-initializer"]:
        raise WrongAnswer(f"the token went to {holders}")
