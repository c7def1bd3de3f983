"""TLS over real sockets, and certificates that change while it serves."""

import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from certs.authority import Pair, issue_authority, issue_leaf
from tests.server.running import Running, exchange
from webhook.server.lifecycle import StartError
from webhook.settings import TlsSettings

Start = Callable[..., Running]
NAMES = ["localhost", "127.0.0.1"]


@pytest.fixture
def another(authority: Pair) -> Pair:
    return issue_leaf(authority, NAMES, now=datetime.now(UTC), lifetime=timedelta(hours=2))


def served(running: Running, *, name: str | None = "localhost") -> bytes:
    """Return the certificate of a new handshake, with or without a server name in it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    import socket  # noqa: PLC0415

    with (
        socket.create_connection(("127.0.0.1", running.port("https")), timeout=60) as plain,
        context.wrap_socket(plain, server_hostname=name) as sock,
    ):
        certificate = sock.getpeercert(binary_form=True)
    assert certificate
    return certificate


def der(pair: Pair) -> bytes:
    return x509.load_pem_x509_certificate(pair.certificate).public_bytes(serialization.Encoding.DER)


def replace_files(running: Running, pair: Pair) -> None:
    Path(running.settings.tls.cert_file).write_bytes(pair.certificate)
    Path(running.settings.tls.key_file).write_bytes(pair.key)


def _issued(
    *, begins: int = 0, lasts: int = 60, names: list[str] = NAMES
) -> Callable[[Pair, Pair], tuple[bytes, bytes]]:
    """Return what makes a pair that begins so many minutes from now and lasts so many."""

    def make(_old: Pair, _new: Pair) -> tuple[bytes, bytes]:
        now = datetime.now(UTC) + timedelta(minutes=begins)
        authority = issue_authority("another", now=now)
        return issue_leaf(authority, names, now=now, lifetime=timedelta(minutes=lasts))[:2]

    return make


def wait_for(condition: Callable[[], bool]) -> None:
    """Return when a condition holds."""
    done = threading.Event()
    for _ in range(18_000):
        if condition():
            return
        done.wait(0.005)
    pytest.fail("it did not happen")


def failures(running: Running) -> float:
    prefix = "hf_token_injector_certificate_reload_failures_total "
    lines = running.get("/metrics").body.decode().splitlines()
    return next(float(line.removeprefix(prefix)) for line in lines if line.startswith(prefix))


@pytest.mark.parametrize("name", ["localhost", "other.example", None])
def test_every_handshake_gets_the_certificate_with_or_without_a_name(
    server: Running, leaf: Pair, name: str | None
) -> None:
    assert served(server, name=name) == der(leaf)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_tls_1_2_and_1_3_are_spoken(server: Running, version: ssl.TLSVersion, authority: Pair) -> None:
    context = ssl.create_default_context(cadata=authority.certificate.decode())
    context.minimum_version = context.maximum_version = version
    server_with = Running(server.settings, context, service=server.service)
    with server_with.raw() as sock:
        assert sock.version() == version.name.replace("_", ".").replace("TLSv1.", "TLSv1.")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_older_versions_are_refused(server: Running, authority: Pair) -> None:
    context = ssl.create_default_context(cadata=authority.certificate.decode())
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        Running(server.settings, context, service=server.service).raw()


def test_a_new_certificate_is_served_without_one_failed_request(
    start: Start, leaf: Pair, another: Pair, review_bytes: bytes
) -> None:
    running = start()
    stop = threading.Event()
    statuses: list[int] = []
    broken: list[BaseException] = []

    def post_over_and_over() -> None:
        try:
            while not stop.is_set():
                statuses.append(running.post(review_bytes).status)
        except BaseException as error:  # noqa: BLE001 - the test is told
            broken.append(error)

    def post_over_one_connection() -> None:
        connection = running.connect()
        try:
            while not stop.is_set():
                statuses.append(exchange(connection, review_bytes).status)
        except BaseException as error:  # noqa: BLE001 - the test is told
            broken.append(error)
        finally:
            connection.close()

    clients = [threading.Thread(target=target) for target in (post_over_and_over, post_over_one_connection)]
    for client in clients:
        client.start()
    for pair in (another, leaf, another):
        replace_files(running, pair)
        wait_for(lambda pair=pair: served(running) == der(pair))  # type: ignore[misc]
    wait_for(lambda: bool(broken) or len(statuses) > 10)
    stop.set()
    for client in clients:
        client.join()
    assert not broken
    assert set(statuses) == {200}
    assert len(statuses) > 10


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda old, new: (new.certificate, old.key), "does not belong"),
        (lambda _, new: (new.certificate[:-200], new.key), "PEM"),
        (lambda _, new: (new.certificate, new.key[:-80]), "cannot be read"),
        (lambda _, new: (new.certificate, b""), "cannot be read"),
        (lambda *_: (b"", b""), "PEM"),
        (_issued(begins=-3, lasts=1), "has expired already"),
        (_issued(begins=90, lasts=60), "is not valid before 20"),
        (_issued(names=["somebody.else.svc"]), "none of the names"),
    ],
    ids=[
        "mismatch",
        "cut certificate",
        "cut key",
        "no key",
        "empty",
        "expired",
        "not yet valid",
        "another's names",
    ],
)
def test_a_bad_certificate_is_counted_and_the_old_one_stays(
    start: Start,
    leaf: Pair,
    another: Pair,
    spoil: Callable[[Pair, Pair], tuple[bytes, bytes]],
    why: str,
) -> None:
    running = start()
    replace_files(running, Pair(*spoil(leaf, another)))
    wait_for(lambda: failures(running) > 0)
    assert served(running) == der(leaf)
    # The two files are replaced one after the other: what lay there between is counted, too.
    wait_for(lambda: any(why in line.get("why", "") for line in running.lines))
    replace_files(running, another)
    wait_for(lambda: served(running) == der(another))


def test_files_that_vanish_are_counted_once_and_come_back(start: Start, leaf: Pair, another: Pair) -> None:
    running = start()
    Path(running.settings.tls.key_file).unlink()
    wait_for(lambda: failures(running) > 0)
    assert served(running) == der(leaf)
    assert failures(running) == 1
    replace_files(running, another)
    wait_for(lambda: served(running) == der(another))


def test_a_key_with_a_password_is_refused_and_asks_nobody(start: Start, leaf: Pair) -> None:
    running = start()
    key = serialization.load_pem_private_key(leaf.key, None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    replace_files(running, leaf._replace(key=locked))
    wait_for(lambda: failures(running) > 0)
    wait_for(lambda: any("password" in line.get("why", "") for line in running.lines))


def test_with_an_expired_certificate_it_serves_unready_until_there_is_another(
    start: Start, tls_files: TlsSettings, authority: Pair, another: Pair
) -> None:
    begun = datetime.now(UTC) - timedelta(minutes=3)
    expired = issue_leaf(authority, NAMES, now=begun, lifetime=timedelta(minutes=1))
    Path(tls_files.cert_file).write_bytes(expired.certificate)
    Path(tls_files.key_file).write_bytes(expired.key)
    running = start()
    assert served(running) == der(expired)
    line = [line for line in running.lines if line["event"] == "serving certificate"][-1]
    assert (line["level"], line["expired"]) == ("warning", True)
    assert running.get("/readyz").body.startswith(b"not ready: its certificate expired on 20")
    replace_files(running, another)
    wait_for(lambda: running.get("/readyz").status == 200)


def test_the_expiry_is_a_metric(server: Running, leaf: Pair) -> None:
    expires = x509.load_pem_x509_certificate(leaf.certificate).not_valid_after_utc.timestamp()
    metrics = server.get("/metrics").body.decode()
    line = next(
        line for line in metrics.splitlines() if line.startswith("hf_token_injector_certificate_expiry")
    )
    assert float(line.split()[1]) == expires


def test_a_start_without_a_usable_certificate_says_which_setting_is_wrong(
    start: Start, tls_files: object
) -> None:
    from webhook.settings import TlsSettings  # noqa: PLC0415

    with pytest.raises(StartError, match=r"tls\.certFile is not set"):
        start(tls=TlsSettings())
    with pytest.raises(StartError, match=r"tls\.certFile /nowhere cannot be read: No such file"):
        start(tls=TlsSettings("/nowhere", "/nowhere"))
