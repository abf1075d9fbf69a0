"""How gladly people here would read each of several answers, by the reward head that they taught; nothing where the house has learned none."""

from __future__ import annotations

import asyncio
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from litestar import Request, post

from bowerbird.core.errors import Invalid
from bowerbird.core.loopback import decoded
from bowerbird.core.settings import settings
from bowerbird.inference import registry
from bowerbird.inference.runner import traits
from bowerbird.inference.runner.traits import Embed, Floats

ANSWERS_MAX, LENGTH_MAX = 8, 40_000


class WeighingRequest(msgspec.Struct):
    """POST /v1/weighings: a question, and answers to it."""

    question: str
    answers: list[str]


@post("/weighings", status_code=200)
async def weighings(request: Request[Any, Any, Any]) -> dict[str, list[float] | None]:
    """A score for each answer, of which only differences mean anything; null where nothing was learned."""
    asked = decoded(await request.body(), WeighingRequest)
    if len(asked.answers) > ANSWERS_MAX or max(map(len, [asked.question, *asked.answers])) > LENGTH_MAX:
        raise Invalid(f"Up to {ANSWERS_MAX} answers of {LENGTH_MAX:,} characters.")
    return {"scores": await asyncio.to_thread(weighed, request.app.state.embedder.embed, asked.question, asked.answers)}


def weighed(embed: Embed, question: str, answers: list[str]) -> list[float] | None:
    """The same, of the head that is in service."""
    file = registry.home(settings()) / registry.ANSWER_REWARD
    try:
        weights = _weights(file, file.stat().st_mtime_ns)
    except FileNotFoundError:
        return None
    return [float(one) for one in traits.of(embed, [(question, answer) for answer in answers]) @ weights]


@lru_cache(2)
def _weights(file: Path, _changed: int) -> Floats:
    """Raises ValueError for a head that was learned on other traits."""
    head = json.loads(file.read_text())
    weights = np.asarray(head["weights"], float) / np.asarray(head["scales"], float)
    if weights.shape != (traits.WIDTH,):
        raise ValueError(
            f"{file} has {weights.size} weights, not {traits.WIDTH}: learn it again with `bowerbird learn assistant`"
        )
    return weights
