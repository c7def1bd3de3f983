"""The runbook says of each alert, reason, outcome and fault what it means and what to do."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from certs.outcome import Cause as CertificateCause
from webhook.cluster.causes import Cause as WatchCause
from webhook.core.policy.finding import Fault
from webhook.core.reasons import Outcome, Reason
from webhook.server.dropped import Dropped
from webhook.server.rotation_metrics import INTERNAL

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "runbook.md").read_text()
RULES = (ROOT / "charts/hf-token-injector/templates/prometheusrule.yaml").read_text()


def rows(heading: str) -> list[tuple[str, str, str]]:
    """Return the rows of the table below a heading: word, meaning, what to do."""
    section = PAGE.partition(f"\n### {heading}\n")[2].partition("\n#")[0]
    return re.findall(r"^\| `(\w+)` \| (.+?) \| (.+) \|$", section, re.MULTILINE)


def told(members: Iterable[Reason | Fault]) -> list[tuple[str, str]]:
    """Return the word and the sentence of each."""
    return [(str(member), member.tell("…")) for member in members]


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("It gets a token", told(reason for reason in Reason if reason.needs)),
        ("It gets none", told(reason for reason in Reason if not reason.needs)),
        ("How a review ends", [(str(outcome), outcome.sentence) for outcome in Outcome]),
        ("What the policy has against an object", told(Fault)),
    ],
)
def test_every_word_has_its_row_with_its_sentence(heading: str, expected: list[tuple[str, str]]) -> None:
    assert [(word, meaning) for word, meaning, _ in rows(heading)] == expected


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("Causes of trouble with certificates", [*map(str, CertificateCause), INTERNAL]),
        ("Why Namespaces or Secrets are not followed", [str(cause) for cause in WatchCause]),
    ],
)
def test_every_cause_has_its_row(heading: str, expected: list[str]) -> None:
    assert [word for word, _, _ in rows(heading)] == expected


def test_every_alert_of_the_chart_has_its_section_in_the_same_order() -> None:
    """`test_chart_monitoring.py` compares with what helm renders."""
    alerts = re.findall(r'\(list "(HfTokenInjector\w+)"', RULES)
    assert len(alerts) > 10
    assert re.findall(r"^### (HfTokenInjector\w+)$", PAGE, re.MULTILINE) == alerts


def test_every_reason_to_close_a_connection_is_told_with_its_alert() -> None:
    section = PAGE.partition("\n### HfTokenInjectorConnectionsDropped\n")[2].partition("\n#")[0]
    assert [why for why in Dropped if f"`{why}`" not in section] == []


def test_every_alert_has_something_to_do() -> None:
    sections = re.split(
        r"^### ", PAGE.partition("\n## Alerts\n")[2].partition("\n## ")[0], flags=re.MULTILINE
    )
    assert [section.splitlines()[0] for section in sections[1:] if "\nDo: " not in section] == []
