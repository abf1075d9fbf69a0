"""Leaving: gone at once, then removed everywhere, and what stays is what is said to stay."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bowerbird.accounts import people
from bowerbird.core.database import Pool
from bowerbird.core.errors import Conflict
from bowerbird.gallery import leaving, leftovers, showing
from tests.conftest import PASSWORD, House, Member, picture_of
from tests.unit.test_media import encoded

New = Callable[..., Member]
API = "/api/bower/v1"


async def _finished(pool: Pool, who: Member, within_s: float = 120) -> None:
    """The house's own worker has removed what there was."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        async with pool.transaction() as db:
            if await db.value("select finished_at from accounts.departures where account_id = %s", int(who.id)):
                return
    raise AssertionError("never finished")


async def _rows_of(pool: Pool, who: Member) -> dict[str, int]:
    """How many rows of each table still point at someone."""
    left: dict[str, int] = {}
    async with pool.reading() as db:
        for table, column in await db.rows(leftovers.REFERENCES):
            left[f"{table}.{column}"] = await db.value(f"select count(*) from {table} where {column} = %s", int(who.id))
        left["log"] = await db.value("select count(*) from events.log where actor_id = %s", int(who.id))
        left["media"] = await db.value("select count(*) from media.attachments where owner_id = %s", int(who.id))
        left["consents"] = await db.value("select count(*) from events.consents where account_id = %s", int(who.id))
    return {name: n for name, n in left.items() if n}


def leave(who: Member, password: str | None = PASSWORD) -> httpx.Response:
    return who.client.request("DELETE", f"{API}/account", json={"password": password})


def nowhere(client: httpx.Client, who: Member, said: dict[str, Any]) -> None:
    assert client.get(f"/api/v1/statuses/{said['id']}").status_code in (404, 410)
    assert client.get("/api/v1/accounts/lookup", params={"acct": who.name}).status_code == 404
    assert client.get("/api/v1/timelines/tag/leaving").json() == []
    assert who.id not in [
        a["id"] for a in client.get("/api/v2/search", params={"q": who.name, "type": "accounts"}).json()["accounts"]
    ]


async def test_who_leaves_is_gone_at_once_and_then_for_good(
    newcomer: New, pool: Pool, visitor: httpx.Client, house: House
) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    noor.follow(ines)
    ines.follow(noor)
    top, said = noor.post("liked by many"), ines.post(f"hello @{noor.name} #leaving")
    reply = noor.post("an answer", in_reply_to_id=said["id"])
    ines.post("answering", in_reply_to_id=top["id"])
    ines.post("answering quietly", in_reply_to_id=top["id"], visibility="private")
    for step in ("favourite", "bookmark", "reblog"):
        ines.client.post(f"/api/v1/statuses/{top['id']}/{step}")
    media = ines.client.post("/api/v1/media", files={"file": ("x.png", encoded("PNG"))}).json()["id"]
    ines.post("a picture", media_ids=[media])
    ines.client.put(f"{API}/consents", json={"train_pictures": True, "personalise": False})
    ines.client.post(f"{API}/drafts", json={"text": "never said"})
    poll = noor.post("which?", poll={"options": ["a", "b"], "expires_in": 600})["poll"]
    ines.client.post(f"/api/v1/polls/{poll['id']}/votes", json={"choices": [0]})
    ines.client.post(f"/api/v1/accounts/{sam.id}/block")
    assert leave(ines, "not the password").status_code == 422
    assert leave(ines, None).status_code == 422
    answer = leave(ines)
    assert (answer.status_code, answer.json()) == (200, {"left": True, "stays": list(leaving.STAYS)})
    assert ines.client.get("/api/v1/accounts/verify_credentials").status_code == 401
    nowhere(visitor, ines, said)
    await _finished(pool, ines)
    assert await _rows_of(pool, ines) == {}
    now = noor.client.get(f"/api/v1/statuses/{top['id']}").json()
    assert [now[f"{what}_count"] for what in ("favourites", "reblogs", "replies")] == [0, 0, 0]
    assert noor.client.get(f"/api/v1/statuses/{reply['id']}").json()["in_reply_to_id"] is None
    assert noor.client.get(f"/api/v1/polls/{poll['id']}").json()["voters_count"] == 1
    assert noor.client.get(f"/api/v1/accounts/{noor.id}/followers").json() == []
    async with pool.transaction() as db:
        assert await db.value("select count(*) from accounts.people where id = %s", int(ines.id)) == 0
        kept = await db.rows(
            "select purpose, granted, item_id from events.consent_changes where account_id = %s order by 1", int(ines.id)
        )
        with pytest.raises(Conflict):
            await people.create(db, ines.name.upper(), email=None, password=None)
    assert kept == [("personalise", False, None), ("train_pictures", True, None)]


