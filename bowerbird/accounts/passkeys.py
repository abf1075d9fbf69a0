"""Passkeys (WebAuthn): sign in with a device instead of a password; py_webauthn does the cryptography."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, Invalid, NotFound
from bowerbird.core.ids import new_id
from bowerbird.core.settings import settings

PASSKEYS_MAX = 20
CHALLENGE_MINUTES = 5


@dataclass(frozen=True, slots=True)
class Passkey:
    """One device's public key."""

    id: int
    account_id: int
    credential_id: bytes
    public_key: bytes
    sign_count: int
    name: str
    last_used_at: datetime | None


def _rp_id() -> str:
    return urlsplit(settings().origin).hostname or "localhost"


async def of(db: Database, person: Person) -> list[Passkey]:
    """Someone's passkeys, newest first."""
    return await db.many(Passkey, "select * from accounts.passkeys where account_id = %s order by id desc", person.id)


async def offer_registration(db: Database, person: Person) -> dict[str, Any]:
    """Options for `navigator.credentials.create`, with our challenge's id as `challenge_id`. Raises Invalid at the limit."""
    known = await of(db, person)
    if len(known) >= PASSKEYS_MAX:
        raise Invalid(f"Up to {PASSKEYS_MAX} passkeys fit. Remove one first.")
    options = webauthn.generate_registration_options(
        rp_id=_rp_id(),
        rp_name=settings().name,
        user_id=str(person.id).encode(),
        user_name=person.username,
        user_display_name=person.name,
        exclude_credentials=[PublicKeyCredentialDescriptor(id=key.credential_id) for key in known],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
    )
    return await _remember(db, options.challenge, person.id, webauthn.options_to_json(options))


async def register(db: Database, person: Person, challenge: bytes, credential: dict[str, Any], name: str) -> Passkey:
    """Keep a new passkey after checking its attestation. Raises Invalid when it does not hold, Conflict for one we have."""
    try:
        proved = webauthn.verify_registration_response(
            credential=credential, expected_challenge=challenge, expected_rp_id=_rp_id(), expected_origin=settings().origin,
            require_user_verification=True,
        )  # fmt: skip
    except (WebAuthnException, ValueError, KeyError, TypeError) as wrong:
        raise Invalid("That passkey could not be checked. Try again.") from wrong
    made = await db.maybe(
        Passkey,
        """insert into accounts.passkeys (id, account_id, credential_id, public_key, sign_count, name) values (%s, %s, %s, %s, %s, %s)
           on conflict (credential_id) do nothing returning *""",
        new_id(), person.id, proved.credential_id, proved.credential_public_key, proved.sign_count, name.strip()[:60] or "Passkey",
    )  # fmt: skip
    if made is None:
        raise Conflict("That passkey is known already.")
    return made


async def offer_sign_in(db: Database) -> dict[str, Any]:
    """Options for `navigator.credentials.get`; the device knows whose key it holds."""
    options = webauthn.generate_authentication_options(rp_id=_rp_id(), user_verification=UserVerificationRequirement.REQUIRED)
    return await _remember(db, options.challenge, None, webauthn.options_to_json(options))


async def prove(db: Database, challenge: bytes, credential: dict[str, Any]) -> Person:
    """The person whose passkey signed our challenge. Raises Invalid when it does not hold."""
    try:
        credential_id = base64url_to_bytes(str(credential.get("id", "")))
    except ValueError as wrong:
        raise Invalid("That passkey could not be read.") from wrong
    key = await db.maybe(Passkey, "select * from accounts.passkeys where credential_id = %s for update", credential_id)
    if key is None:
        raise Invalid("We do not know that passkey. Sign in with your password.")
    try:
        proved = webauthn.verify_authentication_response(
            credential=credential, expected_challenge=challenge, expected_rp_id=_rp_id(), expected_origin=settings().origin,
            credential_public_key=key.public_key, credential_current_sign_count=key.sign_count, require_user_verification=True,
        )  # fmt: skip
    except (WebAuthnException, ValueError, KeyError, TypeError) as wrong:
        raise Invalid("That passkey could not be checked. Try again.") from wrong
    await db.execute(
        "update accounts.passkeys set sign_count = %s, last_used_at = now() where id = %s", proved.new_sign_count, key.id
    )
    return await people.by_id(db, key.account_id)


async def remove(db: Database, person: Person, passkey_id: int) -> None:
    """Forget a passkey. Raises NotFound for another's, Invalid for the last way in."""
    if person.password_hash is None and len(await of(db, person)) == 1:
        raise Invalid("That is your only way in. Set a password first.")
    if not await db.execute("delete from accounts.passkeys where id = %s and account_id = %s", passkey_id, person.id):
        raise NotFound


async def _remember(db: Database, challenge: bytes, account_id: int | None, options: str) -> dict[str, Any]:
    await db.execute("delete from accounts.challenges where expires_at < now()")
    id_ = new_id()
    await db.execute(
        "insert into accounts.challenges (id, challenge, account_id, expires_at) values (%s, %s, %s, now() + make_interval(mins => %s))",
        id_, challenge, account_id, CHALLENGE_MINUTES,
    )  # fmt: skip
    return {**json.loads(options), "challenge_id": str(id_)}


async def take(db: Database, challenge_id: int, account_id: int | None = None) -> bytes:
    """The challenge, which is good once: take it in a transaction of its own, so that a refusal does not bring it back."""
    challenge = await db.value(
        "delete from accounts.challenges where id = %s and account_id is not distinct from %s and expires_at > now() returning challenge",
        challenge_id, account_id,
    )  # fmt: skip
    if challenge is None:
        raise Invalid("That took too long. Try again.")
    return bytes(challenge)
