"""Certificates for the banks that ask for one: a CA of our own, a server's and a client's."""

import ssl
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CLIENT_NAME = "lender-sandbox"
# A sandbox must not stop working on some day, and its clock may be set to any.
_VALID = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2120, 1, 1, tzinfo=UTC))
_LOOPBACK = (
    x509.DNSName("localhost"),
    x509.IPAddress(ip_address("127.0.0.1")),
    x509.IPAddress(ip_address("::1")),
)


def make_tls_directory(path: Path) -> None:
    """Write `ca.pem`, `server.pem/.key` and `client.pem/.key`, unless they are there already."""
    if (path / "ca.pem").exists():
        return
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    ca_key = ec.generate_private_key(ec.SECP256R1())
    ca_name = _named("gateway sandbox CA")
    usage = _key_usage(signs_certificates=True)
    ca = (
        _begun(ca_name, ca_key.public_key())
        .issuer_name(ca_name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    _issue(path / "server", "localhost", ca, ca_key)
    _issue(path / "client", CLIENT_NAME, ca, ca_key)
    (path / "ca.pem").write_bytes(ca.public_bytes(serialization.Encoding.PEM))


def _issue(path: Path, name: str, ca: x509.Certificate, ca_key: ec.EllipticCurvePrivateKey) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    is_client = name == CLIENT_NAME
    purpose = ExtendedKeyUsageOID.CLIENT_AUTH if is_client else ExtendedKeyUsageOID.SERVER_AUTH
    builder = (
        _begun(_named(name), key.public_key())
        .issuer_name(ca.subject)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(ca_key.public_key()), critical=False
        )
    )
    if not is_client:
        builder = builder.add_extension(x509.SubjectAlternativeName(_LOOPBACK), critical=False)
    certificate = builder.sign(ca_key, hashes.SHA256())
    path.with_suffix(".pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    _write_key(path.with_suffix(".key"), key)


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _begun(name: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_VALID[0])
        .not_valid_after(_VALID[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def server_context(directory: Path) -> ssl.SSLContext:
    """Return the server's side of TLS. Blocking: call it in a thread.

    A certificate is asked for, not demanded: the control API works without one.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=directory / "ca.pem")
    context.load_cert_chain(directory / "server.pem", directory / "server.key")
    context.verify_mode = ssl.CERT_OPTIONAL
    return context


def is_the_lender(request: web.Request) -> bool:
    """Whether the connection carries a certificate of our CA with the lender's name."""
    certificate = request.get_extra_info("peercert")
    subject = certificate.get("subject", ()) if certificate else ()
    return (("commonName", CLIENT_NAME),) in subject
