"""Posts planned for later, and drafts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bowerbird.accounts import people
from bowerbird.core.database import Pool
from bowerbird.core.errors import Trouble
from bowerbird.gallery import scheduled
from tests.conftest import Member
from tests.unit.test_media import encoded

New = Callable[..., Member]
PLANNED = "/api/v1/scheduled_statuses"
DRAFTS = "/api/bower/v1/drafts"


def later(minutes: float = 60) -> str:
    return (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat()


async def plan(pool: Pool, who: Member, text: str, **more: Any) -> int:
    """Plan a post by the verb behind the door."""
    async with pool.transaction() as db:
        me = await people.by_id(db, int(who.id))
        said = await scheduled.schedule(db, me, {"text": text, **more}, datetime.now(UTC) + timedelta(minutes=30))
    return said.id


async def due(pool: Pool, id_: int, late_s: int = 2) -> None:
    """Its time has come, so lately that the house's own worker does not take it for forgotten yet."""
    async with pool.transaction() as db:
        await db.execute("update gallery.scheduled set due_at = now() - make_interval(secs => %s) where id = %s", late_s, id_)


async def die_publishing(pool: Pool, id_: int) -> None:
    async with pool.transaction() as db:
        assert await scheduled.publish(db, id_)
        raise RuntimeError


def said_by(who: Member) -> list[str]:
    return [s["content"] for s in who.client.get(f"/api/v1/accounts/{who.id}/statuses").json()]


def test_a_post_can_be_planned_moved_and_called_off(newcomer: New) -> None:
    ines, sam = newcomer(), newcomer()
    media = ines.client.post("/api/v1/media", files={"file": ("x.png", encoded("PNG"))}).json()["id"]
    body = {
        "status": "for tomorrow",
        "scheduled_at": later(),
        "media_ids": [media],
        "spoiler_text": "soon",
        "visibility": "unlisted",
    }
    answer = ines.client.post("/api/v1/statuses", json=body)
    assert answer.status_code == 200, answer.text
    planned = answer.json()
    assert planned["params"]["text"] == "for tomorrow"
    assert said_by(ines) == []
    assert [p["id"] for p in ines.client.get(PLANNED).json()] == [planned["id"]]
    one = ines.client.get(f"{PLANNED}/{planned['id']}").json()
    assert ([m["id"] for m in one["media_attachments"]], one["bower"]) == ([media], {"error": None})
    new = later(120)
    moved = ines.client.put(f"{PLANNED}/{planned['id']}", json={"scheduled_at": new}).json()
    assert moved["scheduled_at"][:16] == new[:16]
    for method in ("GET", "PUT", "DELETE"):
        body = {"scheduled_at": new} if method == "PUT" else None
        assert sam.client.request(method, f"{PLANNED}/{planned['id']}", json=body).status_code == 404
    assert ines.client.delete(f"{PLANNED}/{planned['id']}").json() == {}
    assert ines.client.get(f"{PLANNED}/{planned['id']}").status_code == 404


@pytest.mark.parametrize("at", ["soon", "2001-01-01T00:00:00Z", None, "2999-01-01"])
def test_a_time_that_does_not_fit_is_refused(newcomer: New, at: str | None) -> None:
    ines = newcomer()
    body = {"status": "x", "scheduled_at": at or later(4)}
    assert ines.client.post("/api/v1/statuses", json=body).status_code == 422


async def test_it_is_published_exactly_once_whoever_comes(newcomer: New, pool: Pool) -> None:
    ines, noor = newcomer(), newcomer()
    noor.follow(ines)
    poll = {"options": ["a", "b"], "expires_in": 600, "multiple": True}
    id_ = await plan(pool, ines, f"at last @{noor.name}", spoiler_text="finally", poll=poll)
    async with pool.transaction() as db:
        assert await scheduled.publish(db, id_) is None  # not yet
    await due(pool, id_)
    for _ in range(2):  # a worker that dies before its commit has done nothing
        with pytest.raises(RuntimeError):
            await die_publishing(pool, id_)
    await due(pool, id_, late_s=3600)

    async def once() -> int:
        async with pool.transaction() as db:
            return await scheduled.publish_late(db)

    assert await asyncio.gather(*(once() for _ in range(4))) >= [1]
    end = time.monotonic() + 120  # the house's own worker does it
    while ines.client.get(PLANNED).json():
        assert time.monotonic() < end
        await asyncio.sleep(0.05)
    mine = ines.client.get(f"/api/v1/accounts/{ines.id}/statuses").json()
    assert [(s["spoiler_text"], s["sensitive"], s["poll"]["multiple"]) for s in mine] == [("finally", True, True)]
    assert len(noor.home()) == 1
    assert ines.client.get(PLANNED).json() == []


