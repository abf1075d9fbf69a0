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
from bowerbird.core.live import Hub, News
from bowerbird.core.settings import settings
from bowerbird.events import consent
from bowerbird.feed import asked, contenders, for_you, nights, reach, recipe, stock, stream, why
from bowerbird.feed.acts import Act
from bowerbird.feed.asked import Asked
from bowerbird.feed.contender import house
from bowerbird.feed.contenders import Arena
from bowerbird.feed.learner import Learner
from bowerbird.feed.lessons import Lessons
from bowerbird.feed.persons import Person
from bowerbird.feed.pipeline import Batch, Placed
from bowerbird.feed.readers import Ties
from bowerbird.feed.recipe import Recipe
from bowerbird.feed.scorers import WORTH
from bowerbird.feed.stock import Row
from bowerbird.feed.wire import PageAnswer, PageRequest, PlacedPost, WhyAnswer, WhyRequest

POSTS_MAX = 1_000_000
TICK_S = 0.5
OVERLAP, LONG_OVERLAP = timedelta(seconds=6), timedelta(minutes=2)  # ids are made before their transactions commit
LONG_EVERY = 40  # ticks
LIMIT_MAX, READ_AGAIN_MAX, HEARD_MAX = 100, 1_000, 5_000
ANEW_EVERY_S = 20.0  # the heads begin anew at most so often
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
        self.arena = Arena(house())
        self.reach: Counter[tuple[int, str]] = Counter()
        self._posts_after = self._acts_after = 0
        self._meanings_since = datetime.now(UTC)
        self._changed: set[int] = set()
        self._unlooked: set[int] = set()  # posts whose picture nobody has looked at yet
        self._consents_after = before(datetime.now(UTC))
        self._heard: dict[int, None] = {}
        self._anew_from = 0.0
        self._ticks = self._night_stamp = 0

    async def load(self) -> None:
        """Everything from the beginning: posts, then acts in the order of the log."""
        async with self._pool.reading() as db:
            self._meanings_since = datetime.now(UTC) - timedelta(seconds=5)
            self.arena = await contenders.read(db)
            async for rows in stock.newest(db, POSTS_MAX):
                for row in rows:
                    self._add(row)
                self._posts_after = rows[-1].id
                await asyncio.sleep(0)
        await self._night()
        await self._acts(0)
        self.learner.lessons.teach(now_ms())
        log.info("feed: %s posts, %s people", self.learner.catalogue.size, len(self.learner.persons))

    async def follow(self) -> None:
        """For ever: what is new, twice a second. Nothing that goes wrong once ends it."""
        with self._hub.subscribe("counts") as numbers, self._hub.subscribe("consents", "people") as people:
            while True:
                try:
                    while not numbers.empty():
                        self._changed.add(int(numbers.get_nowait().id))
                    while not people.empty():
                        await self._hear(people.get_nowait())
                    await self._tick()
                except Exception as trouble:  # the database is away, say: again in half a second, from the same place
                    log.warning("the feed could not follow: %s", trouble)
                await asyncio.sleep(TICK_S)

    async def _hear(self, news: News) -> None:
        """Somebody had something forgotten, or changed their profile."""
        if news.kind == "forgotten":
            await self._again(int(news.id))
        elif news.kind == "people":
            async with self._pool.reading() as db:
                self._changed.update(await stock.of_author(db, int(news.id)))

    async def _again(self, account_id: int) -> None:
        """Read somebody's acts anew: what may not be known any more is gone at once."""
        async with self._pool.reading() as db:
            granted = (await consent.of(db, account_id))["personalise"]
            mark = await stream.forgotten(db, account_id)
        self.learner.forget(account_id)
        if granted:
            await self._acts(0, account_id)
            self.learner.person(account_id).forgotten = mark

    async def _tick(self) -> None:
        self._ticks += 1
        overlap = LONG_OVERLAP if self._ticks % LONG_EVERY == 0 else OVERLAP
        now = datetime.now(UTC)
        await self._consents(before(now - overlap))
        async with self._pool.reading() as db:
            self.arena = await contenders.read(db, self.arena)
            for row in await stock.since_id(db, min(self._posts_after, before(now - overlap))):
                if row.id not in self.learner.catalogue.row_of:
                    self._add(row)
                self._posts_after = max(self._posts_after, row.id)
            self._changed.update(await stock.understood(db, self._meanings_since - timedelta(seconds=5)))
            self._meanings_since = now
            if self._ticks % LONG_EVERY == 0:  # their picture was looked at meanwhile
                self._changed.update(self._unlooked)
            await self._read_again(db)
        await self._acts(min(self._acts_after, before(now - overlap)))
        if self._ticks % LONG_EVERY == 0:
            await self._night()
        if self.learner.lessons.stale and time.monotonic() > self._anew_from:
            self._anew_from = time.monotonic() + ANEW_EVERY_S
            await self.teach_anew()
        self.learner.lessons.teach(now_ms())
        if self.reach and self._ticks % 10 == 0:
            told, self.reach = self.reach, Counter()
            async with self._pool.transaction() as db:
                await reach.count(db, told)

    async def _night(self) -> None:
        """Go by what was learned last night, where there is anything new; a night that grew too old goes."""
        folder = settings().home / nights.FOLDER
        used, stamp = self.learner.nightly.night, nights.stamp(folder)
        if stamp != self._night_stamp or (used is not None and now_ms() - used.learned_ms > nights.OLD_MS):
            self._night_stamp = stamp
            self.learner.nightly.use(await asyncio.to_thread(nights.read, folder, now_ms()))

    async def _consents(self, overlap_from: int) -> None:
        """What people said of their feed, and of being recommended, since it was looked at last: from the table, not from news that may be missed."""
        async with self._pool.reading() as db:
            said = await stream.consent_changes(db, min(self._consents_after, overlap_from))
            said = [one for one in said if one[0] not in self._heard]
            for id_, account_id, post_id in said:
                self._heard[id_] = None
                self._consents_after = max(self._consents_after, id_)
                self._changed.update([post_id] if post_id else await stock.of_author(db, account_id))
        for account_id in {account_id for _, account_id, post_id in said if not post_id}:
            await self._again(account_id)
        while len(self._heard) > HEARD_MAX:
            del self._heard[next(iter(self._heard))]

    def _add(self, row: Row) -> None:
        self.learner.add(row.item)
        if row.pictures and not row.bits and len(self._unlooked) < READ_AGAIN_MAX:
            self._unlooked.add(row.id)
        else:
            self._unlooked.discard(row.id)

    async def _read_again(self, db: Database) -> None:
        """Posts that changed, so many at a time; what is gone goes."""
        wanted = list(self._changed)[:READ_AGAIN_MAX]
        rows = {row.id: row for row in await stock.again(db, wanted)} if wanted else {}
        self._changed.difference_update(wanted)
        for post_id in wanted:
            row = rows.get(post_id)
            if row and row.stands:
                self._add(row)
            else:
                self._unlooked.discard(post_id)
                self.learner.catalogue.remove(post_id)

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
                told, on = await self._stretch(db, after, actor_id, lessons_only=lessons_only)
            if told and actor_id is None:
                self._acts_after = max(self._acts_after, told[-1].id)
            if not on:
                return
            after = on
            if lessons_only or self._ticks == 0:
                self.learner.lessons.teach(min(now_ms(), told[-1].at_ms if told else 0))
            await asyncio.sleep(0)

    async def _stretch(
        self, db: Database, after: int, actor_id: int | None, *, lessons_only: bool = False
    ) -> tuple[list[Act], int]:
        """Take in the acts of one stretch of the log, each once; which they were, and where to go on from (0: there is no more)."""
        told, on = await stream.acts(db, after, actor_id=actor_id)
        fresh = [act for act in told if lessons_only or not self.learner.knows(act)]
        self.learner.lessons.features |= await stream.features(db, [act.slate_id for act in fresh if act.kind == "served"])
        for act in fresh:
            if lessons_only:
                self.learner.lessons.take(act)
            else:
                self.learner.take(act)
        return told, on

    @property
    def version(self) -> object:
        """Another one whenever a post came or somebody did something."""
        return self.learner.catalogue.size, self.learner.version, self.arena.champion.hash

    @property
    def release(self) -> str:
        """Names the heads as they stand, and what ranks."""
        return f"heads-{self.learner.lessons.heads.digest[:8]} {self.arena.champion.called}"

    async def page(self, wanted: PageRequest, at_ms: int = 0) -> PageAnswer:
        """Lay out a page as of a moment, this one unless another is given; what somebody did a moment ago is in it."""
        began = time.perf_counter()
        ask, personal = await self._asked(wanted.person_id, min(wanted.limit, LIMIT_MAX), wanted.seed, wanted, at_ms)
        arena, ask.draft = self.arena, wanted.draft
        if personal and ask.person_id > 0 and wanted.recipe is None:  # nothing is compared where somebody only tries
            ask.rival = arena.rival_of(ask.person_id)
        placed, batch = self.pipeline.run(ask)
        ids = self.learner.catalogue.ids
        posts = [
            PlacedPost(int(ids[one.row]), one.value, one.source, one.propensity, one.team, said)
            for one, said in zip(placed, why.reasons(ask, placed), strict=True)
        ]
        for name, rows in batch.stopped.items():
            for row in rows[:50]:
                self.reach[int(ids[row]), f"stopped {name}"] += 1
        x = np.stack([ask.features[one.row] for one in placed]).astype("<f4").tobytes() if placed else b""
        stopped = {name: len(rows) for name, rows in batch.stopped.items()}
        spent_ms = (time.perf_counter() - began) * 1000
        release, comparison_id = self.release, 0
        if ask.rival is not None and batch.rival is not None:  # a scorer may be left out; then nobody competed
            release, comparison_id = f"{release} against {ask.rival.called}", arena.comparison_id
        return PageAnswer(release, personal, posts, stopped, len(batch.rows), spent_ms, x, comparison_id)

    async def _asked(
        self, person_id: int, limit: int, seed: int, wanted: PageRequest | None = None, at_ms: int = 0
    ) -> tuple[Asked, bool]:
        """The request, and whether anything of the person was read for it."""
        person, ties, wishes = None, NO_TIES, Recipe()
        if person_id:
            async with self._pool.reading() as db:
                ties = await stream.ties(db, person_id)
                wishes = (await recipe.of_all(db, [person_id])).get(person_id) or wishes
                learns, mark = (await consent.of(db, person_id))["personalise"], await stream.forgotten(db, person_id)
                if learns:
                    await self._latest(db, person_id)
            if learns:
                person = self.learner.person(person_id)
                if person.forgotten is not None and person.forgotten != mark:
                    await self._again(person_id)
                    person = self.learner.person(person_id)
                person.forgotten = mark
        rows = self.learner.catalogue.row_of
        shown = frozenset(rows[id_] for id_ in (wanted.shown if wanted else []) if id_ in rows)
        if wanted and (wanted.picks or wanted.recipe):
            person = trying(wanted.picks) if wanted.picks else None
            wishes = wanted.recipe or wishes
        ask = asked.of(self.learner, person, at_ms or now_ms(), limit=limit, seed=seed, ties=ties, recipe=wishes, shown=shown)
        ask.own_id, ask.champion = person_id, self.arena.champion
        return ask, person is not None

    async def _latest(self, db: Database, person_id: int) -> None:
        """What somebody did since their acts were read last."""
        known = self.learner.persons.get(person_id)
        newest = known.newest_id if known else 0
        await self._stretch(db, min(newest, before(datetime.now(UTC) - OVERLAP)), person_id)

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
    person.served_id = len(picks)  # told on purpose and all at once: nothing of it waits for a next page
    return person
