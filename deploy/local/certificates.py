"""The local stack's own authority, and the certificate of its servers."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from services.common.whole_files import OURS_ALONE, replace_file

SERVERS = "cadran-servers"
VALID = timedelta(days=3650)
"""The authority's key is kept by nobody, so that what it signed ends with it: both are made anew together."""


def make_certificates(ca_file: Path, servers_file: Path) -> None:
    """Write the authority's certificate, and the servers' with its key, good on this machine alone."""
    authority_key, servers_key = generate_private_key(SECP256R1()), generate_private_key(SECP256R1())
    authority = _named("Cadran's local authority")
    ca = (
        _begun(authority, authority, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    places = [x509.IPAddress(IPv4Address("127.0.0.1")), x509.DNSName("localhost")]
    both_ends = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]  # Kafka is its controller's client
    servers = (
        _begun(_named(SERVERS), authority, servers_key.public_key())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(places), critical=False)
        .add_extension(x509.ExtendedKeyUsage(both_ends), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    key = servers_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    replace_file(servers_file, key + servers.public_bytes(Encoding.PEM), OURS_ALONE)
    replace_file(ca_file, ca.public_bytes(Encoding.PEM), OURS_ALONE)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _begun(subject: x509.Name, issuer: x509.Name, key: EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + VALID)
    )
