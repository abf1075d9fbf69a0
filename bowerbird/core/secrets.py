"""Keys of this house, made at first start, readable by its owner only."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from bowerbird.core.settings import Settings


def secret(settings: Settings, name: str) -> str:
    """The secret called `name`, 256 bits as hex; made now if this house has none yet."""
    given = os.environ.get(f"BOWERBIRD_SECRET_{name.upper()}")
    if given:
        return given
    folder = settings.home / "secrets"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / name
    try:
        return path.read_text("ascii")
    except FileNotFoundError:
        return _make(path)


def _make(path: Path) -> str:
    value = secrets.token_hex(32)
    mine = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(value)
    try:
        os.link(mine, path)  # the first process to get here wins, the others read its value
    except FileExistsError:
        value = path.read_text("ascii")
    finally:
        mine.unlink()
    return value


def new_token() -> str:
    """A random token to hand to someone, 256 bits, URL-safe."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What we keep of a token: its SHA-256 (32 bytes); tokens are random, so no slow hash is needed."""
    return hashlib.sha256(token.encode()).digest()


def sign(key: str, message: str) -> str:
    """HMAC-SHA256 of `message` as hex."""
    return hmac.new(key.encode(), message.encode(), hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two texts are equal, in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())
