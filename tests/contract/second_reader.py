"""A second reader of content credentials, written from the specification and sharing nothing with the library that signs: JUMBF boxes
(ISO 19566-5), CBOR, COSE signatures by `cryptography`, and the hard binding to the file's bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature


@dataclass
class Box:
    """A superbox with its label; `raw` is all but its own header."""

    label: str
    raw: bytes
    content: bytes = b""
    inside: dict[str, Box] = field(default_factory=dict)


@dataclass
class Found:
    """What was verified of one manifest."""

    signer: x509.Certificate
    claim: dict[str, Any]
    assertions: dict[str, Any]


def store_of(webp: bytes) -> bytes:
    """The manifest store in a WebP file."""
    at = 12
    while at < len(webp):
        length = int.from_bytes(webp[at + 4 : at + 8], "little")
        if webp[at : at + 4] == b"C2PA":
            return webp[at + 8 : at + 8 + length]
        at += 8 + length + length % 2
    raise AssertionError("no C2PA chunk")


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        assert length >= 8
        yield data[at + 4 : at + 8], data[at + 8 : at + length]
        at += length


def superbox(raw: bytes) -> Box:
    parts = list(boxes(raw))
    kind, description = parts[0]
    assert kind == b"jumd"
    assert description[16] & 2, "it has a label"
    box = Box(description[17 : description.index(b"\0", 17)].decode(), raw)
    for kind, content in parts[1:]:
        if kind == b"jumb":
            child = superbox(content)
            box.inside[child.label] = child
        elif kind in (b"cbor", b"json"):
            box.content = content
    return box


def verify(webp: bytes, root: x509.Certificate) -> list[Found]:
    """All manifests, the active one last: signatures, chains, assertion hashes; and that the file is the one that was signed."""
    ((kind, raw),) = boxes(store_of(webp))
    assert kind == b"jumb"
    manifests = list(superbox(raw).inside.values())
    found = [_manifest(manifest, root) for manifest in manifests]
    binding = found[-1].assertions["c2pa.hash.data"]
    kept, at = hashlib.sha256(), 0
    for gap in sorted(binding["exclusions"], key=lambda one: one["start"]):
        kept.update(webp[at : gap["start"]])
        at = gap["start"] + gap["length"]
        assert webp.index(store_of(webp)) >= gap["start"], "only the store itself is left out"
    kept.update(webp[at:])
    assert binding["alg"] == "sha256"
    assert kept.digest() == binding["hash"], "the picture is not the one that was signed"
    return found


def _manifest(manifest: Box, root: x509.Certificate) -> Found:
    claim_bytes = manifest.inside["c2pa.claim.v2"].content
    tag = cbor2.loads(manifest.inside["c2pa.signature"].content)
    assert tag.tag == 18, "COSE_Sign1"
    protected, unprotected, payload, signature = tag.value
    assert payload is None
    header = cbor2.loads(protected)
    assert header[1] == -7, "ES256"
    chain = header.get(33) or unprotected.get(33)
    certificates = [x509.load_der_x509_certificate(der) for der in (chain if isinstance(chain, list) else [chain])]
    signed = cbor2.dumps(["Signature1", protected, b"", claim_bytes])
    key = certificates[0].public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    key.verify(encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
    for lower, upper in zip(certificates, [*certificates[1:], root], strict=True):
        lower.verify_directly_issued_by(upper)
    claim = cbor2.loads(claim_bytes)
    store = manifest.inside["c2pa.assertions"].inside
    assertions: dict[str, Any] = {}
    for link in (*claim.get("created_assertions", ()), *claim.get("gathered_assertions", ())):
        label = link["url"].rpartition("/")[2]
        assert hashlib.sha256(store[label].raw).digest() == link["hash"], label
        assertions[label] = cbor2.loads(store[label].content) if store[label].content[:1] != b"{" else store[label].content
    return Found(certificates[0], claim, assertions)
