"""Containers that are made to be slow to read: each grows with a size, and the time must grow no faster.

Run as a script it prints, for each, the time at a size and at twice that size, and their ratio: about 2 is
linear, 4 would be quadratic, and about 1 is a cap that ended the reading.
"""

import time
from typing import Any

from webhook.core.admit import admit
from webhook.core.decision import Request, Scope

_SIZES = (16 * 1024, 32 * 1024, 60 * 1024)
"""Characters; a string over 64 KiB is not read at all."""

_ROUNDS = 5


def _filled(unit: str, size: int) -> str:
    """Return a text of about `size` characters."""
    return unit * max(1, size // len(unit))


def _shell(script: str, *parameters: str, env: list[dict[str, str]] | None = None) -> dict[str, Any]:
    return {"name": "main", "command": ["sh", "-c", script, *parameters], "env": env or []}


def _python(code: str) -> dict[str, Any]:
    return {"name": "main", "command": ["python", "-c", code]}


def _arguments(size: int, unit: str, *front: str) -> dict[str, Any]:
    return {"name": "main", "command": [*front, *[unit] * (size // (len(unit) + 1))]}


_SCRIPTS = {
    "here-documents": "cat <<E\n",
    "here-documents on one line": "<<E ",
    "here-documents without a word": "<<  ",
    "braces": "${",
    "braces with names": "${A:-",
    "substitutions": "$(",
    "backticks": "`",
    "nested quotes": '"$(',
    "single quotes": "'",
    "double quotes": '"',
    "both quotes": "'\"",
    "parentheses": "(",
    "closing parentheses": "a)",
    "ANSI quotes": "$'\\",
    "dollars": "$",
    "backslashes": "\\",
    "comments": "#\n",
    "redirections": "2>a ",
    "assignments": "a=b ",
    "assignments that add": "a+=bbbb\n",
    "assignments that double": "a=$a$a;",
    "exports": "export a=b;",
    "separators": ";&|",
    "commands": "a b\n",
    "wrapped shells": "x sh -c y;",
    "wrapped names": "x vllm ",
    "wrapped pythons": "x python ",
    "downloads": "hf download o/%\n",
    "evals": "eval ",
    "shifts": "shift;",
    "loops": "for m in a b c d e f;do hf download $m $m;done;",
    "one word of pieces": "a'b'\"c\"",
    "unset variables": "$a",
    "interpreters": "python -m a -m b;",
    "blanks": " ",
    "newlines": "\n",
    "anything": "\x00\x7fé",
}
_CODES = {
    "calls": "snapshot_download(",
    "calls that close": "from_pretrained('o/x')",
    "calls in calls": "from_pretrained(f(from_pretrained('o/x',",
    "calls with blanks": "load_dataset(" + " " * 199,
    "calls with an endless text": "hf_hub_download(" + "a" * 990,
    "calls with tokens": "snapshot_download('o/x', token=t)",
    "calls with open strings": "snapshot_download('" + "a" * 190,
    "calls with half an environ": "from_pretrained(os.environ['" + "a" * 120,
    "settings": "snapshot_download(os.environ['HF_TOKEN']=HF_TOKEN\n",
    "mentions": "snapshot_download(t=HF_TOKEN;",
}


def hostile_containers(size: int) -> dict[str, dict[str, Any]]:
    """Return containers that are hard to read, by what they are made of.

    Args:
        size: About how many characters of text each holds.
    """
    chain = [{"name": "V0", "value": "ab" * 8}]
    chain += [{"name": f"V{i}", "value": f"$(V{i - 1})" * 2} for i in range(1, max(2, size // 16))]
    script_chain = "V0=ab;" + ";".join(f"V{i}=$V{i - 1}$V{i - 1}" for i in range(1, max(2, size // 16)))
    many = [f"m{i}=o/x{i}" for i in range(size // 14)]
    vllm = ("vllm", "serve")
    deep = '{"a":' * (size // 5)
    containers = {name: _shell(_filled(unit, size)) for name, unit in _SCRIPTS.items()}
    containers |= {name: _python(_filled(unit, size)) for name, unit in _CODES.items()}
    containers |= {
        "LoRA modules": {"name": "main", "command": [*vllm, "--lora-modules", *many]},
        "LoRA modules with commas": {"name": "main", "command": [*vllm, "--lora-modules", ",".join(many)]},
        "URIs": _arguments(size, "hf://o/x", "run"),
        "different URIs": {"name": "main", "args": [f"hf://o/x{i}" for i in range(size // 14)]},
        "URIs in one word": {"name": "main", "args": [_filled("hf://", size)]},
        "URIs in one list": {"name": "main", "args": [_filled("hf://o/x,", size)]},
        "JSON arrays": {"name": "main", "command": [*vllm, "--speculative-config", "[" * size]},
        "JSON objects": {"name": "main", "command": [*vllm, "--speculative-config", deep]},
        "JSON modules": {
            "name": "main",
            "command": [*vllm, "--lora-modules", "[" + ",".join(['{"path":"o/x"}'] * (size // 15)) + "]"],
        },
        "one word": _shell("a" * size),
        "one word in quotes": _shell("vllm serve '" + "a/" * (size // 2) + "'"),
        "small arguments": _arguments(size, "a", "run"),
        "empty flags": _arguments(size, "--", "run"),
        "flags": _arguments(size, "--model=o/x", *vllm),
        "flags with underscores": _arguments(size, "--" + "_" * 60, *vllm),
        "servers behind wrappers": _arguments(size, "vllm", "run"),
        "shells behind wrappers": _arguments(size, "sh", "run"),
        "pythons behind wrappers": _arguments(size, "python", "run"),
        "pairs": {"name": "main", "command": ["lm_eval", "--model_args", _filled("model=o/x,", size)]},
        "variables that double": {"name": "main", "args": ["$(V40)"], "env": chain},
        "variables that are used often": {
            "name": "main",
            "args": [_filled("$(V1)", size)],
            "env": [{"name": "V1", "value": "a" * 1000}],
        },
        "variables that do not close": {"name": "main", "args": [_filled("$(" + "a" * 250, size)]},
        "variables of a script that double": _shell(script_chain),
        "parameters": _shell(_filled('"$@" ', size // 2), *[""] * (size // 4)),
        "a script in a variable": _shell("$A", env=[{"name": "A", "value": 'timeout 9 sh -c "$A"'}]),
        "a script that evaluates itself": _shell('eval "$A"', env=[{"name": "A", "value": 'eval "$A$A"'}]),
        "loops in shells in loops": _shell(
            "for a in 1 2 3 4 5 6 7 8;do sh -c '"
            + _filled("for b in 1 2 3 4 5 6 7 8;do x $b;done;", size)
            + "' $a;done"
        ),
        "model variables": {
            "name": "main",
            "args": ["$(MODEL)", _filled("xo/x", size)],
            "env": [{"name": "MODEL", "value": "o/x"}],
        },
        "a long variable": {"name": "main", "args": ["$(A)"], "env": [{"name": "A", "value": "$(" * size}]},
    }
    return containers


def seconds(container: dict[str, Any]) -> float:
    """Return the best processor time of a few decisions about a Pod of that container."""
    pod = {"metadata": {"name": "p"}, "spec": {"containers": [container]}}
    request = Request("", "Pod", "CREATE", "ns", pod, scope=Scope.ALL)
    best = float("inf")
    for _ in range(_ROUNDS):
        start = time.process_time()
        admit(request)
        best = min(best, time.process_time() - start)
    return best


def main() -> None:
    """Print the times."""
    small, medium, large = (hostile_containers(size) for size in _SIZES)
    print(f"{'':36}{'16 KiB':>10}{'32 KiB':>10}{'60 KiB':>10}{'ratio':>7}")
    for name in small:
        times = [seconds(containers[name]) for containers in (small, medium, large)]
        figures = "".join(f"{value * 1000:>7.2f} ms" for value in times)
        print(f"{name:36}{figures}{times[1] / times[0]:>7.1f}")


if __name__ == "__main__":
    main()
