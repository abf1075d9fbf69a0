"""The shelf: favourites, what one asked for before, one's pictures in one file, larger ones, and how one came to be."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, Router, delete, get, post, put
from litestar.response import Stream

from bowerbird.api.bower import bowers as bowers_door
from bowerbird.api.bower.generations import entity
from bowerbird.api.errors import problem
from bowerbird.api.mastodon.paging import links, page_of
from bowerbird.core.ids import parse
from bowerbird.door import Ask, body, id_of, person, pool, viewer
from bowerbird.gallery import bowers, downloads, easel, enlarging, remixes, variations
from bowerbird.moderation import screening
from bowerbird.studio import favourites, generations, history, timelapses

QUERY_LENGTH_MAX = 200


class Larger(msgspec.Struct):
    """POST /api/bower/v1/pictures/{id}/enlargements. `factor` is 2 or 4."""

    factor: int = 2


@get("/favourites")
async def liked(request: Ask) -> Response[Any]:
    """One's favourite pictures, as far as one may still see them."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        found = await favourites.of(db, me, page_of(request))
        ready = await bowers.hung(db, me, [picture_id for _, picture_id in found])
    return Response([bowers_door.hung(one) for one in ready], headers=links(request, [id_ for id_, _ in found]))


@put("/pictures/{id_:str}/favourite", status_code=204)
async def like(request: Ask, id_: str) -> None:
    """Put a picture among one's favourites. Nobody is told."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        await favourites.add(db, me, (await remixes.see(db, me, id_of(id_))).id)


@delete("/pictures/{id_:str}/favourite", status_code=204)
async def unlike(request: Ask, id_: str) -> None:
    """Let it go."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        await favourites.drop(db, me, (await remixes.see(db, me, id_of(id_))).id)


@get("/history")
async def before(request: Ask) -> Response[Any]:
    """What one asked for, newest first; `q` for words in the prompts."""
    me = await person(request, "read")
    query = request.query_params.get("q", "")[:QUERY_LENGTH_MAX].replace("\x00", "")
    async with pool(request).reading() as db:
        found = await history.search(db, me, query, page_of(request))
        ready = await easel.of(db, found)
    return Response([entity(one) for one in ready], headers=links(request, [one.id for one in found]))


@delete("/history", status_code=200)
async def clear(request: Ask) -> dict[str, int]:
    """Forget what one asked for, all that is over. The pictures stay."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        return {"forgotten": await history.clear(db, me)}


@post("/pictures/{id_:str}/enlargements", status_code=202)
async def enlarge(request: Ask, id_: str) -> dict[str, Any]:
    """Queue one's own picture 2 or 4 times larger; a generation with one try."""
    me = await person(request, "write")
    asked = await body(request, Larger)
    async with pool(request).transaction() as db:
        queued = await enlarging.ask(db, me, id_of(id_), asked.factor)
        return entity(await easel.look(db, me, queued.id))


@post("/pictures/{id_:str}/variations", status_code=202)
async def vary(request: Ask, id_: str) -> dict[str, Any]:
    """Queue the same words with other seeds; of another's picture that is a remix."""
    me = await person(request, "write")
    async with pool(request).reading() as db:
        wanted, source = await variations.wanted(db, me, id_of(id_))
    allowed = await screening.allow(pool(request), me, wanted)
    async with pool(request).transaction() as db:
        queued = await generations.ask(db, me, wanted, source)
        await screening.settle(db, me, allowed, queued.id)
        return entity(await easel.look(db, me, queued.id))


@get("/pictures/{id_:str}/timelapse")
async def timelapse(request: Ask, id_: str) -> Response[bytes]:
    """How a picture came to be, an animated WebP, where its maker kept that; for whoever may see the picture."""
    me = await viewer(request)
    async with pool(request).reading() as db:
        image = await timelapses.of(db, (await remixes.see(db, me, id_of(id_))).id)
    return Response(
        image, media_type="image/webp", headers={"Cache-Control": "private, max-age=600", "X-Content-Type-Options": "nosniff"}
    )


@get("/downloads/pictures")
async def download(request: Ask) -> Stream:
    """One's own pictures as a zip, with their credentials and recipes: the newest 500, or those older than `max_id`."""
    me = await person(request, "read")
    async with pool(request).transaction() as db:
        files = await downloads.of_person(db, me, parse(request.query_params.get("max_id")))
    return bowers_door.zipped(files, "pictures")


routes = Router(
    "/api/bower/v1",
    route_handlers=[liked, like, unlike, before, clear, enlarge, vary, timelapse, download],
    exception_handlers={Exception: problem},
)
