"""A small society with planted tastes, and trolls in it, through the HTTP API of a real house: `python -m bench.tastes`.

How soon an act is in the next page and how much of it one like moves, how a page comes to a taste that was planted, that nothing is learned of who
did not agree, and how far sock puppets come."""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import numpy as np

from bench.house import House
from bench.report import Table
from bench.troupe import THEMES, settle, written
from bowerbird.accounts import people, tokens
from bowerbird.accounts.people import Person
from bowerbird.core.database import Database, Pool
from bowerbird.core.ids import before
from bowerbird.core.live import Hub
from bowerbird.events import consent
from bowerbird.feed.catalogue import near_copies
from bowerbird.feed.ranking import Ranking, now_ms
from bowerbird.feed.wire import PageRequest

READERS, ROUNDS, ACTS_EACH = 32, 8, 6
LIKES_OWN, LIKES_OTHER = 0.7, 0.05
PUPPETS, CONTROLS = 60, 8
AGE = timedelta(days=30)  # how long those who are no puppets have been here
LIMIT_MS = 500
_numbers = count()


@dataclass
class Somebody:
    """One who reads, with the theme they are fond of."""

    person: Person
    client: httpx.AsyncClient
    theme: int = -1
    shares: list[float] = field(default_factory=list[float])

    async def page(self) -> list[dict[str, Any]]:
        """A first page of For You, laid out now."""
        answer = await self.client.get("/api/bower/v1/feed", params={"limit": 20})
        answer.raise_for_status()
        return answer.json()["posts"]

    async def act(self, what: str, post_id: str) -> None:
        """One thing done to a post."""
        answer = await {
            "like": lambda: self.client.post(f"/api/v1/statuses/{post_id}/favourite"),
            "keep": lambda: self.client.post(f"/api/v1/statuses/{post_id}/bookmark"),
            "not for me": lambda: self.client.put(f"/api/bower/v1/posts/{post_id}/hiding"),
            "look at (12 s)": lambda: self.client.post("/api/bower/v1/feed/dwells", json={"seconds": {post_id: 12.0}}),
        }[what]()
        answer.raise_for_status()

    async def looked(self, posts: Sequence[dict[str, Any]]) -> None:
        """As the page does while one scrolls on: each was in sight for a moment."""
        answer = await self.client.post("/api/bower/v1/feed/dwells", json={"seconds": {one["id"]: 1.5 for one in posts}})
        answer.raise_for_status()

    async def score(self, post_id: str) -> float:
        """What a post is worth to them now."""
        answer = await self.client.get(f"/api/bower/v1/posts/{post_id}/why")
        answer.raise_for_status()
        return answer.json()["score"]


