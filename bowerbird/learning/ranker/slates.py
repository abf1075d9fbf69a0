"""What the heads were taught, kept instead of learned: every slate with its features as they were, and what came of it."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from bowerbird.core.database import Database
from bowerbird.feed import stock, stream
from bowerbird.feed.acts import HEADS
from bowerbird.feed.catalogue import Catalogue, Floats
from bowerbird.feed.features import NAMES
from bowerbird.feed.heads import Heads, Matrix
from bowerbird.feed.lessons import Lessons
from bowerbird.feed.values import values
from bowerbird.learning.ranker.boosting import Lesson

POSTS_MAX = 1_000_000
LESSONS_MAX = 60_000  # posts that were shown, the latest
EVENTS_MAX = 20_000_000


class Notebook(Heads):
    """Stands where heads stand, and writes down what it is taught."""

    def __init__(self) -> None:
        super().__init__(values().prior())
        self._kept: list[tuple[Floats, Matrix, NDArray[np.bool_], float]] = []

    def teach(self, x: Floats, happened: Matrix, told: NDArray[np.bool_], weight: float = 1.0) -> None:
        """One more line; the oldest go."""
        self._kept.append((x.copy(), happened, told, weight))
        self.steps += len(x)
        if len(self._kept) > LESSONS_MAX:
            del self._kept[: LESSONS_MAX // 4]

    def lesson(self) -> Lesson:
        """Everything, oldest first."""
        if not self._kept:
            nothing = np.zeros((0, len(HEADS)), np.bool_)
            return Lesson(np.zeros((0, len(NAMES)), np.float32), nothing, nothing, np.zeros(0, np.float32))
        xs, happened, told, weights = zip(*self._kept, strict=True)
        heavy = np.repeat(np.array(weights, np.float32), [len(x) for x in xs])
        last = slice(-LESSONS_MAX, None)
        return Lesson(np.concatenate(xs)[last], (np.concatenate(happened) > 0)[last], np.concatenate(told)[last], heavy[last])


async def gathered(db: Database) -> Lesson:
    """What may be learned from (`personalise`), by the very rules by which the heads are taught."""
    catalogue = Catalogue()
    async for rows in stock.newest(db, POSTS_MAX):
        for row in rows:
            catalogue.add(row.item)
    lessons, notebook = Lessons(catalogue), Notebook()
    lessons.heads = notebook
    after = 0
    for _ in range(0, EVENTS_MAX, stream.EVENTS_AT_ONCE):
        told, on = await stream.acts(db, after)
        lessons.features |= await stream.features(db, [act.slate_id for act in told if act.kind == "served"])
        for act in told:
            lessons.take(act)
        if told:
            lessons.teach(told[-1].at_ms)
        if not on:
            break
        after = on
    lessons.teach(time.time_ns() // 1_000_000)
    return notebook.lesson()
