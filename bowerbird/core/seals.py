"""Secrets of others that must be told again later, kept so that the database alone does not give them away."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from functools import cache

from cryptography.fernet import Fernet, InvalidToken

from bowerbird.core.secrets import secret
from bowerbird.core.settings import settings


@cache
def _key() -> Fernet:
    return Fernet(urlsafe_b64encode(bytes.fromhex(secret(settings(), "seal"))))


def seal(text: str) -> bytes:
    """What can be kept of a secret."""
    return _key().encrypt(text.encode())


def unseal(sealed: bytes) -> str | None:
    """The secret again, None where it was sealed with another key."""
    try:
        return _key().decrypt(bytes(sealed)).decode()
    except InvalidToken:
        return None
