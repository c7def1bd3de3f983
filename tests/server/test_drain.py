"""The real command in a process of its own: start, signals, end."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable

import pytest

from tests.server.launched import SERVE, Launched
from tests.server.managed import wait_for
from tests.server.running import exchange, read_all
from webhook.settings import TlsSettings

Launch = Callable[..., Launched]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_draining_goes_on_answering_and_closes_each_connection_with_its_answer(
    launch: Launch, review_bytes: bytes, number: signal.Signals
) -> None:
    running = launch()
    idle, used = running.connect(), running.connect()
    try:
        assert "connection" not in exchange(idle, review_bytes).headers
        assert running.ready().status == 200
        running.process.send_signal(number)
        running.line("draining")
        assert running.ready().status == 503
        assert b"stopping" in running.ready().body
        answer = exchange(used, review_bytes)
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        # The idle connection from before the signal still works, and a new one does.
        answer = exchange(idle, review_bytes)
        assert (answer.status, answer.headers["connection"]) == (200, "close")
        running.process.send_signal(number)
        assert running.process.wait(60) == 0
    finally:
        idle.close()
        used.close()


def test_the_drain_ends_by_itself_and_idle_connections_live_until_then(
    launch: Launch, review_bytes: bytes
) -> None:
    running = launch(SERVER__DRAIN_SECONDS="0.5")
    connection = running.connect()
    try:
        exchange(connection, review_bytes)
        began = time.monotonic()
        running.process.terminate()
        running.line("draining")
        assert connection.sock
        assert read_all(connection.sock) == b""
        assert time.monotonic() - began > 0.4
        connection.close()
        assert running.process.wait(60) == 0
    finally:
        connection.close()


def test_a_request_in_flight_is_finished(launch: Launch, review_bytes: bytes) -> None:
    running = launch(SERVER__DRAIN_SECONDS="0")
    connection = running.connect()
    try:
        connection.putrequest("POST", "/mutate")
        connection.putheader("Content-Type", "application/json")
        connection.putheader("Content-Length", str(len(review_bytes)))
        connection.endheaders(review_bytes[:100])
        # The server has seen this request when it has answered a later one.
        other = running.connect()
        exchange(other, review_bytes)
        other.close()
        running.process.terminate()
        running.line("draining")
        connection.send(review_bytes[100:])
        response = connection.getresponse()
        assert response.status == 200
        assert json.loads(response.read())["response"]["allowed"] is True
    finally:
        connection.close()
    assert running.process.wait(60) == 0


def test_no_request_fails_while_a_server_under_load_drains(launch: Launch, review_bytes: bytes) -> None:
    running = launch(SERVER__DRAIN_SECONDS="600")
    ended = threading.Event()
    statuses: list[int] = []
    broken: list[BaseException] = []

    def load() -> None:
        connection = running.connect()
        try:
            while not ended.is_set():
                answer = exchange(connection, review_bytes)
                statuses.append(answer.status)
                if answer.headers.get("connection") == "close":
                    connection.close()
        except BaseException as error:  # noqa: BLE001 - the test is told
            broken.append(error)
        finally:
            connection.close()

    clients = [threading.Thread(target=load) for _ in range(4)]
    for client in clients:
        client.start()
    running.process.terminate()
    running.line("draining")
    assert running.process.stdout
    # A full pipe would stop the server at its next line of log.
    reading = threading.Thread(target=running.process.stdout.read)
    reading.start()
    drained = len(statuses)
    # Callers hear of the end before it comes, as they do from Endpoints.
    wait_for(lambda: bool(broken) or len(statuses) >= drained + 100)
    ended.set()
    for client in clients:
        client.join()
    running.process.terminate()
    assert not broken
    assert set(statuses) == {200}
    assert len(statuses) > drained
    assert running.process.wait(60) == 0
    reading.join()


def test_a_wrong_setting_ends_the_start_with_2_and_no_traceback(tls_files: TlsSettings) -> None:
    ended = subprocess.run(
        [*SERVE, "--port=99999", f"--tls-cert-file={tls_files.cert_file}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 2
    assert "server.port (HF_TOKEN_INJECTOR_SERVER__PORT)" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_start_without_a_certificate_ends_with_2_and_a_sentence() -> None:
    command = [*SERVE, "--tls-key-file=/nowhere"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stderr) == (
        2,
        "hf-token-injector cannot start: tls.certFile is not set.\n",
    )


def test_a_start_outside_a_cluster_says_what_to_set() -> None:
    environment = {name: value for name, value in os.environ.items() if "KUBERNETES" not in name}
    ended = subprocess.run(SERVE, capture_output=True, text=True, check=False, timeout=60, env=environment)
    assert ended.returncode == 2
    assert ended.stderr == (
        "hf-token-injector cannot start: certificates.mode is self-managed, and this is not a Pod:"
        " KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set; set tls.certFile and tls.keyFile"
        " to serve a certificate of your own.\n"
    )


def test_a_port_that_is_taken_ends_the_start_with_2_and_a_sentence(
    launch: Launch, tls_files: TlsSettings
) -> None:
    taken = launch().https
    ended = subprocess.run(
        [
            *SERVE,
            "--host=127.0.0.1",
            f"--port={taken}",
            f"--tls-cert-file={tls_files.cert_file}",
            f"--tls-key-file={tls_files.key_file}",
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 2
    assert f"port {taken} on 127.0.0.1 cannot be had: Address already in use" in ended.stderr
