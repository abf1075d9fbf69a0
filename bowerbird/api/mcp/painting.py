"""Tools that paint: asked of the studio, told how far it is, waited for, and handed over with what came of it."""

from __future__ import annotations

import asyncio
import base64
import time
from typing import Any

from mcp.server.context import ServerRequestContext
from mcp_types import CallToolResult, ContentBlock, ImageContent, TextContent

from bowerbird.accounts import usage
from bowerbird.api.mcp.callers import Caller
from bowerbird.assistant import tools
from bowerbird.assistant.reading import Eyes
from bowerbird.core.errors import Invalid
from bowerbird.core.settings import settings
from bowerbird.gallery import easel
from bowerbird.gallery.easel import Easel
from bowerbird.media import blobs

WAIT_S_MAX = 150.0
LOOK_S = 5.0  # between two looks where no news came


async def paint(context: ServerRequestContext[Any, Any], caller: Caller, name: str, arguments: dict[str, str]) -> CallToolResult:
    """Ask the studio, tell how far it is, and hand over what came of it; past WAIT_S_MAX only where it will be."""
    tool, given = tools.known(name, arguments)
    async with caller.pool.transaction() as db:
        await usage.allow(db, caller.person)
    began = time.monotonic()
    asked = int((await tools.run(caller.pool, Eyes(caller.person), tool, given)).shown["generation_id"])
    found = await _finished(context, caller, asked)
    made = [one for one in found.tries if one.url and one.picture_id]
    if made:
        async with caller.pool.transaction() as db:
            await usage.record(db, caller.person.id, "picture", "mcp", 0, 0, time.monotonic() - began, pictures=len(made))
    studio = f"{settings().origin}/studio"
    if not found.over:
        return _said(f"Still being painted; there is a queue. It will be in the studio: {studio}", asked, "running", [])
    if not made:
        raise Invalid(found.generation.error or "Nothing came of it.")
    shown: list[ContentBlock] = [await _image(one) for one in made]
    told = [{"id": str(one.picture_id), "url": f"{settings().origin}/pictures/{one.picture_id}"} for one in made]
    said = (
        f"{len(made)} AI-made picture{'s' if len(made) > 1 else ''}: {' '.join(one['url'] for one in told)}. Only the person sees "
        "them until they publish one: draft_post takes a picture's id."
    )
    return _said(said, asked, "done", told, shown)


def _said(
    said: str, generation_id: int, state: str, told: list[dict[str, str]], shown: list[ContentBlock] | None = None
) -> CallToolResult:
    found = [{"kind": "picture", "title": "", "by": "", **one} for one in told]
    structured = {"sources": found, "generation_id": str(generation_id), "state": state, "ai_made": True}
    return CallToolResult(content=[TextContent(text=said), *(shown or [])], structured_content=structured)


async def _image(made: easel.Try) -> ImageContent:
    where = made.small_url or made.url or ""
    data = await blobs.get(where.rpartition("/")[2])
    return ImageContent(data=base64.b64encode(data).decode(), mime_type="image/webp")


async def _finished(context: ServerRequestContext[Any, Any], caller: Caller, id_: int) -> Easel:
    """The generation once it is over, or as it stands at the end of WAIT_S_MAX; holds no connection while it waits."""
    until, told = time.monotonic() + WAIT_S_MAX, -1.0
    with caller.hub.subscribe(f"generation:{id_}") as news:
        while True:
            async with caller.pool.reading() as db:
                found = await easel.look(db, caller.person, id_)
            left = until - time.monotonic()
            if found.over or left <= 0:
                return found
            steps = sum(one.steps for one in found.tries)
            done = sum(one.steps if one.url else one.step for one in found.tries)
            if done > told:
                queued = f"Number {found.place_in_queue} in the queue" if found.place_in_queue else "Painting"
                await context.session.report_progress(float(done), float(steps) or None, queued)
                told = float(done)
            try:
                await asyncio.wait_for(news.get(), min(LOOK_S, left))
            except TimeoutError:
                continue
            while not news.empty():
                news.get_nowait()
