"""Who is at the door: a session's cookie or a program's token, looked up once and remembered for seconds."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass

from bowerbird.accounts import sessions, tokens
from bowerbird.accounts.people import Person
from bowerbird.accounts.tokens import Token
from bowerbird.core.database import Pool
from bowerbird.core.errors import NotAllowed, NotSignedIn

REMEMBERED_S = 3.0
REMEMBERED_MAX = 5_000


@dataclass(frozen=True, slots=True)
class Visitor:
    """Someone at the door: signed in by a session, or a program with a token's scopes, or nobody."""

    person: Person | None = None
    session_id: int | None = None
    token: Token | None = None

    def required(self, scope: str = "") -> Person:
        """The person. Raises NotSignedIn where there is none, NotAllowed where the token lacks `scope`."""
        if self.person is None:
            raise NotSignedIn
        if scope and self.token and not self.token.allows(scope):
            raise NotAllowed(f"This token has no scope “{scope}”.")
        return self.person


NOBODY = Visitor()


class Doorkeeper:
    """Remembers for REMEMBERED_S who a secret belongs to; forgets at once when told that something was revoked."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: OrderedDict[str, tuple[float, Visitor]] = OrderedDict()

    async def by_session(self, cookie: str | None) -> Visitor:
        """Who a session cookie belongs to."""
        if not cookie:
            return NOBODY
        return self._recall(f"s{cookie}") or await self._session(cookie)

    async def by_token(self, token: str) -> Visitor:
        """Who a bearer token belongs to. Raises NotSignedIn for one we do not know: a program should hear of it."""
        found = self._recall(f"t{token}")
        if found is None:
            async with self._pool.reading() as db:
                known = await tokens.who(db, token)
            if known is None:
                raise NotSignedIn("The access token is invalid.")
            found = self._remember(f"t{token}", Visitor(person=known[0], token=known[1]))
        return found

    def forget(self) -> None:
        """Something was revoked or changed: ask the database again."""
        self._known.clear()

    async def _session(self, cookie: str) -> Visitor:
        async with self._pool.reading() as db:
            known = await sessions.who(db, cookie)
            if known is None:
                return NOBODY
            await sessions.touch(db, known[1])
        return self._remember(f"s{cookie}", Visitor(person=known[0], session_id=known[1]))

    def _recall(self, key: str) -> Visitor | None:
        found = self._known.get(key)
        return found[1] if found and found[0] > time.monotonic() else None

    def _remember(self, key: str, visitor: Visitor) -> Visitor:
        self._known[key] = (time.monotonic() + REMEMBERED_S, visitor)
        self._known.move_to_end(key)
        while len(self._known) > REMEMBERED_MAX:
            self._known.popitem(last=False)
        return visitor
