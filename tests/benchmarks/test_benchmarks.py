import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def measured(*options: str, path: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", *options],
        cwd=ROOT,
        env=None if path is None else {"PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_decision_is_measured_beside_its_baseline() -> None:
    run = measured("--only", "decision", "--output", "json")
    assert run.returncode == 0, run.stderr
    found = json.loads(run.stdout)
    yardstick = found["figures"][0]
    assert yardstick["ratio"] == yardstick["measured"] / yardstick["baseline"]
    assert all(table["rows"] for table in found["tables"])


def test_a_soak_looks_at_the_server_minute_by_minute() -> None:
    run = measured("--only", "soak", "--output", "json")
    assert run.returncode == 0, run.stderr
    [minutes] = json.loads(run.stdout)["tables"]
    assert [row["minute"] for row in minutes["rows"]] == ["1", "2", "3", "4"]
    assert all(row["reviews"] == 40 and row["MiB"] > 0 for row in minutes["rows"])


def test_without_wrk_it_says_how_to_get_it(tmp_path: Path) -> None:
    run = measured("--only", "https", path=str(tmp_path))
    assert run.returncode == 1
    assert "apt-get install wrk" in run.stderr


def test_a_part_that_does_not_exist_is_refused_with_those_that_do() -> None:
    run = measured("--only", "speed")
    assert run.returncode == 2
    assert "decision, https, start, memory, knowledge, large" in run.stderr
