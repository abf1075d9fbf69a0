"""Posts through the API: what is said, to whom, and what others may do with it."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from bowerbird.accounts import people
from bowerbird.core.database import Pool
from bowerbird.core.errors import Gone, NotAllowed
from bowerbird.gallery import showing
from bowerbird.social import posts
from tests.conftest import Member

New = Callable[..., Member]


def test_a_post_reaches_its_followers_and_nobody_else(newcomer: New) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    noor.follow(ines)
    said = ines.post("first light over the bower")
    assert [s["id"] for s in noor.home()] == [said["id"]]
    assert sam.home() == []


@pytest.mark.parametrize(
    ("visibility", "stranger", "follower", "mentioned"),
    [("public", 200, 200, 200), ("unlisted", 200, 200, 200), ("private", 404, 200, 200), ("direct", 404, 404, 200)],
)
def test_visibility_is_kept_at_every_door(
    newcomer: New, visitor: httpx.Client, visibility: str, stranger: int, follower: int, mentioned: int
) -> None:
    ines, noor, sam, kim = newcomer(), newcomer(), newcomer(), newcomer()
    noor.follow(ines)
    said = ines.post(f"for some eyes @{kim.name}", visibility=visibility)
    for path in ("", "/context", "/history", "/favourited_by", "/reblogged_by"):
        where = f"/api/v1/statuses/{said['id']}{path}"
        assert visitor.get(where).status_code == stranger
        assert sam.client.get(where).status_code == stranger
        assert noor.client.get(where).status_code == follower
        assert kim.client.get(where).status_code == mentioned
    for step in ("favourite", "bookmark"):
        assert sam.client.post(f"/api/v1/statuses/{said['id']}/{step}").status_code == stranger
    assert (said["id"] in [s["id"] for s in sam.client.get("/api/v1/timelines/public").json()]) == (visibility == "public")
    profile = [s["id"] for s in sam.client.get(f"/api/v1/accounts/{ines.id}/statuses").json()]
    assert profile == ([said["id"]] if stranger == 200 else [])


def test_a_block_ends_both_ways(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    noor.follow(ines)
    said = ines.post("before")
    assert ines.client.post(f"/api/v1/accounts/{noor.id}/block").status_code == 200
    assert noor.client.get(f"/api/v1/statuses/{said['id']}").status_code == 404
    assert noor.home() == []
    assert noor.client.post(f"/api/v1/accounts/{ines.id}/follow").status_code == 403
    assert ines.client.post(f"/api/v1/accounts/{noor.id}/unblock").json()["blocking"] is False
    assert noor.client.get(f"/api/v1/statuses/{said['id']}").status_code == 200


def test_edit_keeps_the_history(newcomer: New) -> None:
    ines = newcomer()
    said = ines.post("a fix")
    changed = ines.client.put(f"/api/v1/statuses/{said['id']}", json={"status": "a fox", "spoiler_text": "fur"}).json()
    assert (changed["content"], changed["spoiler_text"], changed["sensitive"]) == ("<p>a fox</p>", "fur", True)
    history = ines.client.get(f"/api/v1/statuses/{said['id']}/history").json()
    assert [v["content"] for v in history] == ["<p>a fix</p>", "<p>a fox</p>"]


def test_delete_can_be_undone_for_a_while_by_its_author_only(newcomer: New, visitor: httpx.Client) -> None:
    ines, sam = newcomer(), newcomer()
    said = ines.post("oh no")
    where = f"/api/v1/statuses/{said['id']}"
    assert sam.client.delete(where).status_code == 403
    gone = ines.client.delete(where)
    assert (gone.status_code, gone.json()["text"]) == (200, "oh no")
    assert visitor.get(where).status_code == 410
    assert sam.client.delete(where).status_code == 410


async def test_an_undo_is_its_authors_own_and_has_its_time(newcomer: New, pool: Pool) -> None:
    ines, sam = newcomer(), newcomer()
    standing, gone, late = (ines.post(text)["id"] for text in ("standing", "gone", "late"))
    for id_ in (gone, late):
        ines.client.delete(f"/api/v1/statuses/{id_}")
    async with pool.transaction() as db:
        me, other = await people.by_id(db, int(ines.id)), await people.by_id(db, int(sam.id))
        with pytest.raises(NotAllowed):
            await posts.restore(db, other, int(standing))
        with pytest.raises(Gone):
            await posts.restore(db, other, int(gone))
        await posts.restore(db, me, int(gone))
        await db.execute("update social.posts set deleted_at = now() - interval '1 minute 1 second' where id = %s", int(late))
        with pytest.raises(Gone):
            await posts.restore(db, me, int(late))
        await showing.purge(db)
    assert ines.client.get(f"/api/v1/statuses/{gone}").status_code == 200
    assert ines.client.get(f"/api/v1/statuses/{late}").status_code == 404


def test_likes_boosts_and_bookmarks_count_once_and_go_back(newcomer: New) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    sam.follow(noor)
    said = ines.post("liked")
    where = f"/api/v1/statuses/{said['id']}"
    for _ in range(2):
        liked = noor.client.post(f"{where}/favourite").json()
    assert (liked["favourites_count"], liked["favourited"]) == (1, True)
    boost = noor.client.post(f"{where}/reblog").json()
    assert (boost["reblog"]["id"], boost["account"]["id"]) == (said["id"], noor.id)
    assert [s["reblog"]["id"] for s in sam.home()] == [said["id"]]
    assert noor.client.post(f"{where}/bookmark").json()["bookmarked"] is True
    assert [s["id"] for s in noor.client.get("/api/v1/bookmarks").json()] == [said["id"]]
    assert noor.client.post(f"{where}/unbookmark").json()["bookmarked"] is False
    assert noor.client.post(f"{where}/unreblog").json()["reblogs_count"] == 0
    assert sam.home() == []
    assert noor.client.post(f"{where}/unfavourite").json()["favourites_count"] == 0
    kinds = [n["type"] for n in ines.client.get("/api/v1/notifications").json()]
    assert kinds == []  # both were taken back before they were read


def test_private_posts_cannot_be_boosted(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    noor.follow(ines)
    said = ines.post("for you", visibility="private")
    assert noor.client.post(f"/api/v1/statuses/{said['id']}/reblog").status_code == 403


def test_a_thread_reads_in_order_and_survives_a_missing_link(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    top = ines.post("one")
    two = noor.post(f"two @{ines.name}", in_reply_to_id=top["id"])
    three = ines.post("three", in_reply_to_id=two["id"])
    around = noor.client.get(f"/api/v1/statuses/{two['id']}/context").json()
    assert [s["id"] for s in around["ancestors"]] == [top["id"]]
    assert [s["id"] for s in around["descendants"]] == [three["id"]]
    assert ines.client.get(f"/api/v1/statuses/{top['id']}").json()["replies_count"] == 1
    noor.client.delete(f"/api/v1/statuses/{two['id']}")
    assert ines.client.get(f"/api/v1/statuses/{top['id']}").json()["replies_count"] == 0
    assert ines.client.get(f"/api/v1/statuses/{three['id']}/context").json()["ancestors"] == []


def test_pages_neither_skip_nor_repeat(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    noor.follow(ines)
    said = [ines.post(f"number {n}")["id"] for n in range(7)]
    first = noor.client.get("/api/v1/timelines/home", params={"limit": 3})
    assert 'rel="next"' in first.headers["Link"]
    second = noor.client.get("/api/v1/timelines/home", params={"limit": 3, "max_id": first.json()[-1]["id"]})
    third = noor.client.get("/api/v1/timelines/home", params={"limit": 3, "max_id": second.json()[-1]["id"]})
    seen = [s["id"] for page in (first, second, third) for s in page.json()]
    assert seen == said[::-1]
    newer = noor.client.get("/api/v1/timelines/home", params={"min_id": said[4]}).json()
    assert [s["id"] for s in newer] == [said[6], said[5]]


def test_what_does_not_fit_is_refused_in_words(newcomer: New) -> None:
    ines = newcomer()
    for bad, status in [
        ({"status": ""}, 422), ({"status": "x" * 1001}, 413), ({"status": "x", "visibility": "everyone"}, 422),
        ({"status": "x", "media_ids": ["12"]}, 422), ({"status": "x", "in_reply_to_id": "99"}, 404), ({"status": 7}, 422),
        ({"status": "x", "in_reply_to_id": "'; drop table"}, 404),
    ]:  # fmt: skip
        answer = ines.client.post("/api/v1/statuses", json=bad)
        assert answer.status_code == status, bad
        assert answer.json()["error"]
    assert ines.client.post("/api/v1/statuses", content=b"{", headers={"Content-Type": "application/json"}).status_code == 422
    assert ines.home() == []


def test_search_finds_words_people_and_nothing_private(newcomer: New, visitor: httpx.Client) -> None:
    ines = newcomer()
    said = ines.post("an unmistakable quokkahedron at dusk")
    secret = ines.post("a secret quokkahedron", visibility="private")
    for who, query in ((ines.client, "quokkahedron dusk"), (visitor, "quokkahedron dusk"), (visitor, "quokkahedron")):
        found = [s["id"] for s in who.get("/api/v2/search", params={"q": query}).json()["statuses"]]
        assert found[0] == said["id"]  # in a full house others come behind it, by their meaning
        assert who is ines.client or secret["id"] not in found
    assert [a["id"] for a in visitor.get("/api/v2/search", params={"q": ines.name}).json()["accounts"]].count(ines.id) == 1
    assert visitor.get("/api/v2/search", params={"q": ""}).status_code == 422
