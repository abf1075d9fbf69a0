"""Generations: ask for pictures, watch them come, choose, call off."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import msgspec
from litestar import Response, Router, delete, get, post
from litestar.response import Stream

from bowerbird.accounts.people import Person
from bowerbird.api.errors import problem
from bowerbird.core.database import Pool
from bowerbird.core.errors import Invalid
from bowerbird.core.ids import parse
from bowerbird.core.live import Hub
from bowerbird.door import Ask, body, id_of, person, pool
from bowerbird.gallery import easel, remixes, styles
from bowerbird.gallery.easel import Easel
from bowerbird.moderation import screening
from bowerbird.studio import generations, masks, offers

STREAM_S_MAX = 600
QUIET_S = 15.0


class NewGeneration(msgspec.Struct, kw_only=True):
    """POST /api/bower/v1/generations. Sides in px."""

    prompt: str
    negative_prompt: str = ""
    tier: str = ""  # one of GET …/picture-models; "": the usual one
    width: int = 768
    height: int = 768
    count: int = 4
    seed: int | None = None
    style: str = ""
    source_picture_id: str | None = None
    strength: float | None = None  # 0 keeps the source, 1 follows the words; null: as the style says, else 0.5
    edits: dict[str, str] = {}
    style_id: str | None = None  # one of GET …/styles: its words go around the prompt
    timelapse: bool = False  # keep the previews as a small animation
    mask: str = ""  # base64 of a grey PNG or WebP: white is painted anew, the rest of the source stays
    extend: str = ""  # left, right, up, down or all: the source stays, and goes on a quarter beyond these edges


class Choice(msgspec.Struct):
    """POST …/choice."""

    candidate_id: str


def entity(found: Easel) -> dict[str, Any]:
    """A generation as JSON."""
    g = found.generation
    return {
        "id": str(g.id),
        "state": g.state,
        "prompt": g.prompt,
        "negative_prompt": g.negative_prompt,
        "tier": g.tier,
        "width": g.width,
        "height": g.height,
        "seed": g.seed,
        "style": g.style,
        "strength": g.strength,
        "styled": g.preset and {key: g.preset.get(key) for key in ("id", "name", "author_id", "version")},
        "factor": g.factor or None,
        "timelapse": g.timelapse,
        "anew": g.anew,
        "extend": g.extend or None,
        "source_picture_id": str(g.source_id) if g.source_id else None,
        "error": g.error,
        "place_in_queue": found.place_in_queue,
        "seconds_left": found.seconds_left,
        "candidates": [
            {
                "id": str(t.id), "state": t.state, "step": t.step, "steps": t.steps, "stage": t.stage, "preview_url": t.preview_url,
                "url": t.url, "picture_id": str(t.picture_id) if t.picture_id else None,
                "media_id": str(t.media_id) if t.media_id else None, "chosen": t.chosen, "seed": t.seed, "engine": t.engine or None,
                "seconds": t.seconds, "reward": t.reward,
                "reading": t.reading, "notes": t.notes, "alt_suggestion": t.alt_suggestion,
            }
            for t in found.tries
        ],
    }  # fmt: skip


@post("/generations", status_code=202)
async def ask(request: Ask) -> dict[str, Any]:
    """Queue a generation."""
    me = await person(request, "write")
    new = await body(request, NewGeneration)
    source_id = parse(new.source_picture_id)
    if new.source_picture_id and source_id is None:
        raise Invalid("source_picture_id is not an id.")
    style_id = parse(new.style_id)
    if new.style_id and style_id is None:
        raise Invalid("style_id is not an id.")
    if (new.mask or new.extend) and source_id is None:
        raise Invalid("A part is painted anew, or a picture extended, from a picture: say which in source_picture_id.")
    mask = await asyncio.to_thread(masks.read, new.mask) if new.mask else None
    wanted = generations.Ask(
        prompt=new.prompt, negative_prompt=new.negative_prompt, tier=new.tier, width=new.width, height=new.height, count=new.count,
        seed=new.seed, style=new.style, strength=0.5 if new.strength is None else new.strength, edits=new.edits, timelapse=new.timelapse,
        mask=mask, extend=new.extend,
    )  # fmt: skip
    if style_id:
        async with pool(request).reading() as db:
            preset = await styles.see(db, me, style_id)
        said = new.strength if new.strength is not None else preset.strength
        wanted = replace(wanted, preset=preset, strength=wanted.strength if said is None else said)
    allowed = await screening.allow(pool(request), me, wanted)
    async with pool(request).transaction() as db:
        source = await remixes.source(db, me, source_id) if source_id else None
        asked = await generations.ask(db, me, wanted, source)
        await screening.settle(db, me, allowed, asked.id)
        return entity(await easel.look(db, me, asked.id))


@get("/generations/{id_:str}")
async def read(request: Ask, id_: str) -> dict[str, Any]:
    """One's own generation."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        return entity(await easel.look(db, me, id_of(id_)))


