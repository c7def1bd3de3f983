"""Pods of any size, in containers or in bytes."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from benchmarks.yardstick import PATH
from webhook.core import caps
from webhook.core.decision import Operation, Request

Container = Mapping[str, Any]


class Series(NamedTuple):
    """Pods that grow in one direction."""

    title: str
    unit: str
    sizes: Sequence[int]
    containers: Callable[[int], Sequence[Container]]


def request_of(containers: Sequence[Container]) -> Request:
    """Return the creation of a KServe Pod with these containers."""
    pod = json.loads(PATH.read_bytes())["request"]["object"]
    pod["spec"] = {"containers": list(containers)}
    return Request("", "Pod", Operation.CREATE, "team-a", pod)


def _with_model(count: int) -> list[Container]:
    return [
        {
            "name": f"server-{number}",
            "image": "vllm/vllm-openai:v0.11.0",
            "args": ["--model", f"team-a/model-{number}", "--port", "8000"],
            "env": [{"name": "VLLM_LOGGING_LEVEL", "value": "INFO"}],
        }
        for number in range(count)
    ]


def _without_model(count: int) -> list[Container]:
    return [
        {
            "name": f"sidecar-{number}",
            "image": "example.com/sidecar:1",
            "args": ["--listen", "8080"],
            "env": [{"name": "LOG_LEVEL", "value": "info"}],
        }
        for number in range(count)
    ]


def _variables(kilobytes: int) -> list[Container]:
    """One server with as many variables of 100 bytes as it takes."""
    entries = [{"name": f"VARIABLE_{number:05}", "value": "x" * 60} for number in range(kilobytes * 10)]
    return [{**_with_model(1)[0], "env": entries}]


def _arguments(kilobytes: int) -> list[Container]:
    """One server with as many arguments of 20 bytes as it takes."""
    return [
        {**_with_model(1)[0], "args": ["--model", "team-a/model", *["--flag=0123456789"] * (kilobytes * 50)]}
    ]


def _script(kilobytes: int) -> list[Container]:
    """One shell script that ends with the server."""
    line = 'echo "preparing ${STEP:-first} of $TOTAL" && sleep 1\n'
    script = line * (kilobytes * 1000 // len(line)) + "exec vllm serve team-a/model --port 8000"
    return [{"name": "script", "image": "example.com/python:3", "command": ["sh", "-c", script]}]


def _scripts(kilobytes: int) -> list[Container]:
    """Scripts of 50 KB, one a container."""
    return [{**_script(50)[0], "name": f"script-{number}"} for number in range(kilobytes // 50)]


def _expansion(kilobytes: int) -> list[Container]:
    """A variable of 1 KB that one argument refers to again and again."""
    return [
        {
            "name": "server",
            "image": "vllm/vllm-openai:v0.11.0",
            "args": ["--model", "team-a/model", "--comment", "$(TEXT)" * kilobytes],
            "env": [{"name": "TEXT", "value": "x" * 1000}],
        }
    ]


SERIES: Final = (
    Series("Containers that each get a token", "container", (1, 10, 100, 1000), _with_model),
    Series("Containers that name nothing", "container", (1, 10, 100, 1000), _without_model),
    Series("Variables of one container", "KB", (10, 100, 300, 1000), _variables),
    Series("Arguments of one container", "KB", (10, 50, 100, 200, 1000), _arguments),
    Series(f"One script, read up to {caps.STRING // 1024} KiB", "KB", (5, 10, 30, 60, 500), _script),
    Series(f"Scripts, read up to {caps.OBJECT // 1024} KiB", "KB", (50, 100, 250, 1000), _scripts),
    Series(f"$(VAR), expanded up to {caps.EXPANSION // 1024} KiB", "KB", (4, 8, 16, 32, 128), _expansion),
)
