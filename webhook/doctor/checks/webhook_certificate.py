"""The certificate that is served, and whether each entry's `caBundle` verifies it, and for how long."""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from cryptography import x509

from certs import bundle
from certs.authority import Pair
from certs.bundle import Bundle
from certs.verify import Fault, issuer_of, verify_leaf
from webhook.core import read
from webhook.doctor.collected import Collected, Installed, Leaf, Topic, entries_of
from webhook.doctor.finding import Finding, Subject, fail, ok, warn

ABOUT: Final = "Each entry's caBundle verifies the certificate that is served, and both last."
NEEDS: Final = frozenset({Topic.CONFIGURATIONS, Topic.CERTIFICATE})
_OF_KEY: Final = frozenset({Fault.UNREADABLE_KEY, Fault.WRONG_KEY})
"""The key is not looked at."""
_LATE: Final = 0.1
"""The part of a certificate's life at whose rest somebody should have renewed it: we do at a third, and
cert-manager, as the chart asks it to, as well."""


def check(collected: Collected) -> Iterator[Finding]:
    """Look at the `caBundle` of every entry, then at the certificate."""
    installed = collected.installed
    yield from collected.not_looked_at(Topic.CERTIFICATE)
    if installed.configuration is None:
        yield from collected.not_looked_at(Topic.CONFIGURATIONS)
    mend = _mend(installed)
    found: set[Finding] = set()
    for subject, entry in _entries(installed):
        if (finding := _entry(subject, entry, installed.leaf, mend, collected.now)) is not None:
            yield finding
            found.add(finding)
    if installed.leaf is None:
        if installed.configuration is not None and not any(
            topic is Topic.CERTIFICATE for topic, _, _ in collected.unread
        ):
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


def _entry(
    subject: Subject, entry: Mapping[str, Any], leaf: Leaf | None, mend: str, now: datetime
) -> Finding | None:
    """Judge the `caBundle` of an entry."""
    name = read.string(entry, "name")
    trusted = _bundle(entry)
    if not trusted:
        return fail(
            subject, f"has no caBundle in its entry {name}: the API server trusts no certificate there.", mend
        )
    if not bundle.unexpired(trusted, now):
        return fail(subject, f"has nothing but expired CAs in caBundle of its entry {name}.", mend)
    if leaf is None or bundle.first(leaf.pem) is None:
        return None
    service = read.mapping(read.mapping(entry, "clientConfig"), "service")
    host = f"{read.string(service, 'name')}.{read.string(service, 'namespace')}.svc"
    problems = verify_leaf(Pair(leaf.pem, b""), trusted, [host] if service else [], now=now)
    said = " ".join(problem.sentence for problem in problems if problem.fault not in _OF_KEY)
    if said:
        return fail(
            subject, f"does not verify the certificate of {leaf.source} in its entry {name}: {said}", mend
        )
    return None


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


def _mend(installed: Installed) -> str:
    """Return what shows more; whoever makes the certificate also mends it."""
    namespace = installed.namespace or "hf-token-injector"
    if installed.certificates == "cert-manager":
        return f"kubectl describe certificate -n {namespace}"
    if installed.certificates == "provided":
        return f"helm upgrade … -n {namespace} --set-file certificates.provided.caBundle=ca.crt"
    return f"hf-token-injector certs inspect -n {namespace}"
