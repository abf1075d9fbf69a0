"""OpenAI's API for people's own programs: `/v1` with a personal token as the key. Each answer says which model really gave it."""

from __future__ import annotations

from litestar import Router

from bowerbird.api.errors import openai
from bowerbird.api.openai import chat, embeddings, images, models

routes = Router(
    "/v1",
    route_handlers=[*models.HANDLERS, *chat.HANDLERS, *images.HANDLERS, *embeddings.HANDLERS],
    exception_handlers={Exception: openai},
    include_in_schema=False,
)
