"""The certificate this house signs its pictures with: its own, made at first start, or the administrator's.

A root of ten more years than the certificate below it, which C2PA asks to be an end entity for digital signatures with an extended key
usage of its list (C2PA 2.2, 14.5 "X.509 certificates"). Without a time-stamp authority a manifest is judged by today's date, so the
certificate lives long: what was signed with it stops being valid the day it expires."""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bowerbird.core.errors import Misconfigured
from bowerbird.core.secrets import secret
from bowerbird.core.settings import Settings

YEARS = 10
FILE = "credentials.pem"  # key, certificate, root
USAGES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign",
    "encipher_only", "decipher_only",
)  # fmt: skip
ALGORITHMS = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is needed to sign and to recognise one's own signature. `chain` and `key` are PEM."""

    chain: bytes
    key: bytes
    algorithm: str  # as C2PA names it
    name: str
    serial: str  # decimal, as readers print it
    ends_at: datetime
    own: bool  # made here; others trust it only where they are told to

    @property
    def root(self) -> bytes:
        """The last certificate of the chain, PEM."""
        last = x509.load_pem_x509_certificates(self.chain)[-1]
        return last.public_bytes(serialization.Encoding.PEM)


def of(where: Settings) -> Certificate:
    """The certificate in force; made now if this house has none yet. Raises Misconfigured where the administrator's cannot be used."""
    if bool(where.credentials_certificate) != bool(where.credentials_key):
        raise Misconfigured("Set both BOWERBIRD_CREDENTIALS_CERTIFICATE and BOWERBIRD_CREDENTIALS_KEY, or neither.")
    if where.credentials_certificate:
        try:
            chain = Path(where.credentials_certificate).expanduser().read_bytes()
            key = Path(where.credentials_key).expanduser().read_bytes()
        except OSError as missing:
            raise Misconfigured(f"The certificate for content credentials cannot be read: {missing}") from missing
        return _read(chain, key, own=False)
    folder = where.home / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / FILE
    try:
        pem = path.read_bytes()
    except FileNotFoundError:
        pem = _kept(path, _made(where))
    key, mark, chain = pem.partition(b"-----BEGIN CERTIFICATE-----")
    return _read(mark + chain, key, own=True)


def instance(where: Settings) -> int:
    """The number of this house in its invisible marks, 24 bits of a secret."""
    return int.from_bytes(hashlib.sha256(f"instance {secret(where, 'instance')}".encode()).digest()[:3], "big")


def _read(chain: bytes, key: bytes, *, own: bool) -> Certificate:
    try:
        first = x509.load_pem_x509_certificates(chain)[0]
        private = serialization.load_pem_private_key(key, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as broken:
        raise Misconfigured(
            f"The certificate for content credentials or its key is no PEM without a password: {broken}"
        ) from broken
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name not in ALGORITHMS:
        raise Misconfigured("The key for content credentials has to be an elliptic curve key (P-256, P-384 or P-521).")
    if private.public_key() != first.public_key():
        raise Misconfigured("The key for content credentials is not the certificate's.")
    names = first.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    pkcs8 = private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Certificate(
        chain, pkcs8, ALGORITHMS[private.curve.name], str(names[0].value) if names else "", str(first.serial_number),
        first.not_valid_after_utc, own,
    )  # fmt: skip


def _made(where: Settings) -> bytes:
    """A new key, its certificate and the root above it, whose own key is forgotten: nothing else is ever signed by it."""
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    host = where.origin.partition("://")[2][:40]
    root = _certificate(_name(where, f"{host} root"), root_key, _name(where, f"{host} root"), root_key, years=YEARS * 2, ca=True)
    leaf = _certificate(_name(where, f"{host} pictures"), key, root.subject, root_key, years=YEARS, ca=False)
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private + leaf.public_bytes(pem) + root.public_bytes(pem)


def _name(where: Settings, common: str) -> x509.Name:
    organisation = "".join(c for c in where.name if c.isprintable())[:60].strip() or "Bowerbird"
    return x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


def _certificate(
    name: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer: x509.Name,
    issuer_key: ec.EllipticCurvePrivateKey,
    *,
    years: int,
    ca: bool,
) -> x509.Certificate:
    now = datetime.now(UTC).replace(microsecond=0)
    meant = ("key_cert_sign", "crl_sign") if ca else ("digital_signature",)
    unsigned = (
        x509.CertificateBuilder(issuer, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # a clock elsewhere may be slow
        .not_valid_after(now + timedelta(days=365 * years))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=0 if ca else None), critical=True)
        .add_extension(x509.KeyUsage(**{usage: usage in meant for usage in USAGES}), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if not ca:
        unsigned = unsigned.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    return unsigned.sign(issuer_key, hashes.SHA256())


def _kept(path: Path, pem: bytes) -> bytes:
    """Written once: the first process to get here wins, the others read its file."""
    mine = path.with_name(f".{path.name}.{secrets.token_hex(8)}")  # what a crash leaves behind stands in nobody's way
    try:
        with open(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(pem)
        os.link(mine, path)
    except FileExistsError:
        return path.read_bytes()
    finally:
        mine.unlink(missing_ok=True)
    return pem
