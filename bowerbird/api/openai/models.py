"""GET /v1/models: what can be asked here, and what really stands behind each name."""

from __future__ import annotations

from typing import Any

from litestar import get, route

from bowerbird.api.openai.asking import CHAT, EMBEDDING, PICTURE, no_model
from bowerbird.core.errors import NotFound
from bowerbird.core.settings import settings
from bowerbird.door import Ask, person
from bowerbird.inference import chat, embeddings, tiers


async def known() -> list[dict[str, Any]]:
    """Every model, those that talk first. `bower`: what stands behind it and whether it is up."""
    where = settings()
    states = {one.tier: one for one in await chat.state()}
    talkers = [(name, chat.talker(where, tier)) for name, tier in CHAT.items()]
    behind = {
        name: {
            "kind": "chat", "model": one.model, "at": one.host, "up": states[one.tier].up, "tools": one.calls_tools,
            "context_tokens": one.context_tokens,
        }
        for name, one in talkers
    }  # fmt: skip
    painter = (await tiers.offered())[0]
    behind[PICTURE] = {"kind": "picture", "model": painter.name}
    behind[EMBEDDING] = {"kind": "embedding", "model": embeddings.MODEL, "dimensions": embeddings.DIMENSIONS}
    return [{"id": id_, "object": "model", "created": 0, "owned_by": "bowerbird", "bower": what} for id_, what in behind.items()]


@get("/models")
async def listed(request: Ask) -> dict[str, Any]:
    """All there are."""
    await person(request, "models")
    return {"object": "list", "data": await known()}


@get("/models/{name:str}")
async def one(request: Ask, name: str) -> dict[str, Any]:
    """One of them."""
    await person(request, "models")
    found = next((model for model in await known() if model["id"] == name), None)
    if found is None:
        raise no_model(name)
    return found


@route("/{rest:path}", http_method=["GET", "POST"])
async def nothing(request: Ask) -> dict[str, Any]:
    """The rest of OpenAI's API, said to be absent in its own shape."""
    await person(request, "models")
    raise NotFound("This house has no such endpoint. It has models, chat/completions, images/generations and embeddings.")


HANDLERS = [listed, one, nothing]
