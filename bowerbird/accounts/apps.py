"""Programs that ask to be let in: a name, where they may be answered, what they may ask for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from bowerbird.accounts import scopes as scopes_
from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import at, before, new_id
from bowerbird.core.secrets import new_token, token_hash

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
NAME_LENGTH_MAX = 60
ADDRESS_LENGTH_MAX = 2_000
ADDRESSES_MAX = 20
UNUSED_DAYS = 90
REFUSED_SCHEMES = frozenset({"data", "javascript", "vbscript", "file", "blob", "about"})
_PRINTABLE = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class App:
    """A program as it introduced itself. Its secret is kept only as a hash."""

    id: int
    client_id: str
    secret_hash: bytes
    name: str
    website: str | None
    redirect_uris: list[str]
    scopes: list[str]
    used: bool  # somebody let it in once
    public: bool = False  # it can keep no secret: PKCE proves it

    @property
    def created_at(self) -> datetime:
        """When it introduced itself."""
        return at(self.id)


async def register(
    db: Database,
    name: str,
    redirect_uris: Sequence[str],
    *,
    scopes: str = scopes_.DEFAULT,
    website: str | None = None,
    public: bool = False,
) -> tuple[App, str]:
    """A new program and its secret, this once; of no use for a `public` one. Raises Invalid when something does not fit."""
    name = " ".join(name.replace("\x00", "").split())
    if not 1 <= len(name) <= NAME_LENGTH_MAX:
        raise Invalid(f"A program has a name of up to {NAME_LENGTH_MAX} characters.")
    if not 1 <= len(redirect_uris) <= ADDRESSES_MAX:
        raise Invalid(f"A program has 1 to {ADDRESSES_MAX} addresses it may be answered at.")
    secret = new_token()
    app = await db.one(
        App,
        """insert into accounts.apps (id, client_id, secret_hash, name, website, redirect_uris, scopes, public)
           values (%s, %s, %s, %s, %s, %s, %s, %s) returning *""",
        new_id(), new_token(), token_hash(secret), name, _website(website), [_address(uri) for uri in redirect_uris],
        scopes_.parsed(scopes) or [scopes_.DEFAULT], public,
    )  # fmt: skip
    return app, secret


async def by_client_id(db: Database, client_id: str) -> App | None:
    """The program that calls itself so."""
    return await db.maybe(App, "select * from accounts.apps where client_id = %s", client_id)


async def by_id(db: Database, id_: int) -> App:
    """The program with this id. Raises NotFound."""
    return await db.one(App, "select * from accounts.apps where id = %s", id_)


async def sweep(db: Database) -> int:
    """Forget programs that nobody ever let in within UNUSED_DAYS, and codes nobody came for."""
    await db.execute("delete from accounts.codes where expires_at < now()")
    return await db.execute(
        "delete from accounts.apps where id < %s and not used",
        before(datetime.now(UTC) - timedelta(days=UNUSED_DAYS)),
    )


def _address(uri: str) -> str:
    """Where an answer may be sent: absolute, without a fragment, of a scheme that runs nothing here."""
    uri = uri.strip()
    try:
        parts = urlsplit(uri)
    except ValueError as wrong:
        raise Invalid("That is no address to be answered at.") from wrong
    fits = _PRINTABLE.fullmatch(uri) and len(uri) <= ADDRESS_LENGTH_MAX and parts.scheme and not parts.fragment
    if not fits or parts.scheme.lower() in REFUSED_SCHEMES or (parts.scheme in ("http", "https") and not parts.hostname):
        raise Invalid(f"“{uri[:80]}” is no address to be answered at: it must be absolute and without a fragment.")
    return uri


def _website(text: str | None) -> str | None:
    text = (text or "").strip()
    if not text:
        return None
    if not text.startswith(("https://", "http://")) or not _PRINTABLE.fullmatch(text) or len(text) > ADDRESS_LENGTH_MAX:
        raise Invalid("A program's website is an http or https address.")
    return text
