"""The workflows are pinned, hold the least rights, and call what people call: `make`.

`zizmor` (in `make lint`) and `actionlint` (in `tests/e2e/test_release.py`) look into their steps.
"""

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = {path.name: path for path in sorted((ROOT / ".github" / "workflows").iterdir())}
Job = dict[str, Any]

each_workflow = pytest.mark.parametrize("name", WORKFLOWS)


def _jobs(name: str) -> dict[str, Job]:
    jobs: dict[str, Job] = yaml.safe_load(WORKFLOWS[name].read_text())["jobs"]
    return jobs


def _runs(name: str) -> str:
    """Return all that the steps of a workflow run, one below the other."""
    return "\n".join(
        step["run"] for job in _jobs(name).values() for step in job.get("steps", ()) if "run" in step
    )


def _targets(script: str) -> set[str]:
    """Return what `make` is asked for at the beginning of a line."""
    return {word for line in re.findall(r"^make (.*)$", script, re.MULTILINE) for word in line.split()}


def test_there_are_a_workflow_for_changes_and_one_for_releases() -> None:
    assert set(WORKFLOWS) == {"ci.yaml", "release.yaml"}


@each_workflow
def test_every_action_is_pinned_by_its_commit_and_says_which_version_that_is(name: str) -> None:
    used = re.findall(r"^\s*(?:- )?uses: (.*)$", WORKFLOWS[name].read_text(), re.MULTILINE)
    others = [line for line in used if not line.startswith("./.github/")]
    assert others
    assert [
        line for line in others if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)
    ] == []


def test_an_action_has_one_pin_in_all_workflows() -> None:
    text = "".join(path.read_text() for path in WORKFLOWS.values())
    pins = set(re.findall(r"uses: ([\w./-]+@[0-9a-f]{40} # .*)", text))
    assert len(pins) == len({pin.partition("@")[0] for pin in pins})


@each_workflow
def test_nothing_is_permitted_but_what_a_job_asks_for_with_a_reason(name: str) -> None:
    assert yaml.safe_load(WORKFLOWS[name].read_text())["permissions"] == {}
    assert all("permissions" in job for job in _jobs(name).values())
    lines = re.findall(r"^      ([\w-]+: (?:read|write).*)$", WORKFLOWS[name].read_text(), re.MULTILINE)
    assert [line for line in lines if " # " not in line] == []


@each_workflow
def test_every_job_has_an_end(name: str) -> None:
    assert [
        job for job, text in _jobs(name).items() if "uses" not in text and "timeout-minutes" not in text
    ] == []
    assert "concurrency" in yaml.safe_load(WORKFLOWS[name].read_text())


@each_workflow
def test_a_pipe_fails_where_its_first_command_does(name: str) -> None:
    """GitHub's own default is a bash without `pipefail`."""
    assert yaml.safe_load(WORKFLOWS[name].read_text())["defaults"] == {"run": {"shell": "bash"}}


@each_workflow
def test_no_secret_is_read(name: str) -> None:
    """Signing and pushing need the run's own token and identity, and no other."""
    assert "secrets" not in WORKFLOWS[name].read_text()


@each_workflow
def test_no_checkout_leaves_credentials_behind(name: str) -> None:
    steps = [step for job in _jobs(name).values() for step in job.get("steps", ())]
    checkouts = [step for step in steps if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"]["persist-credentials"] is False for step in checkouts)


def test_two_jobs_may_write_and_only_these_things() -> None:
    writes = {
        f"{name}: {job}": sorted(key for key, right in text["permissions"].items() if right == "write")
        for name in WORKFLOWS
        for job, text in _jobs(name).items()
    }
    assert {job: rights for job, rights in writes.items() if rights} == {
        "release.yaml: image": ["packages"],
        "release.yaml: publish": ["attestations", "contents", "id-token", "packages"],
    }


def test_only_a_job_that_runs_nothing_of_the_repository_can_sign() -> None:
    signing = [job for name in WORKFLOWS for job in _jobs(name).values() if "id-token" in job["permissions"]]
    assert len(signing) == 1
    assert not re.search(r"actions/checkout|\bmake |python|scripts/", str(signing))


@each_workflow
def test_what_is_asked_of_make_exists(name: str) -> None:
    known = re.findall(r"^([\w-]+):.* ## ", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert _targets(_runs(name))
    assert _targets(_runs(name)) - {'"$TARGET"'} <= set(known)


def test_changes_are_checked_by_the_commands_that_decide(tmp_path: Path) -> None:
    """Whichever those are: the jobs are made of `.ci/run`."""
    output = tmp_path / "output"
    [plan] = [step["run"] for step in _jobs("ci.yaml")["plan"]["steps"] if step.get("id") == "plan"]
    subprocess.run(
        ["bash", "-eo", "pipefail", "-c", plan],  # noqa: S607 - as on a runner
        cwd=ROOT,
        env=os.environ | {"GITHUB_OUTPUT": str(output)},
        check=True,
    )
    targets = json.loads(output.read_text().removeprefix("targets="))
    assert targets
    assert set(targets) == _targets((ROOT / ".ci" / "run").read_text())
    [run] = [step for step in _jobs("ci.yaml")["check"]["steps"] if "run" in step]
    assert run == {"env": {"TARGET": "${{ matrix.target }}"}, "run": 'make "$TARGET"'}


def test_every_python_that_is_supported_is_tried() -> None:
    jobs = _jobs("ci.yaml")
    setup = [
        step["with"]["python-version"] for step in jobs["check"]["steps"] if "python" in str(step.get("uses"))
    ]
    pythons = setup + jobs["test"]["strategy"]["matrix"]["python"]
    assert f'requires-python = ">={pythons[0]}"' in (ROOT / "pyproject.toml").read_text()
    assert pythons == [f"3.{minor}" for minor in range(11, 11 + len(pythons))]


def test_the_image_that_is_pushed_is_the_one_that_the_chart_runs() -> None:
    values = yaml.safe_load((ROOT / "charts" / "hf-token-injector" / "values.yaml").read_text())
    release = yaml.safe_load(WORKFLOWS["release.yaml"].read_text())
    assert release["env"]["IMAGE"] == values["image"]["repository"]


def test_a_release_waits_for_all_checks() -> None:
    jobs = _jobs("release.yaml")
    assert jobs["ci"]["uses"] == "./.github/workflows/ci.yaml"
    assert jobs["build"]["needs"] == "ci"
    assert (jobs["image"]["needs"], jobs["publish"]["needs"]) == ("build", ["build", "image"])
