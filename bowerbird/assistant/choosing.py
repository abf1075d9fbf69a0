"""Several answers of the embedded model at once, of which one is given: the one that people here would like best, by what they taught."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass

from bowerbird.assistant import quoting
from bowerbird.core.errors import Unavailable
from bowerbird.inference import chat
from bowerbird.inference.chat import Begun, Finished, Words
from bowerbird.inference.chatwire import ChatRequest


@dataclass(slots=True)
class _Try:
    """One of them."""

    begun: Begun | None = None
    words: str = ""
    finished: Finished | None = None


async def best(
    request: ChatRequest, tiers: Sequence[chat.Tier], adapter: str, question: str, answers: int, repeats_max: int
) -> AsyncGenerator[Begun | Words | Finished]:
    """Who answers, the words of the best in one piece, and what all of them took. Raises Unavailable where one does not come."""
    tasks = [asyncio.create_task(_one(request, tiers, adapter, repeats_max)) for _ in range(answers)]
    try:
        tries = await asyncio.gather(*tasks)
    finally:
        for task in tasks:  # one that failed, or a person who stopped it, stops them all
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    scores = None
    with suppress(Unavailable):  # they are written: any is as good as another then
        scores = await chat.weighed(question, [one.words for one in tries])
    taken = tries[max(range(len(tries)), key=lambda number: scores[number] if scores else 0.0)]
    if taken.begun:
        why = f"The best of {len(tries)} by what people here like" if scores else f"One of {len(tries)}"
        yield Begun(taken.begun.tier, taken.begun.model, why, taken.begun.adapter)
    yield Words(taken.words)
    counted = [one.finished for one in tries if one.finished]
    if taken.finished:
        yield Finished(
            taken.finished.reason, sum(one.prompt_tokens for one in counted), sum(one.tokens for one in counted),
            max(one.seconds for one in counted),
        )  # fmt: skip


async def _one(request: ChatRequest, tiers: Sequence[chat.Tier], adapter: str, repeats_max: int) -> _Try:
    found = _Try()
    async with aclosing(chat.talk(request, tiers, adapter)) as talk:
        async for one in talk:
            if isinstance(one, Begun):
                found.begun = one
            elif isinstance(one, Words):
                found.words += one.text
                if quoting.repeats(found.words) >= repeats_max:
                    break
            elif isinstance(one, Finished):
                found.finished = one
    return found
