"""For You, through its doors: personal only by consent, quick to learn, exact about why, kept to what people said."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psutil
import pytest

from bowerbird.core.database import Pool
from bowerbird.core.ids import before, new_id
from bowerbird.core.live import Hub
from bowerbird.feed import stock
from bowerbird.feed.ranking import Ranking
from tests.conftest import House, Member

New = Callable[..., Member]
FOXES = "a red fox asleep in the snow"
BUDGET = "The parliament voted on the budget, and the minister resigned"


def feed(member: Member, cursor: str = "", limit: int = 20) -> dict[str, Any]:
    answer = member.client.get("/api/bower/v1/feed", params={"cursor": cursor, "limit": limit})
    assert answer.status_code == 200, answer.text
    return answer.json()


def consent(member: Member, **answers: bool | None) -> None:
    assert member.client.put("/api/bower/v1/consents", json=answers).status_code in (200, 204)


def until(seen: Callable[[], Any], seconds: float = 15.0) -> Any:
    end = time.monotonic() + seconds
    while not (found := seen()):
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.1)
    return found


def ids(page: dict[str, Any]) -> list[str]:
    return [one["id"] for one in page["posts"]]


def known(member: Member, post_id: str) -> bool:
    """Whether the feed has read a post and what it means."""
    return bool(member.client.get(f"/api/bower/v1/posts/{post_id}/why").json()["terms"])


@pytest.fixture
def author(newcomer: New) -> Member:
    return newcomer()


def test_a_page_is_personal_only_by_consent(house: House, newcomer: New, author: Member) -> None:
    post = author.post(f"{FOXES}, number one")
    reader = newcomer()
    until(lambda: known(reader, post["id"]))
    page = feed(reader)
    assert page["personal"] is False
    reader.client.post(f"/api/v1/statuses/{post['id']}/favourite")
    assert feed(reader)["personal"] is False
    assert reader.client.get("/api/bower/v1/feed/taste").json()["acts"] == []
    consent(reader, personalise=True)
    assert feed(reader)["personal"] is True
    consent(reader, personalise=False)
    assert feed(reader)["personal"] is False


def test_without_consent_the_feed_is_that_of_anyone_without_history(newcomer: New, author: Member) -> None:
    for number in range(4):
        author.post(f"{FOXES}, number {number}")
    old, new = newcomer(), newcomer()
    until(lambda: feed(new)["posts"])
    for one in feed(old)["posts"][:3]:
        old.client.post(f"/api/v1/statuses/{one['id']}/favourite")
        old.client.post(f"/api/v1/statuses/{one['id']}/reblog")

    def same() -> bool:
        mine, theirs = feed(old), feed(new)
        return mine["id"] == theirs["id"] and ids(mine) == ids(theirs) and mine["why"] == theirs["why"]

    until(same)


def test_nothing_stands_twice_in_a_scroll_and_it_ends(newcomer: New, author: Member) -> None:
    for number in range(30):
        author.post(f"lantern number {number} over the lake")
    reader = newcomer()
    consent(reader, personalise=True)
    last = author.post("the last lantern")
    until(lambda: known(reader, last["id"]))
    seen: list[str] = []
    page = feed(reader, limit=10)
    for _ in range(80):
        seen += ids(page)
        if not page["next"]:
            break
        again = feed(reader, page["next"], 10)
        assert ids(feed(reader, page["next"], 10)) == ids(again)  # asked for again, it is the same page
        page = again
    assert page["next"] is None
    assert len(seen) == len(set(seen))
    assert last["id"] in seen


def test_a_like_is_in_the_next_page(newcomer: New, author: Member) -> None:
    foxes = [author.post(f"{FOXES}, picture {number}, watercolour") for number in range(6)]
    reader = newcomer()
    consent(reader, personalise=True)
    until(lambda: known(reader, foxes[-1]["id"]))
    until(
        lambda: any(
            term["name"] == "fresh_1d" for term in reader.client.get(f"/api/bower/v1/posts/{foxes[5]['id']}/why").json()["terms"]
        )
    )

    def score() -> float:
        return reader.client.get(f"/api/bower/v1/posts/{foxes[5]['id']}/why").json()["score"]

    time.sleep(12)  # until the meaning of the posts was read
    before = score()
    reader.client.post(f"/api/v1/statuses/{foxes[0]['id']}/favourite")
    told = reader.client.get(f"/api/bower/v1/posts/{foxes[5]['id']}/why").json()
    assert told["score"] > before
    assert abs(sum(term["value"] for term in told["terms"]) - told["score"]) < 1e-6
    cited = [one for one in told["reasons"] if one.get("post_id") == foxes[0]["id"]]
    assert cited
    acts = reader.client.get("/api/bower/v1/feed/taste").json()["acts"]
    assert [act["kind"] for act in acts] == ["like"]
    answer = reader.client.request("DELETE", "/api/bower/v1/feed/taste/acts", json={"ids": [acts[0]["id"]]})
    assert answer.json() == {"forgotten": 1}
    until(lambda: reader.client.get("/api/bower/v1/feed/taste").json()["acts"] == [])
    assert score() < told["score"]


def test_not_for_me_is_kept_to_with_and_without_consent(newcomer: New, author: Member) -> None:
    one, copy = author.post("exactly these words about a teapot"), author.post("exactly these words about a teapot")
    for learns in (True, False):
        reader = newcomer()
        consent(reader, personalise=learns)
        until(lambda who=reader: known(who, copy["id"]))
        assert reader.client.put(f"/api/bower/v1/posts/{one['id']}/hiding").status_code == 204
        assert one["id"] not in ids(feed(reader, limit=40))
        told = reader.client.get(f"/api/bower/v1/posts/{one['id']}/why").json()
        assert "turned_from" in told["filters"]
        assert reader.client.delete(f"/api/bower/v1/posts/{one['id']}/hiding").status_code == 204
        told = until(lambda who=reader: reader_why(who, one["id"]))
        assert "turned_from" not in told["filters"]


def reader_why(member: Member, post_id: str) -> dict[str, Any] | None:
    told = member.client.get(f"/api/bower/v1/posts/{post_id}/why").json()
    return None if "turned_from" in told["filters"] else told


def test_never_is_kept_to(newcomer: New, author: Member) -> None:
    bad = author.post(BUDGET)
    for learns in (True, False):
        reader = newcomer()
        consent(reader, personalise=learns)
        until(lambda who=reader: known(who, bad["id"]))
        assert (
            reader.client.put("/api/bower/v1/feed/recipe", json={"text": "never politics, more watercolours"}).status_code == 200
        )
        told = reader.client.get(f"/api/bower/v1/posts/{bad['id']}/why").json()
        assert "never" in told["filters"]
        page = feed(reader, limit=40)
        assert bad["id"] not in ids(page)


def test_who_is_blocked_or_not_to_be_recommended_is_not_shown(newcomer: New, author: Member) -> None:
    post = author.post("a kingfisher over the weir")
    reader, friend = newcomer(), newcomer()
    friend.follow(author)
    consent(reader, personalise=True)
    consent(friend, personalise=True)
    until(lambda: known(reader, post["id"]))
    consent(author, recommend_me=False)
    until(lambda: "not_recommended" in reader.client.get(f"/api/bower/v1/posts/{post['id']}/why").json()["filters"])
    assert "not_recommended" not in friend.client.get(f"/api/bower/v1/posts/{post['id']}/why").json()["filters"]
    consent(author, recommend_me=None)
    until(lambda: "not_recommended" not in reader.client.get(f"/api/bower/v1/posts/{post['id']}/why").json()["filters"])
    reader.client.post(f"/api/v1/accounts/{author.id}/mute")
    assert "avoided" in reader.client.get(f"/api/bower/v1/posts/{post['id']}/why").json()["filters"]
    assert post["id"] not in ids(feed(reader, limit=40))


def test_authors_see_how_far_they_came_and_nobody_else(newcomer: New, author: Member) -> None:
    post = author.post("a heron stands quite still")
    reader = newcomer()
    reader.follow(author)  # in a full house a stranger's post may not come up among some hundred others
    consent(reader, personalise=True)
    until(lambda: known(reader, post["id"]))
    while post["id"] not in ids(page := feed(reader, limit=40)):
        assert page["next"], "it was never shown"
        page = feed(reader, page["next"], 40)
    told = author.client.get(f"/api/bower/v1/posts/{post['id']}/reach").json()
    assert told["shown"] >= 1
    assert reader.client.get(f"/api/bower/v1/posts/{post['id']}/reach").status_code == 403


def test_a_guest_reads_everyones(house: House, author: Member, newcomer: New) -> None:
    post = author.post("a wren in the hedge")
    reader = newcomer()
    until(lambda: known(reader, post["id"]))
    with httpx.Client(base_url=house.url) as guest:
        page = until(lambda: guest.get("/api/bower/v1/feed").json()["posts"] and guest.get("/api/bower/v1/feed").json())
        assert page["personal"] is False
        assert guest.get("/api/bower/v1/feed", params={"cursor": "nonsense"}).status_code == 422
        assert guest.get(f"/api/bower/v1/posts/{post['id']}/why").status_code == 200
        for method, path in (("get", "/feed/taste"), ("put", f"/posts/{post['id']}/hiding"), ("post", "/feed/dwells")):
            assert getattr(guest, method)(f"/api/bower/v1{path}").status_code == 401


async def test_posts_are_read_from_the_beginning(newcomer: New, author: Member, pool: Pool) -> None:
    said = [author.post(f"a curlew, number {number}")["id"] for number in range(3)]
    hidden = author.post("for followers", visibility="private")["id"]
    async with pool.reading() as db:
        read = [str(row.id) async for rows in stock.newest(db, 50) for row in rows]
    assert [id_ for id_ in read if id_ in said] == said
    assert hidden not in read


def test_programs_page_through_everyones_feed_too(newcomer: New, author: Member) -> None:
    for number in range(24):
        author.post(f"a godwit, number {number}")
    reader = newcomer()
    seen: list[str] = []
    page = until(lambda: reader.client.get("/api/v1/timelines/list/1", params={"limit": 5}).json())
    for _ in range(3):
        seen += [one["id"] for one in page]
        page = reader.client.get("/api/v1/timelines/list/1", params={"limit": 5, "max_id": seen[-1]}).json()
    assert len(seen) >= 10
    assert reader.client.get("/api/v1/timelines/list/1", params={"max_id": "12"}).json() == []


async def test_read_anew_from_the_log_it_has_learned_the_same_to_the_bit(
    house: House, pool: Pool, newcomer: New, author: Member
) -> None:
    reader, fickle = newcomer(), newcomer()
    lanterns = [author.post(f"paper lantern number {number} on a river") for number in range(4)]
    for one in (reader, fickle):
        consent(one, personalise=True)
        until(lambda one=one: known(one, lanterns[-1]["id"]))
        for post in feed(one)["posts"][:4]:
            one.client.post(f"/api/v1/statuses/{post['id']}/favourite")
    fickle.client.post(f"/api/v1/statuses/{lanterns[0]['id']}/unfavourite")
    consent(fickle, personalise=False)
    key = {"Authorization": f"Bearer {(house.folder / 'data' / 'secrets' / 'feed').read_text().strip()}"}
    told: list[tuple[dict[str, str], dict[str, str]]] = []
    # what was shown ten minutes ago teaches from now on: in a busy house both must be asked at the same moment
    for _ in range(12):
        anew = Ranking(pool, Hub(house.database_url))
        await anew.load()
        async with httpx.AsyncClient(headers=key, timeout=30) as client:
            standing = await client.get(f"http://127.0.0.1:{house.feed_port}/digests")
        told.append((anew.learner.digests, standing.json()))
        if told[-1][0] == told[-1][1]:
            return
        await asyncio.sleep(1)
    raise AssertionError(told[-1])


def test_the_digest_is_not_for_the_public(house: House, newcomer: New) -> None:
    assert httpx.get(f"http://127.0.0.1:{house.feed_port}/digests").status_code == 401
    assert "digest" not in newcomer().client.get("/api/bower/v1/feed/state").json()


def test_when_the_feed_goes_away_in_mid_scroll_nothing_stands_twice(house: House, newcomer: New, author: Member) -> None:
    posts = [author.post(f"a kite over the dunes, number {number}") for number in range(14)]
    reader = newcomer()
    consent(reader, personalise=True)
    until(lambda: known(reader, posts[-1]["id"]))
    first = feed(reader, limit=10)
    assert first["next"]
    assert house.process
    ranker = next(one for one in psutil.Process(house.process.pid).children(recursive=True) if one.cmdline()[-1:] == ["feed"])
    workers = [ranker, *ranker.children(recursive=True)]
    for one in workers:
        one.suspend()
    try:
        page, seen = feed(reader, first["next"], 10), ids(first)
        assert page["personal"] is False
        while True:
            seen += ids(page)
            if not page["next"]:
                break
            page = feed(reader, page["next"], 10)
    finally:
        for one in workers:
            one.resume()
    assert len(seen) > len(ids(first))
    assert len(seen) == len(set(seen))


async def test_likes_of_accounts_made_just_now_are_no_public_number_to_the_feed(
    newcomer: New, author: Member, pool: Pool
) -> None:
    post = author.post("a paper boat in the gutter")
    for _ in range(3):
        assert newcomer().client.post(f"/api/v1/statuses/{post['id']}/favourite").status_code == 200
    async with pool.transaction() as db:
        settled = before(datetime.now(UTC) - timedelta(days=2))
        await db.execute("insert into accounts.people (id, username) values (%s, %s)", settled, f"settled{settled}")
        await db.execute(
            "insert into social.likes (post_id, account_id, id) values (%s, %s, %s)", int(post["id"]), settled, new_id()
        )
    async with pool.reading() as db:
        read = (await stock.again(db, [int(post["id"])]))[0]
    assert (read.likes_count, read.boosts_count, read.replies_count) == (1, 0, 0)
