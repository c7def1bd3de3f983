"""The client over real TLS: credentials that change, and those that cannot be used."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from certs.authority import issue_authority, issue_leaf
from tests.kubernetes_api import TOKEN, KubernetesApi
from tests.kubernetes_http import Response
from webhook.cluster.access import Access, Identification
from webhook.cluster.client import Answer, Client, NoAnswerError
from webhook.cluster.kubeconfig import from_kubeconfig


async def ask(client: Client) -> Answer:
    """Ask for something that is not there."""
    return await client.request("GET", "/nothing")


def test_a_token_that_kubelet_replaced_is_used_with_the_next_request(
    api: KubernetesApi, access: Access, tmp_path: Path
) -> None:
    async def work() -> list[int]:
        async with Client(access) as client:
            statuses = [(await ask(client)).status]
            api.tokens = {"the-next-token"}
            statuses.append((await ask(client)).status)
            (tmp_path / "serviceaccount" / "token").write_text("the-next-token\n")
            statuses.append((await ask(client)).status)
            return statuses

    assert asyncio.run(work()) == [404, 401, 404]


def test_an_authority_that_was_replaced_is_used_with_the_next_request(
    api: KubernetesApi, access: Access, tmp_path: Path
) -> None:
    other = issue_authority("another", now=datetime.now(UTC)).certificate

    async def work() -> None:
        async with Client(access) as client:
            (tmp_path / "serviceaccount" / "ca.crt").write_bytes(other)
            with pytest.raises(NoAnswerError, match="CERTIFICATE_VERIFY_FAILED"):
                await ask(client)
            (tmp_path / "serviceaccount" / "ca.crt").write_bytes(api.authority.certificate)
            assert (await ask(client)).status == 404

    asyncio.run(work())


def test_the_name_to_verify_can_be_another(api: KubernetesApi, access: Access) -> None:
    async def status(name: str) -> int:
        async with Client(replace(access, server_name=name)) as client:
            return (await ask(client)).status

    assert asyncio.run(status("kubernetes.default.svc")) == 404
    with pytest.raises(NoAnswerError, match=r"kubernetes\.example"):
        asyncio.run(status("kubernetes.example"))


def test_a_kubeconfig_reaches_the_same_server(api: KubernetesApi, tmp_path: Path) -> None:
    async def work() -> int:
        async with Client(from_kubeconfig([api.kubeconfig(tmp_path)])) as client:
            return (await ask(client)).status

    assert asyncio.run(work()) == 404


def test_a_client_certificate_is_loaded_with_its_key(api: KubernetesApi, access: Access) -> None:
    now = datetime.now(UTC)
    pair = issue_leaf(issue_authority("users", now=now), ["jane"], now=now)

    async def work(key: bytes) -> int:
        identification = Identification(api.authority.certificate, TOKEN, pair.certificate, key)
        async with Client(replace(access, identify=lambda: identification)) as client:
            return (await ask(client)).status

    assert asyncio.run(work(pair.key)) == 404
    with pytest.raises(NoAnswerError, match="client certificate or its key cannot be used"):
        asyncio.run(work(issue_authority("users", now=now).key))


@pytest.mark.parametrize(
    ("identification", "why"),
    [
        (Identification(b"no PEM", TOKEN), "CA is no PEM certificate"),
        (Identification(b"\xff", TOKEN), "CA is no PEM certificate"),
    ],
)
def test_credentials_that_cannot_be_used_are_one_sentence(
    access: Access, identification: Identification, why: str
) -> None:
    async def work() -> None:
        async with Client(replace(access, identify=lambda: identification)) as client:
            await ask(client)

    with pytest.raises(NoAnswerError, match=why):
        asyncio.run(work())


@pytest.mark.parametrize("token", ["secret-\u00e4", "secret-\nX: y"])
def test_a_token_that_is_no_token_is_not_quoted(api: KubernetesApi, access: Access, token: str) -> None:
    identification = Identification(api.authority.certificate, token)

    async def work() -> None:
        async with Client(replace(access, identify=lambda: identification)) as client:
            await ask(client)

    with pytest.raises(NoAnswerError) as caught:
        asyncio.run(work())
    assert "secret-" not in str(caught.value)


def test_a_redirect_is_not_followed(api: KubernetesApi, access: Access) -> None:
    api.faults.append(Response(302, b""))

    async def work() -> int:
        async with Client(access) as client:
            return (await ask(client)).status

    assert asyncio.run(work()) == 302
