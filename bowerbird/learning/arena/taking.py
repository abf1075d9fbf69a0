"""What of the arena goes into somebody's archive."""

from __future__ import annotations

from typing import Any

from bowerbird.accounts.people import Person
from bowerbird.core.database import Database
from bowerbird.core.ids import at
from bowerbird.core.paging import Page
from bowerbird.learning.arena import bouts
from bowerbird.learning.arena.bouts import Bout, Side

PAGE, MOST = 80, 10_000


async def files(db: Database, me: Person) -> dict[str, Any]:
    """By file name: every bout of theirs, the newest MOST, with what both made; who that was, where they voted."""
    told: list[dict[str, Any]] = []
    before = None
    while len(told) < MOST:
        page = await bouts.of(db, me, Page(before=before, limit=PAGE))
        both = await bouts.sides(db, page)
        told += [_told(one, both[one.id]) for one in page]
        if len(page) < PAGE:
            break
        before = page[-1].id
    return {"arena.json": {"bouts": told}}


def _told(one: Bout, both: tuple[Side, Side]) -> dict[str, Any]:
    return {
        "id": str(one.id), "at": at(one.id), "kind": one.kind, "prompt": one.prompt, "state": one.state, "vote": one.winner,
        "voted_at": one.voted_at, "counts": one.counts,
        "sides": [
            {"side": side.side, "text": side.text, "contestant": side.who and side.who.name, "version": side.who and side.who.version}
            for side in both
        ],
    }  # fmt: skip