async def test_what_others_made_of_a_picture_keeps_a_mark_without_a_name(newcomer: New, pool: Pool) -> None:
    ines, noor = newcomer(), newcomer()
    first = picture_of(ines, "a lantern")["candidates"][0]
    ines.post("a lantern", media_ids=[first["media_id"]])
    second = picture_of(noor, "a lantern in fog", source_picture_id=first["picture_id"])["candidates"][0]
    remix = noor.post("in fog", media_ids=[second["media_id"]])
    alone = picture_of(ines, "nobody saw this")["candidates"][0]
    assert leave(ines).status_code == 200
    await _finished(pool, ines)
    assert await _rows_of(pool, ines) == {}
    parent = noor.client.get(f"/api/v1/statuses/{remix['id']}").json()["media_attachments"][0]["bower"]["parent"]
    assert (parent["gone"], parent["by"], parent["url"]) == (True, None, None)
    async with pool.reading() as db:
        row = await db.rows("select username, email, bio, display_name from accounts.people where id = %s", int(ines.id))
        pictures = await db.rows("select id, prompt, media_id from studio.pictures where creator_id = %s", int(ines.id))
    assert row == [(f"gone_{int(ines.id):x}", None, "", "")]
    assert pictures == [(int(first["picture_id"]), "", None)]
    assert noor.client.get(f"{API}/pictures/{alone['picture_id']}").status_code == 404


async def test_a_worker_that_dies_stops_nothing(newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    for n in range(3):
        ines.post(f"post {n}")
    async with pool.transaction() as db:
        await leaving.leave(db, await people.by_id(db, int(ines.id)))
        await db.execute("delete from procrastinate_jobs where task_name = 'gallery:leave' and args->>'account_id' = %s", ines.id)
    for _ in range(2):
        with pytest.raises(RuntimeError):
            await _die(pool, int(ines.id))
    async with pool.transaction() as db:
        await db.execute("update accounts.departures set left_at = now() - interval '1 hour' where account_id = %s", int(ines.id))
        await leaving.carry_on(db)
    await _finished(pool, ines)
    assert await _rows_of(pool, ines) == {}
    async with pool.transaction() as db:
        assert await leaving.step(db, int(ines.id)) is False


async def _die(pool: Pool, account_id: int) -> None:
    async with pool.transaction() as db:
        assert await leaving.step(db, account_id)
        raise RuntimeError


async def test_what_was_deleted_before_is_not_counted_down_twice(newcomer: New, pool: Pool) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    top = noor.post("answered twice")
    sam.post("stays", in_reply_to_id=top["id"])
    early = ines.post("deleted before", in_reply_to_id=top["id"])
    ines.post("stood until the end", in_reply_to_id=top["id"])
    ines.client.delete(f"/api/v1/statuses/{early['id']}")
    async with pool.transaction() as db:
        await db.execute("update social.posts set deleted_at = now() - interval '1 hour' where id = %s", int(early["id"]))
        await leaving.leave(db, await people.by_id(db, int(ines.id)))
        await db.execute("update social.posts set deleted_at = now() - interval '1 hour' where id = %s", int(early["id"]))
        await showing.purge(db)  # whoever is leaving is not its business
        assert await db.value("select count(*) from social.posts where author_id = %s", int(ines.id)) == 2
    await _finished(pool, ines)
    assert noor.client.get(f"/api/v1/statuses/{top['id']}").json()["replies_count"] == 1


async def test_leaving_writes_ones_row_once_however_many_posts_there_are(newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    for n in range(4):
        ines.post(f"post {n}")
    async with pool.reading() as db, db.connection.transaction(force_rollback=True):
        me = await people.by_id(db, int(ines.id))
        writes = "select n_tup_upd from pg_stat_xact_user_tables where relid = 'accounts.people'::regclass"
        before = await db.value(writes)
        await leaving.leave(db, me)
        assert await db.value(writes) - before == 1
        assert await db.value("select posts_count from accounts.people where id = %s", me.id) == 0


async def test_the_last_administrator_stays_and_a_passkey_is_no_token(newcomer: New, pool: Pool) -> None:
    admin, kim = newcomer(role="admin"), newcomer()
    async with pool.transaction() as db:
        await db.execute("update accounts.people set password_hash = null where id = %s", int(kim.id))
    assert leave(kim, None).status_code == 403

    async with pool.reading() as db, db.connection.transaction(force_rollback=True):
        await db.execute("update accounts.people set role = 'user' where id <> %s", int(admin.id))
        with pytest.raises(Conflict):
            await leaving.leave(db, await people.by_id(db, int(admin.id)))


def test_from_the_terminal(newcomer: New, house: House, visitor: httpx.Client) -> None:
    ines = newcomer()
    said: dict[str, Any] = house.command("admin", "account", "delete", ines.name)
    assert said == {"id": ines.id, "left": ines.name}
    assert visitor.get(f"/api/v1/accounts/{ines.id}").status_code == 404


def test_passwords_cannot_be_tried_for_long(newcomer: New) -> None:
    ines = newcomer()
    tried: list[int] = []
    while 429 not in tried and len(tried) <= leaving.ATTEMPTS_MAX * 2:  # a new window may begin meanwhile
        tried.append(leave(ines, "wrong password").status_code)
    assert (tried[0], tried[-1], len(tried) > leaving.ATTEMPTS_MAX) == (422, 429, True)
