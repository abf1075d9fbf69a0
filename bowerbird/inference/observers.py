"""Asking the observers in the models' process: what words are about, what a picture shows. They say how likely; rules decide, elsewhere.

The door is OpenAI's moderation shape (`POST /v1/moderations`), so that another endpoint's observers can be read by the same code."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Mapping

import httpcore
import msgspec

from bowerbird.core.errors import Unavailable
from bowerbird.core.secrets import secret
from bowerbird.core.settings import settings

TIMEOUT_S = 10.0
TEXT_LENGTH_MAX = 2_000
Scores = Mapping[str, float]


class ObserverAway(Unavailable):
    """It did not answer, or something else. What follows from that is a rule's to say."""

    said = "What looks at words and pictures does not answer. Try again in a moment."


class _Result(msgspec.Struct):
    category_scores: dict[str, float]


class _Answer(msgspec.Struct):
    results: list[_Result]


async def of_text(text: str) -> Scores:
    """How likely each category is, 0 to 1: sexual, minor, violence, hate, self_harm. Raises ObserverAway."""
    return await _asked(text[:TEXT_LENGTH_MAX])


async def of_picture(image: bytes) -> Scores:
    """The same of a small WebP: sexual (something bare is seen) and person (a face is). Raises ObserverAway."""
    url = f"data:image/webp;base64,{base64.b64encode(image).decode()}"
    return await _asked([{"type": "image_url", "image_url": {"url": url}}])


async def _asked(given: object) -> Scores:
    where = settings()
    headers = [("Authorization", f"Bearer {secret(where, 'runner')}"), ("Content-Type", "application/json")]
    url = f"http://127.0.0.1:{where.runner_port}/v1/moderations"
    try:
        async with asyncio.timeout(TIMEOUT_S), httpcore.AsyncConnectionPool() as pool:
            answer = await pool.request("POST", url, headers=headers, content=msgspec.json.encode({"input": given}))
        if answer.status != 200:
            raise ObserverAway
        return msgspec.json.decode(answer.content, type=_Answer).results[0].category_scores
    except (
        TimeoutError,
        httpcore.NetworkError,
        httpcore.ProtocolError,
        httpcore.TimeoutException,
        msgspec.DecodeError,
        IndexError,
    ) as away:
        raise ObserverAway from away