async def joins(db: Database, house: House, name: str, *, old: bool, learns: bool = True) -> Somebody:
    """Somebody new, or somebody who has been here for AGE."""
    if old:
        id_ = before(datetime.now(UTC) - AGE) + next(_numbers)
        person = await db.one(Person, "insert into accounts.people (id, username) values (%s, %s) returning *", id_, name)
    else:
        person = await people.create(db, name, email=None, password=None)
    token = await tokens.create(db, person, ["read", "write"])
    if learns:
        await consent.say(db, person.id, {"personalise": True})
    client = httpx.AsyncClient(base_url=house.url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
    return Somebody(person, client)


async def planted(readers: Sequence[Somebody], theme_of: dict[str, int]) -> Table:
    """Everyone reads, likes what they are fond of, and reads on."""
    chance = random.Random(3)
    own = [[0.0] * len(readers) for _ in range(ROUNDS)]
    variety = [[0] * len(readers) for _ in range(ROUNDS)]
    for round_ in range(ROUNDS):
        for number, one in enumerate(readers):
            posts = await one.page()
            themes = [theme_of[post["id"]] for post in posts]
            own[round_][number] = themes.count(one.theme) / max(1, len(themes))
            variety[round_][number] = len(set(themes))
            wanted = [
                p["id"]
                for p, theme in zip(posts, themes, strict=True)
                if chance.random() < (LIKES_OWN if theme == one.theme else LIKES_OTHER)
            ]
            for post_id in wanted[:ACTS_EACH]:
                await one.act("like", post_id)
            await one.looked(posts)
    table = Table("For You: how a page comes to a planted taste", ["page", *(str(n + 1) for n in range(ROUNDS))])
    table.add("posts of the theme somebody is fond of", *(f"{statistics.mean(of):.0%}" for of in own))
    table.add("themes on a page", *(f"{statistics.mean(of):.1f}" for of in variety))
    table.note = (
        f"{READERS} people, {len(THEMES)} themes ({1 / len(THEMES):.0%} each by chance), up to {ACTS_EACH} likes a page: {LIKES_OWN:.0%} of what is "
        f"of their theme, {LIKES_OTHER:.0%} of the rest. A page has at most 30 % from one interest and a tenth for exploring, by design."
    )  # fmt: skip
    return table


async def answered(pool: Pool, house: House, readers: Sequence[Somebody]) -> Table:
    """From sending an act to holding the page that knows it; and how much of a page one act moves, all else the same."""
    table = Table(
        "For You: one act and the next page, through the HTTP API",
        [
            "act",
            "acts",
            "in the next page",
            "ms until then: median, 95 %",
            "limit",
            "of the page it moved: mean, most",
            "no act moved",
        ],
    )
    beside = Ranking(pool, Hub(house.database_url))  # lays out the page that would have been, without showing it to anybody
    await beside.load()
    for what in ("like", "keep", "look at (12 s)", "not for me"):
        took, moved, still, known = list[float](), list[float](), list[float](), 0
        for one in readers:
            wanted = PageRequest(one.person.id, 20, one.person.id % 1000)
            await one.page()  # so that what they did before is answered, and one act alone is measured
            moment = now_ms()
            without = [post.id for post in (await beside.page(wanted, moment)).posts]
            again = {post.id for post in (await beside.page(wanted, moment)).posts}
            still.append(len(again - set(without)) / len(without))
            rows = np.array([beside.learner.catalogue.row_of[post_id] for post_id in without])
            hidden = int(near_copies(beside.learner.catalogue, int(rows[0]), rows[1:]).sum()) if what == "not for me" else 0
            await one.act(what, str(without[0]))
            with_it = {post.id for post in (await beside.page(wanted, moment)).posts}
            new = len(with_it - set(without))
            moved.append(
                max(0, new - 1 - hidden) / len(without)
            )  # one takes the place of what was acted on, others of its near copies
            target = (await one.page())[0]["id"]
            began = time.perf_counter()
            await one.act(what, target)
            after = await one.page()
            took.append((time.perf_counter() - began) * 1000)
            known += target not in {post["id"] for post in after}
        took.sort()
        table.add(
            what, len(took), f"{known} of {len(took)}", f"{statistics.median(took):.0f}, {took[int(len(took) * 0.95)]:.0f}", f"≤ {LIMIT_MS}",
            f"{statistics.mean(moved):.0%}, {max(moved):.0%}", f"{statistics.mean(still):.0%}, {max(still):.0%}",
        )  # fmt: skip
    table.note = (
        "One person after the other, on one connection each. In the next page: what was acted on is not shown again. Moved: posts of a page that "
        "would not have been on it, but for those in the place of what was acted on and, after “not for me”, of its near copies; the same person, "
        "seed and moment with the act and without, after a page that answered what they did before."
    )  # fmt: skip
    return table


async def puppets(pool: Pool, house: House, readers: Sequence[Somebody]) -> Table:
    """What likes of puppets, and of honest people, make of a post for everyone else, against posts that nobody did anything to meanwhile."""
    table = Table(
        "For You: what likes of others do to a post",
        ["who likes it", "likes", "worth to others: change, in steps", "on their first pages: before, after"],
    )
    honest, judges = readers[::2], readers[1::2]
    async with pool.transaction() as db:
        made = [await joins(db, house, f"puppet{n}", old=False) for n in range(PUPPETS)]
    used = set[str]()
    for title, crowd, blind in (
        ("puppets made just now, who were not shown it", made, True),
        ("puppets made just now, to whom it was shown", made, False),
        ("people of thirty days, to whom it was shown", honest, False),
    ):
        pages = [[one["id"] for one in await somebody.page()] for somebody in crowd]
        seen = Counter(post_id for page in pages for post_id in page)
        judged = [[one["id"] for one in await somebody.page()] for somebody in judges]
        near = Counter(post_id for page in judged for post_id in page)
        reachable = [post_id for post_id, _ in seen.most_common() if post_id not in used]
        target = next(post_id for post_id in near if post_id not in seen and post_id not in used) if blind else reachable[0]
        beside = [post_id for post_id in near if post_id not in (target, *used)][:CONTROLS]
        used.add(target)
        before_ = {post_id: await _worth(judges, post_id) for post_id in (target, *beside)}
        likers = [one for one, page in zip(crowd, pages, strict=True) if (target in page) is not blind]
        for one in likers:
            await one.act("like", target)
        await settle()
        change = {post_id: await _worth(judges, post_id) - was for post_id, was in before_.items()}
        steps = (change[target] - statistics.median(change[post_id] for post_id in beside)) / statistics.pstdev(before_.values())
        after = sum([target in {post["id"] for post in await one.page()} for one in judges])
        table.add(title, len(likers), f"{steps:+.2f}", f"{near[target]} of {len(judges)}, {after} of {len(judges)}")
    for one in made:
        await one.client.aclose()
    table.note = (
        f"{len(judges)} others judge, by the score the post has for each. A step is the standard deviation of scores among posts on their "
        f"pages; the change of {CONTROLS} posts that nobody touched is taken off. Each row has a post of its own. "
        "The heads learn meanwhile, and what everybody passes over falls: from run to run the last row lay between −10 and +18 steps. That puppets "
        "raise nothing is what can be read here, not by how much honest likes do."
    )  # fmt: skip
    return table


async def _worth(judges: Sequence[Somebody], post_id: str) -> float:
    return statistics.mean([await one.score(post_id) for one in judges])


async def unasked(silent: Sequence[Somebody], blank: Somebody) -> Table:
    """Those who did not agree act like everyone, and are shown what anyone is."""
    for one in silent:
        for post in (await one.page())[:ACTS_EACH]:
            await one.act("like", post["id"])
    await settle()
    same = 0
    for one in silent:
        mine, theirs = [post["id"] for post in await one.page()], [post["id"] for post in await blank.page()]
        same += mine == theirs
    table = Table(
        "For You: without consent", ["people who acted and never agreed", "whose page is that of somebody without history"]
    )
    table.add(len(silent), f"{same} of {len(silent)}")
    return table


async def measured(house: House) -> list[Table]:
    """Everything, in one house."""
    pool = Pool(house.database_url, 4)
    await pool.open()
    posts = await written(pool)
    async with pool.transaction() as db:
        readers = [await joins(db, house, f"reader{n}", old=True) for n in range(READERS)]
        silent = [await joins(db, house, f"silent{n}", old=True, learns=False) for n in range(8)]
        blank = await joins(db, house, "blank", old=True, learns=False)
    for number, one in enumerate(readers):
        one.theme = number % len(THEMES)
    await asyncio.to_thread(house.rest)  # until every post's meaning was read
    tables = [
        await planted(readers, posts),
        await answered(pool, house, readers),
        await puppets(pool, house, readers),
        await unasked(silent, blank),
    ]
    for one in [*readers, *silent, blank]:
        await one.client.aclose()
    await pool.close()
    return tables


def run() -> list[Table]:
    """In a house of its own."""
    with House(searches_per_minute_max="10000") as house:
        return asyncio.run(measured(house))


if __name__ == "__main__":
    for one in run():
        print(one.text())
