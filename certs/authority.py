"""Issues a certificate authority and its leaves: ECDSA P-256, X.509 v3, PEM in and out.

Pure but for the random numbers of keys and serials: the clock is an argument. How long things live is in
`certs.lifetimes`.

RFC 5280 says what each extension is for; Go's verifier, which is the API server's, wants `subjectAltName`
(it ignores the common name) and `extendedKeyUsage` serverAuth.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certs.lifetimes import AUTHORITY_LIFETIME, BACKDATE, LEAF_LIFETIME

_COMMON_NAME_LIMIT = 64  # RFC 5280, ub-common-name


class Pair(NamedTuple):
    """A certificate and its private key, both PEM; the key is unencrypted PKCS #8."""

    certificate: bytes
    key: bytes

    def __repr__(self) -> str:
        """Leave the key out: a pair may end up in a log line or in a failed assertion."""
        return f"Pair(certificate={self.certificate!r}, key=...)"


def service_names(service: str, namespace: str, cluster_domain: str = "cluster.local") -> tuple[str, ...]:
    """Return the DNS names of a Service, the one that the API server asks for first.

    It asks for `<service>.<namespace>.svc` (kube-apiserver, `webhook.NewDefaultAuthenticationInfoResolver`
    and `ServiceResolver`); the others are for people and for tests inside the cluster.
    """
    inside = f"{service}.{namespace}.svc"
    return (inside, f"{inside}.{cluster_domain.strip('.')}", f"{service}.{namespace}", service)


def issue_authority(name: str, *, now: datetime, lifetime: timedelta = AUTHORITY_LIFETIME) -> Pair:
    """Return a new self-signed authority that may sign leaves and nothing else.

    Args:
        name: Its common name, 64 characters at most.
        now: The time, with a zone. The certificate is valid from `BACKDATE` before.
        lifetime: How long from `now`.

    Raises:
        ValueError: `now` has no zone, or `lifetime` is not positive.
    """
    _check(now, lifetime)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:_COMMON_NAME_LIMIT])])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(now + lifetime)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    return _pair(certificate, key)


def issue_leaf(
    authority: Pair, names: Sequence[str], *, now: datetime, lifetime: timedelta = LEAF_LIFETIME
) -> Pair:
    """Return a new server certificate, signed by an authority, with a key of its own.

    It never outlives its authority: a client would refuse the chain while the leaf still looks valid.

    Args:
        authority: Who signs.
        names: DNS names and IP addresses for `subjectAltName`; the first is the common name as well.
        now: The time, with a zone.
        lifetime: How long from `now`, if the authority lives that long.

    Raises:
        ValueError: No names, `now` without a zone, a lifetime that is not positive, an authority that has
            expired, or PEM that cannot be read.
    """
    _check(now, lifetime)
    if not names:
        raise ValueError("A leaf needs at least one DNS name or IP address.")
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    if issuer.not_valid_after_utc <= now:
        raise ValueError(f"The authority expired on {issuer.not_valid_after_utc:%Y-%m-%d %H:%M:%S} UTC.")
    issuer_key = serialization.load_pem_private_key(authority.key, password=None)
    if not isinstance(issuer_key, ec.EllipticCurvePrivateKey):
        raise ValueError("The authority's key is no elliptic curve key.")  # noqa: TRY004 - the value is wrong
    key = ec.generate_private_key(ec.SECP256R1())
    try:
        identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except x509.ExtensionNotFound:  # a CA that a person brought
        identifier = x509.SubjectKeyIdentifier.from_public_key(issuer_key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0][:_COMMON_NAME_LIMIT])]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(max(now - BACKDATE, issuer.not_valid_before_utc))
        .not_valid_after(min(now + lifetime, issuer.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
        )
        .sign(issuer_key, hashes.SHA256())
    )
    return _pair(certificate, key)


def _check(now: datetime, lifetime: timedelta) -> None:
    if now.tzinfo is None:
        raise ValueError("The time needs a zone.")
    if lifetime <= timedelta(0):
        raise ValueError("The lifetime must be positive.")


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    """Return what the key is for: an authority signs certificates and lists, a leaf signs handshakes."""
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName:
    """Return a name as an IP address where it is one, else as a DNS name."""
    try:
        address: IPv4Address | IPv6Address = ip_address(name)
    except ValueError:
        return x509.DNSName(name)
    return x509.IPAddress(address)


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    return Pair(
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )
