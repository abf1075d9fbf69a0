"""Pictures through Mastodon's media API: at once or while one goes on, described, let go; nothing left of what is refused."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from PIL import Image

from bowerbird.core.database import Pool
from bowerbird.core.ids import before, new_id
from bowerbird.media import uploads
from bowerbird.moderation import screening
from tests.conftest import House, Member, picture_of
from tests.unit.test_media import encoded

New = Callable[..., Member]


def large(side: int = 2100) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((side, side), 40).convert("RGB").save(out, "JPEG", quality=60)
    return out.getvalue()


def bring(who: Member, data: bytes, version: int = 2, **fields: Any) -> httpx.Response:
    files = {"file": ("x.jpg", data)} | ({"thumbnail": ("t.png", fields.pop("thumbnail"))} if "thumbnail" in fields else {})
    return who.client.post(f"/api/v{version}/media", files=files, data=fields)


def settled(who: Member, id_: str, within_s: float = 120) -> httpx.Response:
    """The answer once the worker has read it."""
    until = time.monotonic() + within_s
    while (answer := who.client.get(f"/api/v1/media/{id_}")).status_code == 206:
        assert answer.json()["url"] is None
        assert time.monotonic() < until
        time.sleep(0.05)
    return answer


def test_a_small_picture_is_there_at_once(newcomer: New) -> None:
    ines, sam = newcomer(), newcomer()
    for version in (1, 2):
        answer = bring(ines, encoded("PNG"), version, description="dots", focus="0.5,-2")
        assert answer.status_code == 200, answer.text
        media = answer.json()
        assert (media["description"], media["meta"]["focus"], bool(media["url"])) == ("dots", {"x": 0.5, "y": -1.0}, True)
        assert ines.client.get(f"/api/v1/media/{media['id']}").json() == media
        assert sam.client.get(f"/api/v1/media/{media['id']}").status_code == 404


def test_a_large_one_is_read_while_one_goes_on(newcomer: New) -> None:
    ines, sam = newcomer(), newcomer()
    answer = bring(ines, large(), description="noise", focus="0.25,0.25", thumbnail=encoded("PNG"))
    assert (answer.status_code, answer.json()["url"], answer.json()["description"]) == (202, None, "noise")
    id_ = answer.json()["id"]
    assert sam.client.get(f"/api/v1/media/{id_}").status_code == 404
    ready = settled(ines, id_)
    assert ready.status_code == 200
    media = ready.json()
    assert (media["id"], media["description"], media["meta"]["focus"]) == (id_, "noise", {"x": 0.25, "y": 0.25})
    assert media["meta"]["original"]["width"] == 2048
    assert (media["meta"]["small"]["width"], media["meta"]["small"]["height"]) == tuple(
        Image.open(io.BytesIO(encoded("PNG"))).size
    )
    said = ines.post("noise", media_ids=[id_])
    assert [m["id"] for m in said["media_attachments"]] == [id_]


async def test_one_that_waits_can_be_described_and_not_posted_yet(newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    id_ = new_id()
    async with pool.transaction() as db:  # with no job, so that it waits
        await db.execute("insert into media.uploads (id, owner_id, data) values (%s, %s, %s)", id_, int(ines.id), encoded("PNG"))
    waiting = ines.client.put(f"/api/v1/media/{id_}", json={"description": "soon", "focus": "1,1"})
    assert (waiting.status_code, waiting.json()["description"], waiting.json()["meta"]["focus"]["x"]) == (206, "soon", 1.0)
    answer = ines.client.post("/api/v1/statuses", json={"status": "x", "media_ids": [str(id_)]})
    assert (answer.status_code, answer.json()["error"]) == (422, "A picture is still being read. Try again in a moment.")
    async with pool.reading() as db:
        raw = await uploads.raw(db, id_)
    assert raw
    made = await uploads.decode(raw, partial(screening.brought, pool))
    for _ in range(2):  # a job done twice
        async with pool.transaction() as db:
            await uploads.settle(db, id_, made)
    async with pool.reading() as db:
        assert await uploads.raw(db, id_) is None
        assert await db.value("select count(*) from media.uploads where id = %s", id_) == 0
    assert ines.client.get(f"/api/v1/media/{id_}").json()["description"] == "soon"


def test_a_broken_one_is_refused_with_a_sentence_and_leaves_nothing(newcomer: New, house: House) -> None:
    ines = newcomer()
    before_ = files_of(house)
    assert [bring(ines, b"not a picture", version).status_code for version in (1, 2)] == [422, 422]
    assert bring(ines, encoded("PNG"), description="x" * 2000).status_code == 422
    assert bring(ines, encoded("PNG"), focus="left").status_code == 422
    assert bring(ines, encoded("PNG"), thumbnail=b"no picture").status_code == 422
    assert ines.client.post("/api/v2/media", data={"file": "text"}).status_code == 422
    assert files_of(house) == before_
    cut = large()[:-40_000]  # its head is fine, its end is missing
    answer = bring(ines, cut)
    assert answer.status_code == 202
    broken = settled(ines, answer.json()["id"])
    assert (broken.status_code, "not a picture we can read" in broken.json()["error"]) == (422, True)
    assert files_of(house) == before_


def files_of(house: House) -> set[str]:
    return {path.name for path in (house.folder / "data" / "media").rglob("*") if path.is_file()}


def test_a_picture_can_be_described_anew_and_another_put_before_it(newcomer: New) -> None:
    ines, sam = newcomer(), newcomer()
    id_ = bring(ines, large(1200), 1, description="first").json()["id"]
    where = f"/api/v1/media/{id_}"
    kept = ines.client.put(where, json={"focus": "0,1"}).json()
    assert (kept["description"], kept["meta"]["focus"]) == ("first", {"x": 0.0, "y": 1.0})
    changed = ines.client.put(where, data={"description": ""}, files={"thumbnail": ("t.png", encoded("PNG"))}).json()
    assert (changed["description"], changed["meta"]["small"]["width"]) == (None, Image.open(io.BytesIO(encoded("PNG"))).width)
    assert sam.client.put(where, json={"description": "mine"}).status_code == 404


def test_a_picture_shown_nowhere_can_be_let_go(newcomer: New) -> None:
    ines, sam = newcomer(), newcomer()
    loose, shown = (bring(ines, encoded("PNG")).json()["id"] for _ in range(2))
    ines.post("shown", media_ids=[shown])
    made = picture_of(ines)["candidates"][0]["media_id"]
    assert sam.client.delete(f"/api/v1/media/{loose}").status_code == 404
    assert ines.client.delete(f"/api/v1/media/{loose}").status_code == 200
    assert ines.client.get(f"/api/v1/media/{loose}").status_code == 404
    assert [ines.client.delete(f"/api/v1/media/{id_}").status_code for id_ in (shown, made)] == [422, 422]


async def test_uploads_nobody_asked_for_are_forgotten(newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    old = before(datetime.now(UTC) - timedelta(days=2))
    async with pool.transaction() as db:
        await db.execute(
            "insert into media.uploads (id, owner_id, data) values (%s, %s, ''), (992, %s, null)", old, int(ines.id), int(ines.id)
        )
        assert await uploads.forget_old(db) >= 1
        assert await db.value("select count(*) from media.uploads where owner_id = %s and id = %s", int(ines.id), old) == 0


@pytest.mark.parametrize("path", ["/api/v1/media/12", "/api/v1/media/abc"])
def test_what_is_not_there_is_not_found(newcomer: New, path: str) -> None:
    ines = newcomer()
    assert [ines.client.request(m, path, json={}).status_code for m in ("GET", "PUT", "DELETE")] == [404] * 3
