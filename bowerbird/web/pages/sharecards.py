"""The picture that stands for a post, a picture or an answer where it is shared elsewhere. Only what anyone may see has one."""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from litestar import Response, get

from bowerbird.assistant import asked
from bowerbird.core import limits
from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound, Trouble
from bowerbird.door import Ask, address_of, id_of, pool
from bowerbird.gallery.sharecards import drawing, facts
from bowerbird.gallery.sharecards.facts import Sheet
from bowerbird.media import blobs

DRAWN_PER_MINUTE_MAX = 60  # by address; what is kept costs nothing
KEPT_MAX = 64  # of about 100 kB
FRESH_S = 300  # how long others may show it unasked, also after it is gone here
_kept: OrderedDict[str, bytes] = OrderedDict()
_drawing = asyncio.Lock()  # one at a time in a process: a card takes a moment of a core


@get("/sharecards/{kind:str}/{id_:str}")
async def card(request: Ask, kind: str, id_: str) -> Response[bytes]:
    """1200 × 630 px, JPEG."""
    async with pool(request).reading() as db:
        sheet = await _sheet(db, kind, id_of(id_))
    headers = {"Cache-Control": f"public, max-age={FRESH_S}", "ETag": f'"{sheet.mark}"'}
    if request.headers.get("if-none-match", "").removeprefix("W/") == headers["ETag"]:
        return Response(b"", status_code=304, headers=headers)
    return Response(await _drawn(request, sheet), media_type="image/jpeg", headers=headers)


async def _sheet(db: Database, kind: str, id_: int) -> Sheet:
    if kind == "pictures":
        return await facts.of_picture(db, id_)
    if kind != "posts":
        raise NotFound
    stamp = (await asked.stamps(db, [id_])).get(id_)
    badge = f"AI answer · {f'bower-{stamp.tier}' if stamp.tier else 'bower'}" if stamp else ""
    return await facts.of_post(db, id_, badge)


async def _drawn(request: Ask, sheet: Sheet) -> bytes:
    """Drawn lately, or now. Raises TooMany."""
    if sheet.mark not in _kept:
        async with pool(request).transaction() as db:
            await limits.spend(db, f"sharecard:{address_of(request)}", times_max=DRAWN_PER_MINUTE_MAX, window_s=60)
        files = {hash_: data for hash_ in {*(one.hash for one in sheet.art), sheet.avatar} if (data := await _bytes(hash_))}
        async with _drawing:
            if sheet.mark not in _kept:
                _kept[sheet.mark] = await asyncio.to_thread(drawing.draw, sheet, files)
    _kept.move_to_end(sheet.mark)
    found = _kept[sheet.mark]
    while len(_kept) > KEPT_MAX:
        _kept.popitem(last=False)
    return found


async def _bytes(hash_: str) -> bytes:
    """A picture's bytes; nothing where they are lost, for a card without it is better than none."""
    try:
        return await blobs.get(hash_) if hash_ else b""
    except Trouble:
        return b""


HANDLERS = [card]
