"""POST /v1/images/generations: pictures from the studio, by the same rules, limits and turns as everywhere."""

from __future__ import annotations

import asyncio
import base64
import time
from typing import Annotated, Any, Literal

import msgspec
from litestar import post
from msgspec import Meta

from bowerbird.accounts.people import Person
from bowerbird.api.openai.asking import PICTURE, allowed, decoded, no_model, note
from bowerbird.core.errors import Invalid, Unavailable
from bowerbird.core.settings import settings
from bowerbird.door import Ask, pool
from bowerbird.gallery import easel
from bowerbird.gallery.easel import Easel
from bowerbird.inference.wire import sides
from bowerbird.media import blobs
from bowerbird.moderation import screening
from bowerbird.studio import generations

WAIT_S_MAX = 280.0
LOOK_S = 10.0  # between two looks where no news came
DEFAULT_SIZE = "768x768"
BODY_BYTES_MAX = 100_000


class NewImages(msgspec.Struct, kw_only=True):
    """What OpenAI's request says, and two fields of ours: `negative_prompt`, `seed`. Sides 256 to 1536 px."""

    prompt: Annotated[str, Meta(min_length=1, max_length=generations.PROMPT_LENGTH_MAX)]
    model: str = PICTURE
    n: Annotated[int, Meta(ge=1, le=generations.COUNT_MAX)] | None = 1
    size: str | None = DEFAULT_SIZE
    response_format: Literal["url", "b64_json"] | None = None
    output_format: Literal["webp"] | None = None
    stream: bool | None = False
    negative_prompt: str = ""
    seed: int | None = None


@post("/images/generations", status_code=200, request_max_body_size=BODY_BYTES_MAX)
async def generate(request: Ask) -> dict[str, Any]:
    """Draw, and wait for it. What is not ready in time is called off."""
    me = await allowed(request, "models:pictures")
    new = await decoded(request, NewImages)
    if new.model != PICTURE:
        raise no_model(new.model)
    if new.stream:
        raise Invalid("Pictures come whole here: ask without `stream`. Live previews are at /api/bower/v1/generations.")
    size = sides(new.size or DEFAULT_SIZE)
    if size is None:
        raise Invalid("A size is WIDTHxHEIGHT, each side 256 to 1536 px.")
    wanted = generations.Ask(
        prompt=new.prompt, negative_prompt=new.negative_prompt, width=size[0], height=size[1], count=new.n or 1, seed=new.seed
    )
    began = time.monotonic()
    permitted = await screening.allow(pool(request), me, wanted)
    async with pool(request).transaction() as db:
        asked = await generations.ask(db, me, wanted)
        await screening.settle(db, me, permitted, asked.id)
    found = await _finished(request, me, asked.id)
    made = [one for one in found.tries if one.url]
    note(pool(request), me, "picture", 0, 0, time.monotonic() - began, pictures=len(made))
    if not made:
        raise Invalid(found.generation.error or "Nothing came of it.")
    data = [await _one(one, whole=new.response_format == "b64_json") for one in made]
    bower = {"generation_id": str(asked.id), "picture_ids": [str(one.picture_id) for one in made]}
    return {"created": int(time.time()), "data": data, "output_format": "webp", "size": f"{size[0]}x{size[1]}", "bower": bower}


async def _finished(request: Ask, me: Person, id_: int) -> Easel:
    """The generation once it is over. Raises Unavailable where it takes too long; holds no connection while it waits."""
    until = time.monotonic() + WAIT_S_MAX
    with request.app.state.hub.subscribe(f"generation:{id_}") as news:
        while True:
            async with pool(request).reading() as db:
                found = await easel.look(db, me, id_)
            if found.over:
                return found
            left = until - time.monotonic()
            if left <= 0:
                async with pool(request).transaction() as db:
                    await generations.cancel(db, me, id_)
                raise Unavailable("The picture took too long and was called off. Ask again when fewer people are waiting.")
            try:
                await asyncio.wait_for(news.get(), min(LOOK_S, left))
            except TimeoutError:
                continue
            while not news.empty():
                news.get_nowait()


async def _one(made: easel.Try, *, whole: bool) -> dict[str, Any]:
    assert made.url
    if not whole:
        return {"url": settings().origin + made.url, "revised_prompt": None}
    return {"b64_json": base64.b64encode(await blobs.get(made.url.rpartition("/")[2])).decode(), "revised_prompt": None}


HANDLERS = [generate]
