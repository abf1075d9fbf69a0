"""Between a person's yes and the program's token: a code, good for one use and ten minutes, kept as a hash."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bowerbird.core.database import Database
from bowerbird.core.secrets import token_hash

LIFETIME_S = 600


@dataclass(frozen=True, slots=True)
class Code:
    """What a person said yes to. `challenge` is the program's, by RFC 7636."""

    code_hash: bytes
    app_id: int
    account_id: int
    redirect_uri: str
    scopes: list[str]
    challenge: str | None
    challenge_method: str | None
    expires_at: datetime


async def keep(
    db: Database,
    code: str,
    *,
    app_id: int,
    account_id: int,
    redirect_uri: str,
    scopes: list[str],
    challenge: tuple[str | None, str | None],
) -> None:
    """Remember a code for LIFETIME_S."""
    await db.execute(
        """insert into accounts.codes (code_hash, app_id, account_id, redirect_uri, scopes, challenge, challenge_method, expires_at)
           values (%s, %s, %s, %s, %s, %s, %s, now() + make_interval(secs => %s))""",
        token_hash(code), app_id, account_id, redirect_uri, scopes, *challenge, LIFETIME_S,
    )  # fmt: skip


async def hold(db: Database, code: str) -> Code | None:
    """The code while this transaction lasts: whoever else comes with it has to wait, and then finds it used."""
    return await db.maybe(
        Code, "select * from accounts.codes where code_hash = %s and expires_at > now() for update", token_hash(code)
    )


async def use(db: Database, code: Code) -> None:
    """It is good for one use."""
    await db.execute("delete from accounts.codes where code_hash = %s", code.code_hash)
