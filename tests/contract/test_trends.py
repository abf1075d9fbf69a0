"""Trends: what many unrelated people care about; one ring of accounts cannot make one."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.core.database import Database, Pool
from bowerbird.core.ids import before
from bowerbird.gallery import showing
from bowerbird.social import graph, previews, reactions, rings, trends
from bowerbird.social.opengraph import About
from bowerbird.social.rings import Account, Push
from bowerbird.social.sights import Sight
from tests.conftest import Member

New = Callable[..., Member]
NOW = datetime.now(UTC)
SIGHT = Sight(About("A page", "about things"), None)


def trending(client: httpx.Client, what: str = "") -> list[dict[str, Any]]:
    return client.get(f"/api/v1/trends/{what}".rstrip("/")).json()


async def settled(db: Database, many: int) -> list[Person]:
    """People who joined months ago, and are followed by others who did."""
    ids = [before(NOW - timedelta(days=200)) + secrets.randbits(20) for _ in range(many * 2)]
    for id_ in ids:
        await db.execute("insert into accounts.people (id, username) values (%s, %s)", id_, f"old_{id_ % 10**9}")
    found = [await people.by_id(db, id_) for id_ in ids]
    for one, fan in zip(found[:many], found[many:], strict=True):
        await graph.follow(db, fan, one)
    return found[:many]


async def fresh(db: Database, many: int) -> list[Person]:
    return [await people.create(db, f"ring_{secrets.token_hex(5)}", email=None, password=None) for _ in range(many)]


async def test_a_ring_of_thirty_does_not_trend_against_five_who_are_unrelated(pool: Pool, visitor: httpx.Client) -> None:
    async with pool.transaction() as db:
        ring, some = await fresh(db, 30), await settled(db, 5)
        for one, other in zip(ring, ring[1:] + ring[:1], strict=True):
            await graph.follow(db, one, other)  # they follow each other, which helps them nothing
        pushed = [await showing.publish(db, who, "buy #ringcoin now") for who in ring]
        meant = [await showing.publish(db, who, "the #aurora tonight") for who in some]
        for who in ring:
            if who.id != pushed[0].author_id:
                await reactions.boost(db, who, pushed[0].id)
                await reactions.like(db, who, pushed[0].id)
        for who in some[1:]:
            await reactions.like(db, who, meant[0].id)
        await trends.count(db)
    names = [t["name"] for t in trending(visitor, "tags")]
    assert ("aurora" in names, "ringcoin" in names) == (True, False)
    posts = [s["id"] for s in trending(visitor, "statuses")]
    assert (str(meant[0].id) in posts, str(pushed[0].id) in posts) == (True, False)
    assert trending(visitor)[0]["history"][0]["uses"] != "0"
    assert trending(visitor, "tags?offset=40") == []


async def test_what_is_private_or_sensitive_or_of_people_who_hide_never_trends(pool: Pool, visitor: httpx.Client) -> None:
    async with pool.transaction() as db:
        some = await settled(db, 6)
        for who in some:
            await showing.publish(db, who, "#trendquiet", visibility="unlisted")
            await showing.publish(db, who, "#trendwarned", sensitive=True)
        await db.execute("update accounts.people set discoverable = false where id = any(%s)", [who.id for who in some[:4]])
        for who in some:
            await showing.publish(db, who, "#trendhidden")
        await trends.count(db)
    names = [t["name"] for t in trending(visitor, "tags")]
    assert not [name for name in names if name.startswith("trend")]


async def test_links_trend_with_their_preview(pool: Pool, visitor: httpx.Client) -> None:
    async with pool.transaction() as db:
        some = await settled(db, 4)
        url = f"https://example.org/{secrets.token_hex(6)}"
        for who in some:
            post = await showing.publish(db, who, f"read {url}")
            await previews.keep(db, post.id, url, SIGHT)
        await trends.count(db)
    links = {one["url"]: one for one in trending(visitor, "links")}
    assert (links[url]["title"], links[url]["history"][0]["accounts"]) == ("A page", "4")


async def test_two_who_count_at_once_do_not_collide(pool: Pool) -> None:
    async with pool.transaction() as db:
        for who in await settled(db, 4):
            await showing.publish(db, who, "#twicecounted")

    async def once() -> None:
        async with pool.transaction() as db:
            await trends.count(db)

    await asyncio.gather(*(once() for _ in range(4)))
    async with pool.reading() as db:
        assert "twicecounted" in await trends.tags(db, limit=trends.KEPT_MAX)


async def test_it_is_counted_again_only_after_a_while(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trends, "_next", 0.0)
    counted: list[Any] = []
    real = trends.count

    async def count(db: Database) -> None:
        counted.append(db)
        await real(db)

    monkeypatch.setattr(trends, "count", count)
    async with pool.transaction() as db:
        await trends.refresh(db)
        await trends.refresh(db)
    assert len(counted) == 1


def push(actors: dict[int, datetime]) -> Push:
    return Push("x", actors)


def account(days: float, followers: set[int] | None = None) -> Account:
    return Account(NOW - timedelta(days=days), frozenset(followers or ()))


def test_two_people_are_not_many_and_time_takes_its_part() -> None:
    known = {n: account(300, {100, 101, 102}) for n in range(5)} | {n: account(300) for n in (100, 101, 102)}
    half = timedelta(hours=6)
    assert rings.score(push(dict.fromkeys(range(2), NOW)), known, {}, NOW, half) == 0
    now = rings.score(push(dict.fromkeys(range(3), NOW)), known, {}, NOW, half)
    earlier = rings.score(push(dict.fromkeys(range(3), NOW - half)), known, {}, NOW, half)
    assert (round(now, 6), round(earlier, 6)) == (3.0, 1.5)


def test_those_who_always_act_together_count_as_one() -> None:
    known = {n: account(300, {100, 101, 102}) for n in range(20)} | {n: account(300) for n in (100, 101, 102)}
    same = {n: frozenset({"a", "b", "c", "d"}) for n in range(17)}
    apart = {n: frozenset({f"{n}-{k}" for k in range(4)}) for n in range(20)}
    half = timedelta(hours=6)
    every = push(dict.fromkeys(range(20), NOW))
    assert rings.score(every, known, apart, NOW, half) == pytest.approx(20)
    assert rings.score(every, known, {**apart, **same}, NOW, half) == pytest.approx(3 + rings.CLUSTER_MAX)
    assert rings.score(push(dict.fromkeys(range(17), NOW)), known, same, NOW, half) == 0


def test_followers_from_within_or_of_yesterday_help_nobody() -> None:
    old, new = {n: account(300) for n in range(100, 110)}, {n: account(0.1) for n in range(200, 230)}
    ring = {n: account(0.1, {(n + 1) % 30, 200 + n}) for n in range(30)}
    assert rings.score(push(dict.fromkeys(range(30), NOW)), old | new | ring, {}, NOW, timedelta(hours=6)) == 0
