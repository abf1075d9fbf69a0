"""POST /v1/moderations: OpenAI's shape over our observers. `flagged` means no more than that a score is over a half: rules decide elsewhere."""

from __future__ import annotations

import asyncio
import base64
import binascii
from typing import Any

import msgspec
from litestar import Request, post

from bowerbird.core.errors import Invalid, TooLarge, Unavailable
from bowerbird.core.ids import new_id
from bowerbird.inference.runner import watcher

BODY_BYTES_MAX = 8_000_000
TEXT_LENGTH_MAX = 4_000
AT_ONCE = asyncio.Semaphore(2)


class _Url(msgspec.Struct):
    url: str


class Part(msgspec.Struct):
    """A text or a picture as a data: URL; nothing is fetched."""

    type: str
    text: str = ""
    image_url: _Url | None = None


class ModerationRequest(msgspec.Struct):
    """POST /v1/moderations: one text, or one part."""

    input: str | list[Part]
    model: str = "bowerbird-observers"


@post("/moderations", status_code=200, request_max_body_size=BODY_BYTES_MAX)
async def moderations(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """How likely each category is."""
    try:
        asked = msgspec.json.decode(await request.body(), type=ModerationRequest)
    except (msgspec.DecodeError, msgspec.ValidationError) as wrong:
        raise Invalid(f"The request cannot be read: {wrong}") from wrong
    part = Part("text", asked.input) if isinstance(asked.input, str) else asked.input[0] if len(asked.input) == 1 else None
    if part is None:
        raise Invalid("One text or one picture a request.")
    async with AT_ONCE:
        try:
            scores = await asyncio.to_thread(_looked, part, request.app.state.embedder)
        except FileNotFoundError as missing:
            raise Unavailable(str(missing)) from missing
    over = {name: score >= 0.5 for name, score in scores.items()}
    result = {"flagged": any(over.values()), "categories": over, "category_scores": scores}
    return {"id": f"modr-{new_id()}", "model": "bowerbird-observers", "results": [result]}


def _looked(part: Part, embedder: Any) -> watcher.Scores:
    if part.type == "text":
        if len(part.text) > TEXT_LENGTH_MAX:
            raise TooLarge(f"A text has up to {TEXT_LENGTH_MAX} characters.")
        return watcher.reader(embedder).read(part.text)
    head, _, data = (part.image_url.url if part.image_url else "").partition(";base64,")
    if not head.startswith("data:image/"):
        raise Invalid("A picture is sent as a data: URL.")
    try:
        return watcher.picture(base64.b64decode(data, validate=True))
    except binascii.Error as broken:
        raise Invalid("That is no base64.") from broken
