"""Asking for the meaning of texts: an OpenAI-compatible embeddings endpoint, the embedded one. It may be away; then there is no meaning."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import httpcore
import msgspec

from bowerbird.core.errors import Unavailable
from bowerbird.core.secrets import secret
from bowerbird.core.settings import settings

MODEL, DIMENSIONS = "all-minilm-l6-v2", 384
TEXTS_MAX = 64
TEXT_LENGTH_MAX = 2_000
Vector = list[float]


class _One(msgspec.Struct):
    index: int
    embedding: Vector


class _Answer(msgspec.Struct):
    data: list[_One]


async def of(texts: Sequence[str], *, timeout_s: float = 20.0) -> list[Vector]:
    """The meaning of each text, 384 numbers of length one together. Raises Unavailable."""
    if not texts:
        return []
    assert len(texts) <= TEXTS_MAX
    where = settings()
    asked = msgspec.json.encode({"model": MODEL, "input": [text[:TEXT_LENGTH_MAX] for text in texts]})
    headers = [("Authorization", f"Bearer {secret(where, 'runner')}"), ("Content-Type", "application/json")]
    try:
        async with asyncio.timeout(timeout_s), httpcore.AsyncConnectionPool() as pool:
            answer = await pool.request("POST", f"{where.embeddings_endpoint}/embeddings", headers=headers, content=asked)
        if answer.status != 200:
            raise Unavailable(f"The embedding model answered {answer.status}.")
        found = msgspec.json.decode(answer.content, type=_Answer).data
    except (TimeoutError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, msgspec.DecodeError) as away:
        raise Unavailable("The embedding model does not answer.") from away
    vectors = [one.embedding for one in sorted(found, key=lambda one: one.index)]
    if len(vectors) != len(texts) or any(len(vector) != DIMENSIONS for vector in vectors):
        raise Unavailable("The embedding model answered something else.")
    return vectors