async def test_several_who_come_at_once_publish_it_once(newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    id_ = await plan(pool, ines, "once only")
    await due(pool, id_)

    async def once() -> int | None:
        async with pool.transaction() as db:
            return await scheduled.publish(db, id_)

    done = await asyncio.gather(*(once() for _ in range(4)))
    assert len([post_id for post_id in done if post_id]) == 1
    assert said_by(ines) == ["<p>once only</p>"]


async def test_one_that_cannot_be_published_says_why_and_can_be_tried_again(newcomer: New, pool: Pool) -> None:
    ines, sam = newcomer(), newcomer()
    said = sam.post("soon gone")
    id_ = await plan(pool, ines, "an answer", in_reply_to_id=said["id"])
    sam.client.delete(f"/api/v1/statuses/{said['id']}")
    await due(pool, id_)
    async with pool.transaction() as db:
        assert await scheduled.publish(db, id_) is None
    assert said_by(ines) == []
    assert ines.client.get(f"{PLANNED}/{id_}").json()["bower"]["error"] == "This was taken away by its author."
    assert ines.client.put(f"{PLANNED}/{id_}", json={"scheduled_at": later()}).json()["bower"]["error"] is None


async def test_what_could_not_be_said_now_cannot_be_planned(newcomer: New, pool: Pool) -> None:
    ines, sam = newcomer(), newcomer()
    private = sam.post("mine", visibility="private")
    theirs = sam.client.post("/api/v1/media", files={"file": ("x.png", encoded("PNG"))}).json()["id"]
    for params in ({"text": ""}, {"text": "x" * 5000}, {"text": "x", "in_reply_to_id": private["id"]}, {"text": "x", "media_ids": [theirs]},
                   {"text": "x", "visibility": "secret"}, {"text": "x", "poll": {"options": ["a"], "expires_in": 600}}):  # fmt: skip
        with pytest.raises(Trouble):
            await plan(pool, ines, **params)


def test_drafts_are_kept_changed_and_let_go(newcomer: New) -> None:
    ines, sam = newcomer(), newcomer()
    media = ines.client.post("/api/v1/media", files={"file": ("x.png", encoded("PNG"))}).json()["id"]
    new = ines.client.post(
        DRAFTS, json={"text": "half a", "media_ids": [media], "poll": {"options": ["a"]}, "visibility": "private"}
    )
    assert new.status_code == 201, new.text
    draft = new.json()
    assert (draft["text"], draft["visibility"], draft["media_ids"], draft["poll"]) == (
        "half a",
        "private",
        [media],
        {"options": ["a"]},
    )
    where = f"{DRAFTS}/{draft['id']}"
    changed = ines.client.put(where, json={"text": "half a thought", "in_reply_to_id": "12"}).json()
    assert (changed["text"], changed["media_ids"], changed["in_reply_to_id"]) == ("half a thought", [], "12")
    assert [d["id"] for d in ines.client.get(DRAFTS).json()] == [draft["id"]]
    assert ines.client.get(where).json()["text"] == "half a thought"
    assert sam.client.get(DRAFTS).json() == []
    for method in ("GET", "PUT", "DELETE"):
        assert sam.client.request(method, where, json={} if method == "PUT" else None).status_code == 404
    assert sam.client.post(DRAFTS, json={"media_ids": [media]}).status_code == 422
    assert sam.client.post(DRAFTS, json={"text": "x" * 100_000}).status_code == 413
    assert ines.client.delete(where).status_code == 204
    assert ines.client.get(DRAFTS).json() == []


def test_a_text_is_looked_at_before_it_is_published(newcomer: New, visitor: httpx.Client) -> None:
    ines = newcomer()
    check = "/api/bower/v1/check"
    found = ines.client.post(check, json={"text": "write to ines@posteo.de, seed 4111111111111111"}).json()
    assert found == {"findings": [{"kind": "email", "excerpt": "ines@posteo.de"}]}
    assert ines.client.post(check, json={"text": "x" * 30_000}).status_code == 413
    assert visitor.post(check, json={"text": "x"}).status_code == 401