@delete("/generations/{id_:str}", status_code=200)
async def cancel(request: Ask, id_: str) -> dict[str, Any]:
    """Call it off; what was finished stays."""
    me = await person(request, "write")
    async with pool(request).transaction() as db:
        await generations.cancel(db, me, id_of(id_))
        return entity(await easel.look(db, me, id_of(id_)))


@post("/generations/{id_:str}/choice", status_code=200)
async def choose(request: Ask, id_: str) -> dict[str, Any]:
    """Pick one of the tries."""
    me = await person(request, "write")
    choice = await body(request, Choice)
    async with pool(request).transaction() as db:
        await generations.choose(db, me, id_of(id_), id_of(choice.candidate_id))
        return entity(await easel.look(db, me, id_of(id_)))


@get("/picture-models")
async def models(request: Ask) -> list[dict[str, Any]]:
    """The picture models to choose from, the usual one first; what each can, what it costs and about how long it takes a picture."""
    await person(request, "read")
    async with pool(request).reading() as db:
        offered = await offers.of(db)
    return [
        {
            "id": tier.id, "name": tier.name, "about": tier.about, "usual": tier.usual, "can": msgspec.to_builtins(tier.can),
            "model_hash": tier.model_hash or None, "licence": tier.licence or None, "cost": tier.cost or None,
            "seconds": round(offer.seconds, 1) if offer.seconds else None,
        }
        for offer in offered
        for tier in [offer.tier]
    ]  # fmt: skip


@get("/generations/{id_:str}/events")
async def events(request: Ask, id_: str) -> Stream:
    """Progress as server-sent events: `progress` with one candidate, then `done`, `failed` or `cancelled` with all."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        first = await easel.look(db, me, id_of(id_))
    return Stream(_events(pool(request), request.app.state.hub, me, first), media_type="text/event-stream")


async def _events(pool_: Pool, hub: Hub, me: Person, first: Easel) -> AsyncIterator[bytes]:
    """Holds no connection between two events."""
    id_ = first.generation.id
    with hub.subscribe(f"generation:{id_}") as news:
        sent: dict[str, Any] = {}
        until = time.monotonic() + STREAM_S_MAX
        while time.monotonic() < until:
            async with pool_.reading() as db:
                now = entity(await easel.look(db, me, id_))
            for candidate in now["candidates"]:
                if sent.get(candidate["id"]) != (mark := (candidate["state"], candidate["step"])):
                    sent[candidate["id"]] = mark
                    yield _event("progress", candidate)
            if now["state"] not in generations.WAITING:
                yield _event(now["state"], now)
                return
            try:
                await asyncio.wait_for(news.get(), QUIET_S)
            except TimeoutError:
                yield b": still here\n\n"
            while not news.empty():
                news.get_nowait()


def _event(name: str, data: object) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode(data) + b"\n\n"


@get("/candidates/{id_:str}/preview")
async def preview(request: Ask, id_: str) -> Response[bytes]:
    """What a candidate looks like right now; its owner's eyes only."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        image = await generations.preview(db, me, id_of(id_))
    kind = "image/webp" if image[8:12] == b"WEBP" else "image/png" if image[:4] == b"\x89PNG" else "image/jpeg"
    return Response(image, media_type=kind, headers={"Cache-Control": "private, max-age=60", "X-Content-Type-Options": "nosniff"})


routes = Router(
    "/api/bower/v1", route_handlers=[ask, read, cancel, choose, models, events, preview], exception_handlers={Exception: problem}
)
