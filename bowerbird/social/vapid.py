"""The house's own key for Web Push (RFC 8292): push services know by it who sends."""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from functools import cache
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey

from bowerbird.core.secrets import secret
from bowerbird.core.settings import settings

ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of the curve P-256
PASS_S = 12 * 3600  # push services take a day at most


@cache
def key() -> ec.EllipticCurvePrivateKey:
    """The key itself, out of the house's secret: a number below the curve's order."""
    return ec.derive_private_key(int(secret(settings(), "vapid"), 16) % (ORDER - 1) + 1, ec.SECP256R1())


@cache
def public_key() -> str:
    """What browsers are given: the public point, base64url."""
    point = key().public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return urlsafe_b64encode(point).rstrip(b"=").decode()


def signed(endpoint: str) -> str:
    """A pass for one push service, good for PASS_S."""
    place = urlsplit(endpoint)
    claims = {"aud": f"{place.scheme}://{place.netloc}", "exp": int(time.time()) + PASS_S, "sub": settings().origin}
    pem = key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return jwt.encode({"typ": "JWT", "alg": "ES256"}, claims, ECKey.import_key(pem))
