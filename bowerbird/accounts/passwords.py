"""Passwords with argon2id, hashed in a thread, a few at a time."""

from __future__ import annotations

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from bowerbird.core.errors import Invalid

LENGTH_MIN, LENGTH_MAX = 8, 200
HASHING = asyncio.Semaphore(2)  # each takes 19 MiB and tens of milliseconds of a core
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)  # OWASP's argon2id minimum
_nobody = _hasher.hash("nobody has this password")


async def hashed(password: str) -> str:
    """What we keep of a password. Raises Invalid when it is too short, too long or plainly guessable."""
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise Invalid(f"A password has {LENGTH_MIN} to {LENGTH_MAX} characters.")
    if len(set(password)) < 4 or password.lower() in ("password", "12345678", "123456789", "qwertyuiop", "bowerbird"):
        raise Invalid("That password is among the first anyone would guess. Choose another.")
    async with HASHING:
        return await asyncio.to_thread(_hasher.hash, password)


async def fits(hash_: str | None, password: str) -> bool:
    """Whether `password` is the one behind `hash_`; takes as long for a person who does not exist (None)."""
    async with HASHING:
        return await asyncio.to_thread(_verify, hash_ or _nobody, password[:LENGTH_MAX]) and hash_ is not None


def _verify(hash_: str, password: str) -> bool:
    try:
        return _hasher.verify(hash_, password)
    except (Argon2Error, InvalidHashError):
        return False
