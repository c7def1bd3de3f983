from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certs import bundle
from certs.authority import Pair, issue_authority, issue_leaf
from certs.verify import Fault, is_authority, issuer_of, leaf_names, verify_authority, verify_leaf

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAME = "hook.platform.svc"
LATER = timedelta(days=10)


def made(
    *extensions: x509.ExtensionType,
    common_name: str = "made",
    signer: tuple[Pair, str] | None = None,
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | None = None,
) -> Pair:
    """Return a certificate with exactly these extensions, signed by itself or by another."""
    own = key or ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)] if common_name else [])
    issuer, signing = subject, own
    if signer:
        issuer = x509.load_pem_x509_certificate(signer[0].certificate).subject
        loaded = serialization.load_pem_private_key(signer[0].key, None)
        assert isinstance(loaded, ec.EllipticCurvePrivateKey)
        signing = loaded
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - LATER)
        .not_valid_after(NOW + LATER)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    certificate = builder.sign(signing, hashes.SHA256())
    return Pair(
        certificate.public_bytes(serialization.Encoding.PEM),
        own.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )


AUTHORITY = issue_authority("ours", now=NOW)
TRUSTED = bundle.parse(AUTHORITY.certificate).certificates
LEAF = issue_leaf(AUTHORITY, [NAME, "127.0.0.1", "*.example.org"], now=NOW)
CA = x509.BasicConstraints(ca=True, path_length=None)


def faults(
    pair: Pair, *, trusted: bundle.Bundle = TRUSTED, name: str = NAME, now: datetime = NOW
) -> list[Fault]:
    problems = verify_leaf(pair, trusted, [name], now=now)
    assert all(problem.sentence.endswith(".") and "PRIVATE" not in problem.sentence for problem in problems)
    return [problem.fault for problem in problems]


def test_a_good_pair_has_no_problems() -> None:
    assert faults(LEAF) == []


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda pair: pair._replace(key=AUTHORITY.key), Fault.WRONG_KEY),
        (lambda pair: pair._replace(key=pair.key[:80]), Fault.UNREADABLE_KEY),
        (lambda pair: pair._replace(certificate=pair.certificate[:-60]), Fault.UNREADABLE_CERTIFICATE),
        (lambda _: issue_leaf(issue_authority("x", now=NOW), [NAME], now=NOW), Fault.UNTRUSTED),
        (lambda _: issue_leaf(AUTHORITY, ["other.svc"], now=NOW), Fault.WRONG_NAME),
        (
            lambda _: made(x509.SubjectAlternativeName([x509.DNSName(NAME)]), signer=(AUTHORITY, "")),
            None,
        ),
        (lambda _: made(signer=(AUTHORITY, "")), Fault.WRONG_NAME),
        (
            lambda _: made(
                x509.SubjectAlternativeName([x509.DNSName(NAME)]),
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]),
                signer=(AUTHORITY, ""),
            ),
            Fault.NOT_FOR_SERVERS,
        ),
    ],
)
def test_each_bad_pair_has_its_problem(spoil: Callable[[Pair], Pair], fault: Fault | None) -> None:
    assert faults(spoil(LEAF)) == ([fault] if fault else [])


def test_an_expired_leaf_says_when() -> None:
    leaf = issue_leaf(AUTHORITY, [NAME], now=NOW, lifetime=timedelta(days=1))
    (problem,) = verify_leaf(leaf, TRUSTED, [NAME], now=NOW + timedelta(days=1))
    assert problem == (Fault.EXPIRED, "The certificate expired on 2026-03-02 12:00:00 UTC.")


def test_a_leaf_of_the_future_says_when_it_begins() -> None:
    leaf = issue_leaf(AUTHORITY, [NAME], now=NOW + timedelta(days=1))
    (problem,) = verify_leaf(leaf, TRUSTED, [NAME], now=NOW)
    assert problem == (Fault.NOT_YET_VALID, "The certificate is not valid before 2026-03-02 11:00:00 UTC.")


def test_an_expired_authority_verifies_nothing() -> None:
    authority = issue_authority("old", now=NOW - LATER, lifetime=timedelta(days=5))
    leaf = made(x509.SubjectAlternativeName([x509.DNSName(NAME)]), signer=(authority, ""))
    assert faults(leaf, trusted=bundle.parse(authority.certificate).certificates) == [Fault.EXPIRED]


