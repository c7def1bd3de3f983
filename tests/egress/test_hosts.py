import re

import pytest

from webhook.egress.hosts import NAMES, PATTERNS, Mirror, mirror

PUBLISHED = (
    "huggingface.co",
    "hf.co",
    "cdn-lfs.hf.co",
    "cdn-lfs-us-1.hf.co",
    "cdn-lfs-eu-1.hf.co",
    "cdn-lfs.huggingface.co",
    "cas-bridge.xethub.hf.co",
    "cas-server.xethub.hf.co",
    "cas-server.xethub-eu.hf.co",
    "transfer.xethub.hf.co",
    "transfer.xethub-eu.hf.co",
    "aws.cdn.hf.co",
    "us.aws.cdn.hf.co",
    "us-east-1.aws.cdn.hf.co",
    "ap-southeast-1.aws.cdn.hf.co",
    "us.gcp.cdn.hf.co",
    "us-east1.us.gcp.cdn.hf.co",
    "asia-southeast1.us.gcp.cdn.hf.co",
)
"""Of https://huggingface.co/.well-known/meta.json and the page on downloads behind a firewall; 2026."""


def matches(pattern: str, name: str) -> bool:
    """Match as Cilium does before 1.19: a `*` is any number of characters of one label."""
    return re.fullmatch(re.escape(pattern).replace(r"\*", "[-a-z0-9_]*"), name) is not None


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_published_name_is_let_through(name: str) -> None:
    assert name in NAMES or any(matches(pattern, name) for pattern in PATTERNS)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_is_there_for_a_published_name(pattern: str) -> None:
    assert any(matches(pattern, name) for name in PUBLISHED)


@pytest.mark.parametrize("name", ["hf.co.example", "evilhuggingface.co", "huggingface.co.evil.example"])
def test_other_peoples_names_are_not(name: str) -> None:
    assert name not in NAMES
    assert not any(matches(pattern, name) for pattern in PATTERNS)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://hub.example", Mirror("https://hub.example", "hub.example", 443)),
        ("https://hub.example:8443/hf", Mirror("https://hub.example:8443", "hub.example", 8443)),
        ("http://hub", Mirror("http://hub", "hub", 80, "team")),
        (
            "http://hub.models.svc:8080",
            Mirror("http://hub.models.svc:8080", "hub.models.svc", 8080, "models"),
        ),
        (
            "http://hub.models.svc.cluster.local",
            Mirror("http://hub.models.svc.cluster.local", "hub.models.svc.cluster.local", 80, "models"),
        ),
        ("http://[fd00::1]:80", Mirror("http://[fd00::1]:80", "fd00::1", 80)),
        ("https://hub.example:nine", Mirror("", "", 0)),
        ("mirror", Mirror("://", "", 0)),
    ],
)
def test_an_endpoint_is_read_as_its_url_says(url: str, expected: Mirror) -> None:
    assert mirror(url, "team") == expected


def test_no_password_of_an_endpoint_is_shown() -> None:
    shown = mirror("https://user:secret@hub.example/x", "team")
    assert shown == Mirror("https://hub.example", "hub.example", 443)
