"""A theme a day: entering, voting and places through the Bower API, and everything that would be farming."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import Any

import httpx
import psycopg
import pytest

from bowerbird.accounts import people
from bowerbird.core.database import Pool
from bowerbird.gallery import challenge_scores
from bowerbird.social import posts
from tests.conftest import PASSWORD, House, Member
from tests.contract.contests import API, New, aged, another_day, enter, over, posted, today, vote

_days = itertools.count(400)


@pytest.fixture
def challenge(house: House) -> dict[str, Any]:
    return another_day(house, next(_days))


def entries(member: Member | httpx.Client, challenge: dict[str, Any]) -> list[dict[str, Any]]:
    client = member.client if isinstance(member, Member) else member
    return client.get(f"{API}/challenges/{challenge['id']}/entries").json()


async def settled(pool: Pool, house: House, challenge: dict[str, Any], member: Member) -> list[dict[str, Any]]:
    """The entries once they were weighed by the worker and places stand, the first place first."""
    over(house, challenge)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        async with pool.transaction() as db:
            await challenge_scores.settle(db)
        if member.client.get(f"{API}/challenges/{challenge['id']}").json()["state"] == "over":
            return entries(member, challenge)
        await asyncio.sleep(0.3)
    raise AssertionError(f"never settled: {house.log[-3000:]}")


def test_there_is_one_every_day_and_anyone_may_look(visitor: httpx.Client, newcomer: New) -> None:
    first = visitor.get(f"{API}/challenges").json()[0]
    assert first["state"] == "open"
    assert first["title"]
    assert first["rule"]
    assert visitor.get(f"{API}/challenges").json()[0]["id"] == first["id"]
    assert visitor.get(f"{API}/challenges/{first['id']}").json()["title"] == first["title"]
    assert visitor.get(f"{API}/challenges/{first['id']}/entries").status_code == 200
    assert newcomer().client.get(f"{API}/challenges/12").status_code == 404
    before = visitor.get(f"{API}/challenges", params={"max_id": first["id"]}).json()
    assert first["id"] not in [one["id"] for one in before]


def test_one_enters_ones_own_public_picture_and_withdraws_it(
    newcomer: New, visitor: httpx.Client, challenge: dict[str, Any]
) -> None:
    ines, noor = newcomer(), newcomer()
    post = posted(ines)
    entry = enter(ines, challenge, post)
    assert (entry["mine"], entry["by"], entry["place"], entry["score"]) == (True, ines.name, None, None)
    assert enter(ines, challenge, post)["id"] == entry["id"]
    assert [one["id"] for one in entries(visitor, challenge)] == [entry["id"]]
    assert ines.client.get(f"{API}/challenges/{challenge['id']}").json()["entries_count"] == 1
    enter(noor, challenge, post, 403)
    where = f"{API}/challenges/{challenge['id']}/entries/{entry['id']}"
    assert noor.client.delete(where).status_code == 404
    assert ines.client.delete(where).status_code == 204
    assert entries(visitor, challenge) == []
    assert ines.client.get(f"/api/v1/statuses/{post['id']}").status_code == 200


@pytest.mark.parametrize("visibility", ["private", "unlisted", "direct"])
def test_what_is_not_public_cannot_enter(newcomer: New, challenge: dict[str, Any], visibility: str) -> None:
    ines = newcomer()
    assert "public" in enter(ines, challenge, posted(ines, visibility=visibility), 422)["detail"]


def test_what_cannot_enter_is_told_why(newcomer: New, house: House, challenge: dict[str, Any]) -> None:
    ines, noor = newcomer(), newcomer()
    assert "pictures" in enter(ines, challenge, ines.post("only words"), 422)["detail"]
    old = posted(ines)
    with psycopg.connect(house.database_url) as connection:
        connection.execute("update studio.challenges set begins_at = now() where id = %s", (int(challenge["id"]),))
    assert "before the challenge began" in enter(ines, challenge, old, 422)["detail"]
    again = ines.post("the same again", media_ids=[old["media_attachments"][0]["id"]])
    assert "before the challenge began" in enter(ines, challenge, again, 422)["detail"]
    assert ines.client.delete(f"/api/v1/statuses/{old['id']}").status_code == 200
    assert ines.client.delete(f"/api/v1/statuses/{again['id']}").status_code == 200
    with psycopg.connect(house.database_url) as connection:  # as when deleted posts were purged: no post remembers it
        connection.execute("delete from social.post_media where media_id = %s", (int(old["media_attachments"][0]["id"]),))
    third = ines.post("and again", media_ids=[old["media_attachments"][0]["id"]])
    assert "before the challenge began" in enter(ines, challenge, third, 422)["detail"]
    hidden = posted(noor, visibility="private")
    enter(ines, challenge, hidden, 404)
    for seed in range(3):
        enter(ines, challenge, posted(ines, seed=seed))
    assert "3 pictures" in enter(ines, challenge, posted(ines, seed=9), 409)["detail"]
    over(house, challenge, begun_hours_ago=72)
    assert "no more entries" in enter(noor, challenge, posted(noor), 409)["detail"]


def test_hearts_are_few_and_counted_once(newcomer: New, house: House, challenge: dict[str, Any]) -> None:
    voter = aged(house, newcomer())
    hung = [enter(one, challenge, posted(one, seed=n)) for n, one in enumerate(newcomer() for _ in range(6))]
    assert vote(voter, hung[0], challenge)["voted"] is True
    assert vote(voter, hung[0], challenge)["voted"] is True
    for entry in hung[1:5]:
        vote(voter, entry, challenge)
    assert "5 hearts" in vote(voter, hung[5], challenge, 409)["detail"]
    where = f"{API}/challenges/{challenge['id']}/entries/{hung[0]['id']}/vote"
    assert voter.client.delete(where).json()["voted"] is False
    vote(voter, hung[5], challenge)
    assert {one["id"] for one in entries(voter, challenge) if one["voted"]} == {one["id"] for one in hung[1:]}
    with psycopg.connect(house.database_url) as connection:
        given = connection.execute(
            "select count(*) from gallery.challenge_votes where account_id = %s", (int(voter.id),)
        ).fetchone()
    assert given == (5,)
    assert all(one["score"] is None for one in entries(voter, challenge))  # nobody is told before it is over


def test_who_may_not_vote(newcomer: New, house: House, visitor: httpx.Client, challenge: dict[str, Any]) -> None:
    ines, young, machine = aged(house, newcomer()), newcomer(), aged(house, newcomer(scopes="read write follow push profile"))
    entry = enter(ines, challenge, posted(ines))
    assert "own picture" in vote(ines, entry, challenge, 403)["detail"]
    assert "hours old" in vote(young, entry, challenge, 403)["detail"]
    assert machine.client.patch("/api/v1/accounts/update_credentials", json={"bot": True}).status_code == 200
    assert "programs" in vote(machine, entry, challenge, 403)["detail"]
    assert visitor.post(f"{API}/challenges/{challenge['id']}/entries/{entry['id']}/vote").status_code == 401
    reader = newcomer(scopes="read")
    assert reader.client.post(f"{API}/challenges/{challenge['id']}/entries/{entry['id']}/vote").status_code == 403
    over(house, challenge)
    assert "over" in vote(aged(house, newcomer()), entry, challenge, 409)["detail"]


def test_who_came_by_the_same_invitation_does_not_vote_for_each_other(
    newcomer: New, house: House, challenge: dict[str, Any]
) -> None:
    ines, noor, sam = newcomer(), aged(house, newcomer()), aged(house, newcomer(), hours=24 * 50)
    with psycopg.connect(house.database_url) as connection:
        for one in (ines, noor, sam):
            connection.execute("insert into accounts.arrivals (account_id, invite_id) values (%s, 77)", (int(one.id),))
    entry = enter(ines, challenge, posted(ines))
    assert "same invitation" in vote(noor, entry, challenge, 403)["detail"]
    vote(noor, enter(sam, challenge, posted(sam, seed=3)), challenge)  # both have long been here
    vote(aged(house, newcomer()), entry, challenge)


def test_an_invitation_is_remembered(newcomer: New, house: House, visitor: httpx.Client) -> None:
    from bowerbird.accounts import invites

    async def made() -> tuple[str, int]:
        own = Pool(house.database_url, 2)
        await own.open()
        async with own.transaction() as db:
            code = await invites.create(db, await people.by_name(db, admin.name), uses=2)
            joined = await invites.join(db, f"came_{admin.name}", email=None, password=PASSWORD, code=code)
            found = await db.value("select count(*) from accounts.arrivals where account_id = %s", joined.id)
        await own.close()
        return code, found

    import threading

    admin = newcomer("admin")
    answer: list[tuple[str, int]] = []
    thread = threading.Thread(target=lambda: answer.append(asyncio.run(made())))
    thread.start()
    thread.join()
    assert answer[0][1] == 1


async def test_a_deleted_post_is_out_and_comes_back_with_it(
    newcomer: New, visitor: httpx.Client, pool: Pool, challenge: dict[str, Any]
) -> None:
    ines = newcomer()
    post = posted(ines)
    entry = enter(ines, challenge, post)
    assert ines.client.delete(f"/api/v1/statuses/{post['id']}").status_code == 200
    assert entries(visitor, challenge) == []
    assert ines.client.get(f"{API}/challenges/{challenge['id']}").json()["entries_count"] == 0
    assert ines.client.post(f"{API}/challenges/{challenge['id']}/entries/{entry['id']}/vote").status_code == 404
    async with pool.transaction() as db:
        await posts.restore(db, await people.by_name(db, ines.name), int(post["id"]))
    assert [one["id"] for one in entries(visitor, challenge)] == [entry["id"]]


async def test_a_picture_edited_out_of_its_post_is_out(
    newcomer: New, house: House, visitor: httpx.Client, pool: Pool, challenge: dict[str, Any]
) -> None:
    ines, noor = newcomer(), aged(house, newcomer())
    post = posted(ines)
    entry, other = enter(ines, challenge, post), enter(noor, challenge, posted(noor, seed=8))
    answer = ines.client.put(f"/api/v1/statuses/{post['id']}", json={"status": "only words now", "media_ids": []})
    assert (answer.status_code, answer.json()["media_attachments"]) == (200, [])
    assert [one["id"] for one in entries(visitor, challenge)] == [other["id"]]
    assert ines.client.get(f"{API}/challenges/{challenge['id']}").json()["entries_count"] == 1
    vote(noor, entry, challenge, 404)
    over(house, challenge)
    with psycopg.connect(house.database_url) as connection:
        connection.execute(
            "update gallery.challenge_entries set weighed_at = now() where challenge_id = %s", (int(challenge["id"]),)
        )
    async with pool.transaction() as db:
        await challenge_scores.settle(db)
    assert [(one["id"], one["place"]) for one in entries(visitor, challenge)] == [(other["id"], 1)]
    with psycopg.connect(house.database_url) as connection:
        place = connection.execute("select place from gallery.challenge_entries where id = %s", (int(entry["id"]),)).fetchone()
    assert place == (None,)


def test_who_looks_after_the_voting_is_not_counted(newcomer: New, house: House, challenge: dict[str, Any]) -> None:
    ines, early, late = newcomer(), aged(house, newcomer()), aged(house, newcomer())
    entry = enter(ines, challenge, posted(ines, seed=6))
    assert [one["id"] for one in entries(early, challenge)] == [entry["id"]]
    over(house, challenge)
    with psycopg.connect(house.database_url) as connection:  # an entry that cannot be measured keeps it counting
        connection.execute("update studio.challenges set settled_at = null where id = %s", (int(challenge["id"]),))
    assert [one["id"] for one in entries(late, challenge)] == [entry["id"]]
    with psycopg.connect(house.database_url) as connection:
        seen = connection.execute("select account_id from gallery.challenge_sights where entry_id = %s", (int(entry["id"]),))
        assert [id_ for (id_,) in seen] == [int(early.id)]


def test_across_a_block_entries_are_not_seen(newcomer: New, house: House, challenge: dict[str, Any]) -> None:
    ines, noor, sam = newcomer(), aged(house, newcomer()), newcomer()
    entry = enter(ines, challenge, posted(ines))
    enter(sam, challenge, posted(sam, seed=4))
    assert ines.client.post(f"/api/v1/accounts/{noor.id}/block").status_code == 200
    assert [one["by"] for one in entries(noor, challenge)] == [sam.name]
    vote(noor, entry, challenge, 404)
    theirs = enter(noor, challenge, posted(noor, seed=5))
    assert theirs["id"] not in [one["id"] for one in entries(ines, challenge)]


def test_the_order_is_each_viewers_own_and_stays(newcomer: New, challenge: dict[str, Any]) -> None:
    maker = [newcomer() for _ in range(4)]
    for n, one in enumerate(maker * 2):
        enter(one, challenge, posted(one, seed=n))
    orders = [[one["id"] for one in entries(who, challenge)] for who in (*maker, *maker)]
    assert orders[:4] == orders[4:]
    assert len({tuple(order) for order in orders}) > 1


async def test_places_by_the_rubric(newcomer: New, house: House, pool: Pool, challenge: dict[str, Any]) -> None:
    ines, noor, sam, kofi = (aged(house, newcomer()) for _ in range(4))
    fitting = enter(ines, challenge, posted(ines, seed=1001, alt="Two foxes resting in the snow, at least one fox"))
    astray = enter(noor, challenge, posted(noor, seed=1017, alt="Quarterly tax figures for the insurance office"))
    copied = enter(sam, challenge, posted(sam, seed=1001, alt="Two foxes resting in the snow, at least one fox"))
    voters = [aged(house, newcomer()) for _ in range(3)]
    for voter in [*voters, kofi]:
        entries(voter, challenge)
        for entry in (fitting, astray, copied):
            vote(voter, entry, challenge)
    ranked = await settled(pool, house, challenge, kofi)
    assert [(one["id"], one["place"]) for one in ranked] == [(fitting["id"], 1), (astray["id"], 2), (copied["id"], 3)]
    first, second, third = (one["score"] for one in ranked)
    assert (first["votes"], first["votes_weighted"], first["viewers"]) == (4, 4.0, 4)
    assert first["share"] == pytest.approx(second["share"])
    assert first["fit"] > second["fit"]
    assert (first["originality"], third["originality"]) == (1.0, pytest.approx(0.1))
    assert third["nearest_bits"] <= 6
    for one in (first, second, third):
        assert one["total"] == pytest.approx(one["share"] * one["fit"] * one["originality"], abs=1e-5)
    withdrawn = ines.client.delete(f"{API}/challenges/{challenge['id']}/entries/{fitting['id']}")
    assert withdrawn.status_code == 409


async def test_a_ring_of_hearts_weighs_little(newcomer: New, house: House, pool: Pool, challenge: dict[str, Any]) -> None:
    ring, plain = [aged(house, newcomer()) for _ in range(2)], aged(house, newcomer())
    in_ring = [enter(one, challenge, posted(one, seed=2020 + 7 * n, alt="a fox")) for n, one in enumerate(ring)]
    alone = enter(plain, challenge, posted(plain, seed=2090, alt="a fox"))
    vote(ring[0], in_ring[1], challenge)
    vote(ring[1], in_ring[0], challenge)
    vote(aged(house, newcomer()), alone, challenge)
    ranked = {one["id"]: one for one in await settled(pool, house, challenge, plain)}
    assert ranked[in_ring[0]["id"]]["score"]["votes_weighted"] == pytest.approx(0.2)
    assert ranked[alone["id"]]["score"]["votes_weighted"] == 1.0
    assert ranked[alone["id"]]["place"] == 1


async def test_a_remix_that_went_nowhere_is_less_original(
    newcomer: New, house: House, pool: Pool, challenge: dict[str, Any]
) -> None:
    from tests.contract.test_studio import shown

    ines, noor = newcomer(), newcomer()
    parent, first = shown(ines, "a red fox in the snow", seed=5)
    _, second = shown(noor, "a red fox in the snow", source_picture_id=parent, strength=0.1, seed=5)
    enter(ines, challenge, {"id": first})
    enter(noor, challenge, {"id": second})
    ranked = {one["by"]: one["score"] for one in await settled(pool, house, challenge, ines)}
    assert ranked[noor.name]["departure"] < 0.2
    assert ranked[noor.name]["originality"] < 0.6
    assert ranked[ines.name]["departure"] == 1.0


def test_administrators_choose_themes(newcomer: New) -> None:
    admin, ines = newcomer("admin"), newcomer()
    theme = {"day": "2099-01-01", "title": "Kettles", "rule": "One kettle."}
    assert ines.client.post(f"{API}/challenges", json=theme).status_code == 403
    assert admin.client.post(f"{API}/challenges", json=theme).status_code == 422
    for wrong in ({"day": "tomorrow"}, {"title": ""}, {"title": "x" * 81}, {"rule": "x" * 301}, {"day": "2020-01-01"}):
        assert admin.client.post(f"{API}/challenges", json={**theme, "day": _ahead(200), **wrong}).status_code == 422
    chosen = admin.client.post(f"{API}/challenges", json={**theme, "day": _ahead(200)})
    assert (chosen.status_code, chosen.json()["title"], chosen.json()["state"]) == (201, "Kettles", "coming")
    changed = admin.client.post(f"{API}/challenges", json={"day": _ahead(200), "title": "Pots", "rule": "One pot."}).json()
    assert (changed["id"], changed["title"]) == (chosen.json()["id"], "Pots")
    assert ines.client.get(f"{API}/challenges/{changed['id']}").status_code == 404  # what comes is not told
    assert changed["id"] not in [one["id"] for one in ines.client.get(f"{API}/challenges").json()]
    open_ = today(ines)
    enter(ines, open_, posted(ines, seed=50))
    taken = admin.client.post(f"{API}/challenges", json={"day": open_["day"], "title": "Other", "rule": "Other."})
    assert taken.status_code == 409


def _ahead(days: int) -> str:
    from datetime import UTC, datetime, timedelta

    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()
