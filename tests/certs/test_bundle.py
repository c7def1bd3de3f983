from datetime import UTC, datetime, timedelta

from cryptography import x509
from hypothesis import given
from hypothesis import strategies as st

from certs import bundle
from certs.authority import issue_authority
from certs.lifetimes import (
    AUTHORITY_LIFETIME,
    BACKDATE,
    CLOCK_ERROR,
    LEAF_LIFETIME,
    LOOK_GAP,
    RENEW_AFTER,
    RETIREMENT_MARGIN,
    SEEN_AFTER,
    due,
)
from certs.report import BUSY_LOOK

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
PEMS = [issue_authority(f"ca-{n}", now=NOW, lifetime=timedelta(days=n + 1)).certificate for n in range(4)]
CERTIFICATES = tuple(bundle.parse(pem).certificates[0] for pem in PEMS)


@given(st.lists(st.sampled_from(CERTIFICATES)))
def test_what_is_written_is_read_again_in_its_order(certificates: list[x509.Certificate]) -> None:
    unique = bundle.merge(certificates)
    assert bundle.parse(bundle.serialise(unique)) == (unique, True)


@given(st.binary())
def test_any_bytes_can_be_read(text: bytes) -> None:
    assert bundle.parse(text) == ((), not text.strip())


@given(st.permutations(CERTIFICATES), st.text(" \n\t", min_size=1))
def test_order_repetition_and_white_space_change_nothing(order: list[x509.Certificate], space: str) -> None:
    text = space.encode().join([b"", *(bundle.serialise([one]) for one in (*order, order[0])), b""])
    assert bundle.same(bundle.parse(text).certificates, CERTIFICATES)
    assert not bundle.same(CERTIFICATES[1:], CERTIFICATES)


def test_what_cannot_be_read_is_passed_over_and_told() -> None:
    broken = PEMS[0].replace(b"MII", b"AII", 1)
    assert bundle.parse(broken + PEMS[1]) == (CERTIFICATES[1:2], False)
    assert bundle.parse(b"# our CA\n" + PEMS[1]) == (CERTIFICATES[1:2], False)
    assert bundle.parse(PEMS[1] + PEMS[1]) == (CERTIFICATES[1:2], False)
    assert bundle.first(broken) is None


def test_more_certificates_than_anybody_has_are_not_read() -> None:
    assert len(bundle.parse((PEMS[0] * bundle.READ_LIMIT) + PEMS[1]).certificates) == 1


def test_merging_keeps_the_first_place() -> None:
    one, two, three, _ = CERTIFICATES
    assert bundle.merge((two, one), (three, two)) == (two, one, three)


def test_the_expired_are_left_out_after_a_margin() -> None:
    at = NOW + timedelta(days=2)
    assert bundle.unexpired(CERTIFICATES, at) == CERTIFICATES[2:]
    assert bundle.unexpired(CERTIFICATES, at, timedelta(minutes=1)) == CERTIFICATES[1:]


def test_a_fingerprint_is_what_openssl_prints_without_colons() -> None:
    assert len(bytes.fromhex(bundle.fingerprint(CERTIFICATES[0]))) == 32


def test_a_certificate_is_due_after_two_thirds_of_its_life() -> None:
    certificate = CERTIFICATES[2]
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    moment = begins + (ends - begins) * RENEW_AFTER
    assert due(certificate, moment)
    assert not due(certificate, moment - timedelta(seconds=1))


def test_the_numbers_keep_the_promises_of_their_reasons() -> None:
    assert AUTHORITY_LIFETIME * (1 - RENEW_AFTER) > LEAF_LIFETIME
    assert BACKDATE >= 2 * CLOCK_ERROR
    assert RETIREMENT_MARGIN >= 4 * CLOCK_ERROR
    assert BUSY_LOOK < LOOK_GAP < SEEN_AFTER
