"""How long posts of For You were looked at."""

from __future__ import annotations

import msgspec
from litestar import post

from bowerbird.core.ids import parse
from bowerbird.door import Ask, body, pool
from bowerbird.events import consent
from bowerbird.feed import hiding
from bowerbird.web import asking


class Dwells(msgspec.Struct):
    """Seconds that each post was at least half in sight, by id."""

    seconds: dict[str, float] = {}


@post("/for-you/dwells", status_code=200)
async def dwell(request: Ask) -> dict[str, int]:
    """How long posts were looked at. Read only where its reader lets the feed learn."""
    me = await asking.me(request)
    asking.check_csrf(request)
    sent = await body(request, Dwells)
    async with pool(request).transaction() as db:
        if not (await consent.of(db, me.id))["personalise"]:
            return {"kept": 0}
        return {"kept": await hiding.dwelt(db, me, {parse(id_) or 0: seconds for id_, seconds in sent.seconds.items()})}


HANDLERS = [dwell]