def test_an_issuer_without_basic_constraints_is_no_authority() -> None:
    issuer = made(common_name="bare")
    leaf = made(x509.SubjectAlternativeName([x509.DNSName(NAME)]), signer=(issuer, ""))
    assert faults(leaf, trusted=bundle.parse(issuer.certificate).certificates) == [Fault.NO_AUTHORITY]
    assert [problem.fault for problem in verify_authority(issuer, now=NOW)] == [Fault.NO_AUTHORITY]


def test_an_intermediate_that_is_sent_along_closes_the_chain() -> None:
    middle = made(CA, common_name="middle", signer=(AUTHORITY, ""))
    leaf = made(x509.SubjectAlternativeName([x509.DNSName(NAME)]), signer=(middle, ""))
    assert faults(leaf) == [Fault.UNTRUSTED]
    assert faults(leaf._replace(certificate=leaf.certificate + middle.certificate)) == []


def test_a_bundle_may_hold_the_leaf_itself() -> None:
    leaf = made(x509.SubjectAlternativeName([x509.DNSName(NAME)]), common_name="")
    assert faults(leaf, trusted=bundle.parse(leaf.certificate).certificates) == []
    assert verify_leaf(leaf, (), [NAME], now=NOW)[0].sentence == (
        "None of the 0 trusted CAs issued the certificate (no name did)."
    )


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("HOOK.platform.svc", True),
        ("127.0.0.1", True),
        ("a.example.org", True),
        ("a.b.example.org", False),
        ("example.org", False),
        ("127.0.0.2", False),
    ],
)
def test_names_match_as_browsers_match_them(name: str, *, fits: bool) -> None:
    assert faults(LEAF, name=name) == ([] if fits else [Fault.WRONG_NAME])


def test_a_star_is_no_part_of_an_address() -> None:
    leaf = issue_leaf(AUTHORITY, ["*.0.0.1"], now=NOW)
    assert faults(leaf, name="127.0.0.1") == [Fault.WRONG_NAME]


def test_an_authority_needs_its_own_key_of_the_right_kind() -> None:
    assert verify_authority(AUTHORITY, now=NOW) == ()
    wrong = verify_authority(AUTHORITY._replace(key=LEAF.key), now=NOW)
    assert [problem.fault for problem in wrong] == [Fault.WRONG_KEY]
    ill = verify_authority(Pair(b"", b""), now=NOW)
    assert ill[0].sentence == "The CA certificate is not PEM, or is cut short."
    other = made(CA, key=rsa.generate_private_key(public_exponent=65537, key_size=2048))
    assert verify_authority(other, now=NOW)[0].sentence == "The CA's private key is no elliptic curve key."


def test_a_certificate_whose_key_may_not_sign_is_no_authority() -> None:
    usage = x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=False,
        crl_sign=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
    assert not is_authority(bundle.parse(made(CA, usage).certificate).certificates[0])


def test_the_issuer_of_a_leaf_is_found_among_others() -> None:
    others = bundle.parse(issue_authority("ours", now=NOW).certificate).certificates
    assert issuer_of(LEAF.certificate, (*others, *TRUSTED)) == TRUSTED[0]
    assert issuer_of(LEAF.certificate, others) is None
    assert issuer_of(b"garbage", TRUSTED) is None


def test_the_names_of_a_leaf_are_listed() -> None:
    leaf = bundle.parse(LEAF.certificate).certificates[0]
    assert leaf_names(leaf) == (NAME, "*.example.org", "127.0.0.1")


def test_an_authority_without_a_key_identifier_signs_too() -> None:
    brought = made(CA, common_name="corporate")
    leaf = issue_leaf(brought, [NAME], now=NOW, lifetime=timedelta(days=1))
    assert faults(leaf, trusted=bundle.parse(brought.certificate).certificates) == []


def test_the_key_of_a_pair_is_not_in_its_repr() -> None:
    assert "PRIVATE" not in repr(LEAF)
    assert "CERTIFICATE" in repr(LEAF)
