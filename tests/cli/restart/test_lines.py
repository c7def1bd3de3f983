"""What is said while a workload is waited for, where standard error is no terminal."""

import pytest

from webhook.cli.restart.plan import Step, Workload
from webhook.cli.restart.report import Lines

WORKLOAD = Workload("team-a", "isvc/llama", None, "llama", Step.WAIT, "a rollout replaces it already")


def test_each_other_thing_to_wait_for_is_a_line_and_after_a_minute_the_same_again(
    capsys: pytest.CaptureFixture[str],
) -> None:
    now = [0.0]
    told = []
    with Lines(silent=True, clock=lambda: now[0]) as lines:
        lines.begins(WORKLOAD, 1, 2)
        capsys.readouterr()
        for now[0], what in (
            (0.0, "0 of 1 updated"),
            (2.0, "0 of 1 updated"),
            (4.0, "0 of 1 available"),
            (63.0, "0 of 1 available"),
            (64.0, "0 of 1 available"),
            (66.0, "0 of 1 available"),
        ):
            lines.lacks(WORKLOAD, what)
            told.append(capsys.readouterr().err.removeprefix("1 of 2: team-a isvc/llama: "))
    assert told == ["0 of 1 updated\n", "", "0 of 1 available\n", "", "0 of 1 available\n", ""]


def test_the_next_time_begins_anew(capsys: pytest.CaptureFixture[str]) -> None:
    with Lines(silent=False, clock=lambda: 0.0) as lines:
        for _ in range(2):
            lines.begins(WORKLOAD, 1, 1)
            lines.lacks(WORKLOAD, "1 old Pod is there")
    assert capsys.readouterr().err == "1 of 1: team-a isvc/llama: 1 old Pod is there\n" * 2
