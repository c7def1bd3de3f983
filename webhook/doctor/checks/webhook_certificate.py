"""The certificate that is served, and whether each entry's `caBundle` verifies it, and for how long."""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from cryptography import x509

from certs import bundle
from certs.authority import Pair
from certs.bundle import Bundle
from certs.verify import Fault, issuer_of, verify_leaf
from webhook.core import read
from webhook.core.remedies import upgrade
from webhook.doctor.collected import Collected, Installed, Leaf, Topic, entries_of
from webhook.doctor.finding import Finding, Subject, fail, ok, warn

ABOUT: Final = "Each entry's caBundle verifies the certificate that is served, and both last."
NEEDS: Final = frozenset({Topic.CONFIGURATION, Topic.CERTIFICATE})
_OF_KEY: Final = frozenset({Fault.UNREADABLE_KEY, Fault.WRONG_KEY})
"""The key is not looked at."""
_LATE: Final = 0.1
"""The part of a certificate's life at whose rest somebody should have renewed it: we do at a third, and
cert-manager, as the chart asks it to, as well."""

_NAMED: Final = 3
"""Entries of several that are named."""
_TRUSTS_NONE: Final = "the API server trusts no certificate there."
_COMES: Final = "A replica that runs mends it within seconds."


class _Fault(NamedTuple):
    """What is wrong with the `caBundle` of an entry.

    Attributes:
        one, several: As it is said of one entry, and of more.
        why: What that means, a sentence.
    """

    one: str
    several: str
    why: str


def check(collected: Collected) -> Iterator[Finding]:
    """Look at the `caBundle` of every entry, then at the certificate."""
    installed = collected.installed
    mend = _mend(collected)
    yield from _of_entries(collected, mend)
    if installed.leaf is None:
        if installed.configuration is not None and not collected.missed(Topic.CERTIFICATE):
            yield fail(None, "There is no certificate in the cluster: no replica has made one.", mend)
        return
    yield from _leaf(installed, installed.leaf, mend, collected.now)


def _entries(installed: Installed) -> Iterator[tuple[Subject, Mapping[str, Any]]]:
    for configuration in (installed.configuration, installed.validating):
        name = read.string(read.mapping(configuration or {}, "metadata"), "name") or installed.name
        kind = (
            "ValidatingWebhookConfiguration"
            if configuration is installed.validating
            else "MutatingWebhookConfiguration"
        )
        for entry in entries_of(configuration):
            yield Subject(kind, name), entry


def _of_entries(collected: Collected, mend: str) -> Iterator[Finding]:
    """Judge the `caBundle` of every entry; what several have in common is told once."""
    installed = collected.installed
    comes = f" {_COMES}" if _away(collected) else ""
    entries = list(_entries(installed))
    faulty: dict[_Fault, list[tuple[Subject, str]]] = {}
    for subject, entry in entries:
        if (fault := _fault(entry, installed.leaf, collected.now)) is not None:
            faulty.setdefault(fault, []).append((subject, read.string(entry, "name")))
    for (one, several, why), places in faulty.items():
        if len(places) == 1:
            ((subject, name),) = places
            yield fail(subject, f"{one} in its entry {name}: {why}{comes}", mend)
            continue
        which = f"All {len(entries)} entries"
        if len(places) < len(entries):
            which = f"{len(places)} of {len(entries)} entries ({_listed([name for _, name in places])})"
        yield fail(None, f"{which} {several}: {why}{comes}", mend)


def _fault(entry: Mapping[str, Any], leaf: Leaf | None, now: datetime) -> _Fault | None:
    """Return what is wrong with the `caBundle` of an entry."""
    trusted = _bundle(entry)
    if not trusted:
        return _Fault("has no caBundle", "have no caBundle", _TRUSTS_NONE)
    if not bundle.unexpired(trusted, now):
        expired = "nothing but expired CAs in caBundle"
        return _Fault(f"has {expired}", f"have {expired}", _TRUSTS_NONE)
    if leaf is None or bundle.first(leaf.pem) is None:
        return None
    service = read.mapping(read.mapping(entry, "clientConfig"), "service")
    host = f"{read.string(service, 'name')}.{read.string(service, 'namespace')}.svc"
    problems = verify_leaf(Pair(leaf.pem, b""), trusted, [host] if service else [], now=now)
    said = " ".join(problem.sentence for problem in problems if problem.fault not in _OF_KEY)
    if not said:
        return None
    verify = f"not verify the certificate of {leaf.source}"
    return _Fault(f"does {verify}", f"do {verify}", said)


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def _leaf(installed: Installed, leaf: Leaf, mend: str, now: datetime) -> Iterator[Finding]:
    """Judge how long the certificate lasts, and the CA that issued it."""
    certificate = bundle.first(leaf.pem)
    if certificate is None:
        yield fail(None, f"There is no certificate in {leaf.source}.", mend)
        return
    authorities = bundle.merge(*(_bundle(entry) for _, entry in _entries(installed)))
    issuer = issuer_of(leaf.pem, authorities)
    for what, one in (("The certificate", certificate), ("Its CA", issuer)):
        if one is not None:
            yield _lasting(what, one, mend, now)


def _lasting(what: str, certificate: x509.Certificate, mend: str, now: datetime) -> Finding:
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    days = (end - now).days
    until = f"{end:%Y-%m-%d}"
    if end <= now:
        return fail(None, f"{what} ended on {until}: the API server trusts it no more.", mend)
    if (end - now) < (end - begin) * _LATE:
        return warn(None, f"{what} ends on {until}, in {days} days, and nobody has renewed it.", mend)
    return ok(None, f"{what} is valid until {until}, for {days} days.")


def _bundle(entry: Mapping[str, Any]) -> Bundle:
    try:
        pem = b64decode(read.string(read.mapping(entry, "clientConfig"), "caBundle"))
    except ValueError:
        return ()
    return bundle.parse(pem).certificates


def _away(collected: Collected) -> bool:
    """Whether nobody is there who would mend it: we do so ourselves, and no replica is ready."""
    installed = collected.installed
    if installed.certificates != "self-managed":
        return False
    if installed.deployment is None:
        return not collected.missed(Topic.SERVER)
    return not read.mapping(installed.deployment, "status").get("readyReplicas")


def _mend(collected: Collected) -> str:
    """Return what shows more; whoever makes the certificate also mends it."""
    installed = collected.installed
    namespace = installed.namespace or "hf-token-injector"
    if installed.certificates == "cert-manager":
        return f"kubectl describe certificate -n {namespace}"
    if installed.certificates == "provided":
        return upgrade(namespace, "--set-file certificates.provided.caBundle=ca.crt")
    if _away(collected):
        return "hf-token-injector doctor --check server"
    return f"hf-token-injector certs inspect -n {namespace}"
