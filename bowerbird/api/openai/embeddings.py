"""POST /v1/embeddings: the meaning of texts, 384 numbers each, of length one."""

from __future__ import annotations

import base64
import sys
import time
from array import array
from typing import Annotated, Any, Literal

import msgspec
from litestar import post
from msgspec import Meta

from bowerbird.api.openai.asking import EMBEDDING, allowed, decoded, no_model, note
from bowerbird.core.errors import Invalid
from bowerbird.door import Ask, pool
from bowerbird.inference import chat, embeddings
from bowerbird.inference.embeddings import DIMENSIONS, TEXT_LENGTH_MAX, TEXTS_MAX

INPUTS_MAX = 256
BODY_BYTES_MAX = 4_000_000
Text = Annotated[str, Meta(min_length=1, max_length=TEXT_LENGTH_MAX)]


class NewEmbeddings(msgspec.Struct, kw_only=True):
    """What OpenAI's request says."""

    input: Text | Annotated[list[Text], Meta(min_length=1, max_length=INPUTS_MAX)]
    model: str = EMBEDDING
    encoding_format: Literal["float", "base64"] | None = "float"
    dimensions: int | None = None


@post("/embeddings", status_code=200, request_max_body_size=BODY_BYTES_MAX)
async def embed(request: Ask) -> dict[str, Any]:
    """Meaning as numbers."""
    me = await allowed(request, "models:embeddings")
    new = await decoded(request, NewEmbeddings)
    if new.model != EMBEDDING:
        raise no_model(new.model)
    if new.dimensions not in (None, DIMENSIONS):
        raise Invalid(f"This model gives {DIMENSIONS} numbers a text.")
    texts = [new.input] if isinstance(new.input, str) else new.input
    began = time.monotonic()
    vectors: list[list[float]] = []
    for at in range(0, len(texts), TEXTS_MAX):
        vectors += await embeddings.of(texts[at : at + TEXTS_MAX])
    tokens = sum(map(chat.guessed, texts))
    note(pool(request), me, "embedding", tokens, 0, time.monotonic() - began)
    packed = new.encoding_format == "base64"
    data = [{"object": "embedding", "index": i, "embedding": _packed(v) if packed else v} for i, v in enumerate(vectors)]
    return {"object": "list", "model": EMBEDDING, "data": data, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}


def _packed(vector: list[float]) -> str:
    """Little-endian float32 in base64, as the SDK asks for it."""
    numbers = array("f", vector)
    if sys.byteorder == "big":
        numbers.byteswap()
    return base64.b64encode(numbers.tobytes()).decode()


HANDLERS = [embed]
