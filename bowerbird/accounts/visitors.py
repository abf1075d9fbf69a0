"""Who is at the door: a session's cookie or a program's token, looked up once and remembered for seconds."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass

from bowerbird.accounts import sessions, tokens
from bowerbird.accounts.people import Person
from bowerbird.accounts.tokens import Token
from bowerbird.core.database import Pool
from bowerbird.core.errors import Invalid, NotAllowed, NotSignedIn

REMEMBERED_S = 3.0
REMEMBERED_MAX = 5_000


@dataclass(frozen=True, slots=True)
class Visitor:
    """Someone at the door: signed in by a session, or a program with a token (in someone's name, or its own), or nobody."""

    person: Person | None = None
    session_id: int | None = None
    token: Token | None = None

    def required(self, scope: str = "") -> Person:
        """The person. Raises NotSignedIn where there is nobody, Invalid for a program on its own, NotAllowed without `scope`."""
        self.allowed(scope)
        if self.person is None:
            raise Invalid("This method requires an authenticated user")
        return self.person

    @property
    def program(self) -> str:
        """The program that speaks for them, as it is called; nothing for our own pages."""
        return self.token.name if self.token and self.token.app_id else ""

    def allowed(self, scope: str) -> None:
        """A program needs no person to go on. Raises NotSignedIn where there is nobody, NotAllowed where the token lacks `scope`."""
        if self.person is None and self.token is None:
            raise NotSignedIn
        if scope and self.token and not self.token.allows(scope):
            raise NotAllowed(f"This token has no scope “{scope}”.")


NOBODY = Visitor()


class Doorkeeper:
    """Remembers for REMEMBERED_S who a secret belongs to; forgets at once when told that something was revoked."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: OrderedDict[str, tuple[float, Visitor]] = OrderedDict()
        self._forgotten = 0  # how often: what was asked for before is not remembered after

    async def by_session(self, cookie: str | None) -> Visitor:
        """Who a session cookie belongs to."""
        if not cookie:
            return NOBODY
        return self._recall(f"s{cookie}") or await self._session(cookie)

    async def by_token(self, token: str) -> Visitor:
        """Who a bearer token belongs to. Raises NotSignedIn for one we do not know: a program should hear of it."""
        found = self._recall(f"t{token}")
        if found is None:
            asked = self._forgotten
            async with self._pool.reading() as db:
                known = await tokens.who(db, token)
                if known is None:
                    raise NotSignedIn("The access token is invalid")
                if known[1].idle:
                    await tokens.touch(db, known[1].id)
            found = self._remember(f"t{token}", Visitor(person=known[0], token=known[1]), asked)
        return found

    def forget(self) -> None:
        """Something was revoked or changed: ask the database again."""
        self._forgotten += 1
        self._known.clear()

    async def _session(self, cookie: str) -> Visitor:
        asked = self._forgotten
        async with self._pool.reading() as db:
            known = await sessions.who(db, cookie)
            if known is None:
                return NOBODY
            await sessions.touch(db, known[1])
        return self._remember(f"s{cookie}", Visitor(person=known[0], session_id=known[1]), asked)

    def _recall(self, key: str) -> Visitor | None:
        found = self._known.get(key)
        return found[1] if found and found[0] > time.monotonic() else None

    def _remember(self, key: str, visitor: Visitor, asked: int) -> Visitor:
        if asked != self._forgotten:
            return visitor
        self._known[key] = (time.monotonic() + REMEMBERED_S, visitor)
        self._known.move_to_end(key)
        while len(self._known) > REMEMBERED_MAX:
            self._known.popitem(last=False)
        return visitor
