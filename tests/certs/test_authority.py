import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import PolicyBuilder, Store

from certs.authority import Pair, issue_authority, issue_leaf, service_names
from certs.lifetimes import BACKDATE

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMES = ["hf-token-injector.platform.svc", "127.0.0.1", "::1"]


@pytest.fixture
def authority() -> Pair:
    return issue_authority("hf-token-injector", now=NOW, lifetime=timedelta(days=10))


def read(pair: Pair) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pair.certificate)


def test_an_authority_signs_certificates_and_nothing_else(authority: Pair) -> None:
    extensions = read(authority).extensions
    constraints = extensions.get_extension_for_class(x509.BasicConstraints)
    usage = extensions.get_extension_for_class(x509.KeyUsage)
    assert constraints.critical
    assert (constraints.value.ca, constraints.value.path_length) == (True, 0)
    assert usage.critical
    assert (usage.value.key_cert_sign, usage.value.crl_sign, usage.value.digital_signature) == (
        True,
        True,
        False,
    )


def test_a_leaf_is_for_servers_and_signs_no_certificates(authority: Pair) -> None:
    extensions = read(issue_leaf(authority, NAMES, now=NOW, lifetime=timedelta(days=1))).extensions
    assert not extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.SERVER_AUTH
    ]
    usage = extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.key_cert_sign) == (True, False)


def test_names_are_dns_names_or_addresses_by_their_form(authority: Pair) -> None:
    names = (
        read(issue_leaf(authority, NAMES, now=NOW, lifetime=timedelta(days=1)))
        .extensions.get_extension_for_class(x509.SubjectAlternativeName)
        .value
    )
    assert names.get_values_for_type(x509.DNSName) == ["hf-token-injector.platform.svc"]
    assert names.get_values_for_type(x509.IPAddress) == [ip_address("127.0.0.1"), ip_address("::1")]


def test_a_strict_verifier_accepts_the_chain(authority: Pair) -> None:
    leaf = issue_leaf(authority, NAMES, now=NOW, lifetime=timedelta(days=1))
    verifier = (
        PolicyBuilder()
        .store(Store([read(authority)]))
        .time(NOW)
        .build_server_verifier(x509.DNSName(NAMES[0]))
    )
    assert verifier.verify(read(leaf), []) == [read(leaf), read(authority)]


def test_the_leaf_points_to_its_authority_by_key(authority: Pair) -> None:
    leaf = read(issue_leaf(authority, NAMES, now=NOW, lifetime=timedelta(days=1)))
    mine = read(authority).extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    theirs = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    own = leaf.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    assert theirs.key_identifier == mine.digest
    assert own.digest != mine.digest


def test_times_are_the_clock_that_was_given(authority: Pair) -> None:
    certificate = read(authority)
    assert certificate.not_valid_before_utc == NOW - BACKDATE
    assert certificate.not_valid_after_utc == NOW + timedelta(days=10)


def test_a_leaf_never_outlives_its_authority(authority: Pair) -> None:
    leaf = read(issue_leaf(authority, NAMES, now=NOW + timedelta(days=9), lifetime=timedelta(days=30)))
    assert leaf.not_valid_after_utc == read(authority).not_valid_after_utc


def test_a_leaf_begins_no_earlier_than_its_authority(authority: Pair) -> None:
    leaf = read(issue_leaf(authority, NAMES, now=NOW - timedelta(hours=1), lifetime=timedelta(days=1)))
    assert leaf.not_valid_before_utc == read(authority).not_valid_before_utc


def test_keys_are_p256_and_python_can_serve_them(authority: Pair, tmp_path: Path) -> None:
    leaf = issue_leaf(authority, NAMES, now=NOW, lifetime=timedelta(days=1))
    key = serialization.load_pem_private_key(leaf.key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert key.curve.name == "secp256r1"
    both = tmp_path / "both.pem"
    both.write_bytes(leaf.certificate + leaf.key)
    ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(both)


def test_a_long_name_is_cut_where_x509_ends_it() -> None:
    subject = read(issue_authority("a" * 100, now=NOW, lifetime=timedelta(days=1))).subject
    assert subject.rfc4514_string() == "CN=" + "a" * 64


def test_every_leaf_has_a_key_and_a_serial_of_its_own(authority: Pair) -> None:
    one, other = (issue_leaf(authority, NAMES, now=NOW, lifetime=timedelta(days=1)) for _ in range(2))
    assert one.key != other.key
    assert read(one).serial_number != read(other).serial_number


@pytest.mark.parametrize(
    ("now", "lifetime", "sentence"),
    [
        (NOW.replace(tzinfo=None), timedelta(days=1), "zone"),
        (NOW, timedelta(0), "positive"),
    ],
)
def test_a_time_without_a_zone_or_an_empty_lifetime_is_refused(
    now: datetime, lifetime: timedelta, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        issue_authority("x", now=now, lifetime=lifetime)


def test_a_leaf_without_names_is_refused(authority: Pair) -> None:
    with pytest.raises(ValueError, match="at least one"):
        issue_leaf(authority, [], now=NOW, lifetime=timedelta(days=1))


def test_an_expired_authority_signs_nothing(authority: Pair) -> None:
    with pytest.raises(ValueError, match="expired on 2026-03-11 12:00:00 UTC"):
        issue_leaf(authority, NAMES, now=NOW + timedelta(days=10), lifetime=timedelta(days=1))


def test_an_authority_with_another_kind_of_key_is_refused(authority: Pair) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with pytest.raises(ValueError, match="elliptic"):
        issue_leaf(authority._replace(key=key), NAMES, now=NOW, lifetime=timedelta(days=1))


def test_a_service_has_the_name_that_the_api_server_asks_for_and_three_more() -> None:
    assert service_names("hook", "platform", "corp.example.") == (
        "hook.platform.svc",
        "hook.platform.svc.corp.example",
        "hook.platform",
        "hook",
    )
