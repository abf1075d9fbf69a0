"""The feed's own process at work: follows the log, keeps what was learned in memory, and lays out pages when asked."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np

from bowerbird.core.database import Database, Pool
from bowerbird.core.ids import before
from bowerbird.core.live import Hub
from bowerbird.events import consent
from bowerbird.feed import asked, for_you, reach, recipe, stock, stream, why
from bowerbird.feed.acts import Act
from bowerbird.feed.asked import Asked
from bowerbird.feed.learner import Learner
from bowerbird.feed.lessons import Lessons
from bowerbird.feed.persons import Person
from bowerbird.feed.pipeline import Batch, Placed
from bowerbird.feed.readers import Ties
from bowerbird.feed.recipe import Recipe
from bowerbird.feed.scorers import WORTH
from bowerbird.feed.wire import PageAnswer, PageRequest, PlacedPost, WhyAnswer, WhyRequest

POSTS_MAX = 1_000_000
TICK_S = 0.5
OVERLAP, LONG_OVERLAP = timedelta(seconds=6), timedelta(minutes=2)  # ids are made before their transactions commit
LONG_EVERY = 40  # ticks
LIMIT_MAX = 100
NO_TIES = Ties()
log = logging.getLogger(__name__)


def now_ms() -> int:
    """This moment."""
    return time.time_ns() // 1_000_000


class Ranking:
    """One house's feed."""

    def __init__(self, pool: Pool, hub: Hub) -> None:
        self._pool, self._hub = pool, hub
        self.learner = Learner()
        self.pipeline = for_you.pipeline()
        self.reach: Counter[tuple[int, str]] = Counter()
        self._posts_after = self._acts_after = 0
        self._meanings_since = datetime.now(UTC)
        self._changed: set[int] = set()
        self._ticks = 0

    async def load(self) -> None:
        """Everything from the beginning: posts, then acts in the order of the log."""
        async with self._pool.reading() as db:
            self._meanings_since = datetime.now(UTC) - timedelta(seconds=5)
            async for rows in stock.newest(db, POSTS_MAX):
                for row in rows:
                    self.learner.add(row.item)
                self._posts_after = rows[-1].id
                await asyncio.sleep(0)
        await self._acts(0)
        self.learner.lessons.teach(now_ms())
        log.info("feed: %s posts, %s people", self.learner.catalogue.size, len(self.learner.persons))

    async def follow(self) -> None:
        """For ever: what is new, twice a second. Nothing that goes wrong once ends it."""
        with self._hub.subscribe("counts", "consents") as news:
            while True:
                try:
                    while not news.empty():
                        await self._hear(*(lambda one: (one.kind, int(one.id)))(news.get_nowait()))
                    await self._tick()
                except Exception as trouble:  # the database is away, say: again in half a second, from the same place
                    log.warning("the feed could not follow: %s", trouble)
                await asyncio.sleep(TICK_S)

    async def _hear(self, kind: str, id_: int) -> None:
        if kind == "consents":
            await self._consents(id_)
        else:  # a post's numbers, its words, or what its author says of it
            self._changed.add(id_)

    async def _consents(self, account_id: int) -> None:
        """Somebody changed what their doings may be used for: what may not be known any more is forgotten at once."""
        async with self._pool.reading() as db:
            granted = (await consent.of(db, account_id))["personalise"]
            self._changed.update(await stock.of_author(db, account_id))
        self.learner.forget(account_id)
        if granted:
            await self._acts(0, account_id)

    async def _tick(self) -> None:
        self._ticks += 1
        overlap = LONG_OVERLAP if self._ticks % LONG_EVERY == 0 else OVERLAP
        now = datetime.now(UTC)
        async with self._pool.reading() as db:
            for row in await stock.since_id(db, min(self._posts_after, before(now - overlap))):
                if row.id not in self.learner.catalogue.row_of:
                    self.learner.add(row.item)
                self._posts_after = max(self._posts_after, row.id)
            found = await stock.understood(db, self._meanings_since - timedelta(seconds=5))
            self._meanings_since = now
            changed, self._changed = self._changed | set(found), set()
            for row in await stock.again(db, list(changed)[:1000]) if changed else ():
                changed.discard(row.id)
                if row.stands:
                    self.learner.add(row.item)
                else:
                    self.learner.catalogue.remove(row.id)
            for post_id in changed:
                self.learner.catalogue.remove(post_id)
        await self._acts(min(self._acts_after, before(now - overlap)))
        if self.learner.lessons.stale:
            await self.teach_anew()
        self.learner.lessons.teach(now_ms())
        if self.reach and self._ticks % 10 == 0:
            told, self.reach = self.reach, Counter()
            async with self._pool.transaction() as db:
                await reach.count(db, told)

    async def teach_anew(self) -> None:
        """The heads from the beginning, out of what may be learned from now: something was taken back, or came too late."""
        own, self.learner.lessons = self.learner.lessons, Lessons(self.learner.catalogue)
        try:
            await self._acts(0, lessons_only=True)
        except BaseException:
            self.learner.lessons = own
            raise

    async def _acts(self, after: int, actor_id: int | None = None, *, lessons_only: bool = False) -> None:
        while True:
            async with self._pool.reading() as db:
                told, on = await stream.acts(db, after, actor_id=actor_id)
                fresh = [act for act in told if lessons_only or not self.learner.knows(act)]
                self.learner.lessons.features |= await stream.features(
                    db, [act.slate_id for act in fresh if act.kind == "served"]
                )
            for act in fresh:
                if lessons_only:
                    self.learner.lessons.take(act)
                else:
                    self.learner.take(act)
            if told and actor_id is None:
                self._acts_after = max(self._acts_after, told[-1].id)
            if not on:
                return
            after = on
            if lessons_only or self._ticks == 0:
                self.learner.lessons.teach(min(now_ms(), told[-1].at_ms if told else 0))
            await asyncio.sleep(0)

    @property
    def version(self) -> object:
        """Another one whenever a post came or somebody did something."""
        return self.learner.catalogue.size, self.learner.version

    @property
    def release(self) -> str:
        """Names the heads as they stand."""
        return f"heads-{self.learner.lessons.heads.digest[:8]}"

    async def page(self, wanted: PageRequest) -> PageAnswer:
        """Lay out a page; what somebody did a moment ago is in it."""
        began = time.perf_counter()
        ask, personal = await self._asked(wanted.person_id, min(wanted.limit, LIMIT_MAX), wanted.seed, wanted)
        placed, batch = self.pipeline.run(ask)
        ids = self.learner.catalogue.ids
        posts = [
            PlacedPost(int(ids[one.row]), one.value, one.source, one.propensity, one.team, said)
            for one, said in zip(placed, why.reasons(ask, placed), strict=True)
        ]
        for name, rows in batch.stopped.items():
            for row in rows[:50]:
                self.reach[int(self.learner.catalogue.ids[row]), f"stopped {name}"] += 1
        x = np.stack([ask.features[one.row] for one in placed]).astype("<f4").tobytes() if placed else b""
        stopped = {name: len(rows) for name, rows in batch.stopped.items()}
        spent_ms = (time.perf_counter() - began) * 1000
        return PageAnswer(self.release, personal, posts, stopped, len(batch.rows), spent_ms, x)

    async def _asked(self, person_id: int, limit: int, seed: int, wanted: PageRequest | None = None) -> tuple[Asked, bool]:
        """The request, and whether anything of the person was read for it."""
        person, ties, wishes = None, NO_TIES, Recipe()
        if person_id:
            async with self._pool.reading() as db:
                ties = await stream.ties(db, person_id)
                wishes = (await recipe.of_all(db, [person_id])).get(person_id) or wishes
                if (await consent.of(db, person_id))["personalise"]:
                    await self._latest(db, person_id)
                    person = self.learner.person(person_id)
        rows = self.learner.catalogue.row_of
        shown = frozenset(rows[id_] for id_ in (wanted.shown if wanted else []) if id_ in rows)
        if wanted and (wanted.picks or wanted.recipe):
            person = trying(wanted.picks) if wanted.picks else None
            wishes = wanted.recipe or wishes
        ask = asked.of(self.learner, person, now_ms(), limit=limit, seed=seed, ties=ties, recipe=wishes, shown=shown)
        ask.own_id = person_id
        return ask, person is not None

    async def _latest(self, db: Database, person_id: int) -> None:
        """What somebody did since their acts were read last."""
        known = self.learner.persons.get(person_id)
        newest = known.newest_id if known else 0
        told, _ = await stream.acts(db, min(newest, before(datetime.now(UTC) - OVERLAP)), actor_id=person_id)
        fresh = [act for act in told if not self.learner.knows(act)]
        self.learner.lessons.features |= await stream.features(db, [act.slate_id for act in fresh if act.kind == "served"])
        for act in fresh:
            self.learner.take(act)

    async def why(self, wanted: WhyRequest) -> WhyAnswer:
        """The whole sum for one post, as it would be ranked now, and what would keep it away."""
        ask, personal = await self._asked(wanted.person_id, 1, 0)
        row = self.learner.catalogue.row_of.get(wanted.post_id, -1)
        if row < 0:
            return WhyAnswer(self.release, personal, 0.0, [], [], ["unknown"])
        rows = np.array([row], np.int32)
        stops = [one.name for one in self.pipeline.filters if one.stops(ask, rows).any()]
        batch = Batch(rows, np.zeros(1, np.int16), np.zeros(1))
        for scorer in self.pipeline.scorers:
            scorer.score(ask, batch)
        terms = {name: float(term[0]) for name, term in batch.terms.items()}
        said = why.explain(ask, Placed(row, "", float(batch.values[0]), terms))
        assert WORTH in terms
        return WhyAnswer(self.release, personal, said.score, said.terms, said.reasons, stops)


def trying(picks: list[int]) -> Person:
    """Somebody who does not exist and likes these posts: how the feed would be, before anything is agreed to."""
    person = Person(-1, 0)
    for number, post_id in enumerate(picks):
        person.take(Act(number + 1, "like", -1, number, post_id=post_id))
    return person
