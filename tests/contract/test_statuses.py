"""Statuses as programs use them: sent twice, quoted, pinned, muted, asked with a poll, paged both ways."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bowerbird.accounts import people
from bowerbird.core.database import Pool
from bowerbird.core.errors import Gone
from bowerbird.core.live import Hub
from bowerbird.gallery import showing
from bowerbird.social import fanout, posts
from bowerbird.social import jobs as social_jobs
from tests.conftest import Member, picture_of

New = Callable[..., Member]


def read(member: Member, id_: str) -> dict[str, Any]:
    answer = member.client.get(f"/api/v1/statuses/{id_}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def step(member: Member, id_: str, verb: str, status: int = 200, **fields: Any) -> dict[str, Any]:
    answer = member.client.post(f"/api/v1/statuses/{id_}/{verb}", json=fields)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_post_sent_twice_with_one_key_is_published_once(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    key = {"Idempotency-Key": str(uuid.uuid4())}
    sent = [ines.client.post("/api/v1/statuses", json={"status": "once"}, headers=key).json()["id"] for _ in range(3)]
    other = noor.client.post("/api/v1/statuses", json={"status": "once"}, headers=key).json()["id"]
    assert len(set(sent)) == 1
    assert other not in sent
    assert len(ines.client.get(f"/api/v1/accounts/{ines.id}/statuses").json()) == 1
    long = ines.client.post("/api/v1/statuses", json={"status": "x"}, headers={"Idempotency-Key": "k" * 201})
    assert long.status_code == 422


def test_a_quote_shows_what_it_quotes_until_its_author_takes_it_back(newcomer: New, visitor: httpx.Client) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    said = ines.post("blue glass only")
    quote = noor.post("and feathers", quoted_status_id=said["id"])
    assert quote["quote"]["state"] == "accepted"
    assert quote["quote"]["quoted_status"]["id"] == said["id"]
    assert read(ines, said["id"])["quotes_count"] == 1
    assert [s["id"] for s in sam.client.get(f"/api/v1/statuses/{said['id']}/quotes").json()] == [quote["id"]]
    told = ines.client.get("/api/v1/notifications?types[]=quote").json()
    assert [(n["type"], n["status"]["id"]) for n in told] == [("quote", quote["id"])]
    assert sam.client.post(f"/api/v1/statuses/{said['id']}/quotes/{quote['id']}/revoke").status_code == 403
    assert noor.client.post(f"/api/v1/statuses/{quote['id']}/quotes/{said['id']}/revoke").status_code == 404
    taken = ines.client.post(f"/api/v1/statuses/{said['id']}/quotes/{quote['id']}/revoke").json()
    assert taken["quote"] == {"state": "revoked", "quoted_status": None}
    assert visitor.get(f"/api/v1/statuses/{quote['id']}").json()["quote"]["state"] == "revoked"
    assert read(ines, said["id"])["quotes_count"] == 0


def test_who_may_quote_is_said_beforehand(newcomer: New) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    noor.follow(ines)
    closed = ines.post("not to be quoted", quote_approval_policy="nobody")
    assert closed["quote_approval"] == {"automatic": [], "manual": [], "current_user": "automatic"}
    assert read(noor, closed["id"])["quote_approval"]["current_user"] == "denied"
    friends = ines.post("for those who follow", quote_approval_policy="followers")
    for member, post, status in ((noor, closed, 403), (sam, friends, 403), (noor, friends, 200), (ines, closed, 200)):
        answer = member.client.post("/api/v1/statuses", json={"status": "see", "quoted_status_id": post["id"]})
        assert answer.status_code == status
    opened = ines.client.put(f"/api/v1/statuses/{closed['id']}/interaction_policy", json={"quote_approval_policy": "public"})
    assert opened.json()["quote_approval"]["automatic"] == ["public"]
    assert noor.client.put(f"/api/v1/statuses/{closed['id']}/interaction_policy", json={}).status_code == 403
    assert (
        ines.client.put(f"/api/v1/statuses/{closed['id']}/interaction_policy", json={"quote_approval_policy": "?"}).status_code
        == 422
    )
    assert noor.client.post("/api/v1/statuses", json={"status": "see", "quoted_status_id": closed["id"]}).status_code == 200


def test_a_quote_never_shows_what_the_reader_may_not_see(newcomer: New) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    said = ines.post("seen by all but one")
    quote = noor.post("look", quoted_status_id=said["id"])
    ines.client.post(f"/api/v1/accounts/{sam.id}/block")
    assert read(sam, quote["id"])["quote"] == {"state": "unauthorized", "quoted_status": None}
    ines.client.delete(f"/api/v1/statuses/{said['id']}")
    assert read(noor, quote["id"])["quote"]["quoted_status"] is None
    private = ines.post("mine alone", visibility="private")
    own = ines.post("quoting myself", quoted_status_id=private["id"])
    assert read(noor, own["id"])["quote"] == {"state": "unauthorized", "quoted_status": None}


def test_pins_stand_at_the_top_and_are_few(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    said = [ines.post(f"number {n}")["id"] for n in range(6)]
    for id_ in said[:5]:
        assert step(ines, id_, "pin")["pinned"] is True
    assert "5" in step(ines, said[5], "pin", 422)["error"]
    assert step(noor, said[0], "pin", 403)
    pinned = noor.client.get(f"/api/v1/accounts/{ines.id}/statuses?pinned=true").json()
    assert {s["id"] for s in pinned} == set(said[:5])
    assert step(ines, said[0], "unpin")["pinned"] is False
    direct = ines.post(f"@{noor.name} hush", visibility="direct")
    assert step(ines, direct["id"], "pin", 422)


def test_a_muted_conversation_is_heard_no_more(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    said = ines.post("talk to me")
    assert step(ines, said["id"], "mute")["muted"] is True
    noor.post("I do", in_reply_to_id=said["id"])
    assert ines.client.get("/api/v1/notifications?types[]=mention").json() == []
    assert step(ines, said["id"], "unmute")["muted"] is False
    noor.post("I still do", in_reply_to_id=said["id"])
    assert len(ines.client.get("/api/v1/notifications?types[]=mention").json()) == 1


def test_a_poll_comes_by_json_and_by_form(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    by_json = ines.post("which?", poll={"options": ["moss", "shells"], "expires_in": 600})
    form = {"status": "which?", "poll[options][]": ["moss", "shells"], "poll[expires_in]": "600", "poll[multiple]": "true"}
    by_form = ines.client.post("/api/v1/statuses", data=form).json()
    for said, several in ((by_json, False), (by_form, True)):
        assert [o["title"] for o in said["poll"]["options"]] == ["moss", "shells"]
        assert said["poll"]["multiple"] is several
    voted = noor.client.post(f"/api/v1/polls/{by_json['poll']['id']}/votes", json={"choices": [1]}).json()
    assert (voted["own_votes"], voted["votes_count"]) == ([1], 1)
    assert read(noor, by_json["id"])["poll"]["own_votes"] == [1]
    assert read(ines, by_json["id"])["poll"]["votes_count"] == 1


def test_an_edit_changes_words_and_pictures_and_tells_who_boosted(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    first, second = (picture_of(ines, p)["candidates"][0]["media_id"] for p in ("a red fox", "a blue owl"))
    said = ines.post("a fox", media_ids=[first])
    step(noor, said["id"], "reblog")
    change = {"status": "an owl", "media_ids": [second], "media_attributes": [{"id": second, "description": "A blue owl"}]}
    changed = ines.client.put(f"/api/v1/statuses/{said['id']}", json=change).json()
    assert [(m["id"], m["description"]) for m in changed["media_attachments"]] == [(second, "A blue owl")]
    assert [n["type"] for n in noor.client.get("/api/v1/notifications").json()] == ["update"]
    assert [v["content"] for v in ines.client.get(f"/api/v1/statuses/{said['id']}/history").json()] == [
        "<p>a fox</p>",
        "<p>an owl</p>",
    ]
    theirs = noor.client.put(f"/api/v1/statuses/{noor.post('mine')['id']}", json={"status": "yours", "media_ids": [first]})
    assert theirs.status_code == 422


def test_pages_lead_up_as_well_as_down(newcomer: New) -> None:
    ines = newcomer()
    ids = [ines.post(f"step {n}")["id"] for n in range(8)][::-1]
    page = ines.client.get("/api/v1/timelines/home?limit=3")
    assert [s["id"] for s in page.json()] == ids[:3]
    older = ines.client.get(page.links["next"]["url"])
    assert [s["id"] for s in older.json()] == ids[3:6]
    assert [s["id"] for s in ines.client.get(older.links["prev"]["url"]).json()] == ids[:3]
    right_above = ines.client.get("/api/v1/timelines/home", params={"min_id": ids[7], "limit": 2}).json()
    assert [s["id"] for s in right_above] == ids[5:7]
    newest_above = ines.client.get("/api/v1/timelines/home", params={"since_id": ids[7], "limit": 2}).json()
    assert [s["id"] for s in newest_above] == ids[:2]
    kept = ines.client.get("/api/v1/timelines/public?limit=1&only_media=false")
    assert "only_media=false" in kept.links["next"]["url"]


def test_what_one_liked_is_listed_in_the_order_of_liking(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    said = [ines.post(f"like {n}")["id"] for n in range(3)]
    for id_ in (said[1], said[0], said[2]):
        step(noor, id_, "favourite")
    page = noor.client.get("/api/v1/favourites?limit=2")
    assert [s["id"] for s in page.json()] == [said[2], said[0]]
    assert [s["id"] for s in noor.client.get(page.links["next"]["url"]).json()] == [said[1]]
    assert noor.client.get("/api/v1/favourites").json()[0]["favourited"] is True


def test_a_list_shows_its_members_by_its_policy(newcomer: New) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    for other in (noor, sam):
        ines.follow(other)
    made = ines.client.post("/api/v1/lists", json={"title": "glass", "replies_policy": "none", "exclusive": True}).json()
    assert ines.client.post(f"/api/v1/lists/{made['id']}/accounts", json={"account_ids": [noor.id]}).status_code == 200
    top = noor.post("in the list")
    outside = sam.post("not in the list")
    reply = noor.post("an answer", in_reply_to_id=outside["id"])

    def shown() -> list[str]:
        return [s["id"] for s in ines.client.get(f"/api/v1/timelines/list/{made['id']}").json()]

    assert shown() == [top["id"]]
    assert [s["id"] for s in ines.home()] == [outside["id"]]
    for policy, expected in (("list", [top["id"]]), ("followed", [reply["id"], top["id"]])):
        ines.client.put(f"/api/v1/lists/{made['id']}", json={"title": "glass", "replies_policy": policy})
        assert shown() == expected, policy
    assert noor.client.get(f"/api/v1/timelines/list/{made['id']}").status_code == 404


def test_tags_can_be_joined_and_left_out(newcomer: New) -> None:
    ines = newcomer()
    both = ines.post("#mossy #glassy")["id"]
    moss = ines.post("#mossy")["id"]
    other = ines.post("#shelly")["id"]

    def tagged(**params: Any) -> list[str]:
        return [s["id"] for s in ines.client.get("/api/v1/timelines/tag/mossy", params=params).json()]

    assert tagged() == [moss, both]
    assert tagged(**{"any[]": "shelly"}) == [other, moss, both]
    assert tagged(**{"all[]": "glassy"}) == [both]
    assert tagged(**{"none[]": "glassy"}) == [moss]


def test_a_followed_tag_comes_home(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    assert ines.client.post("/api/v1/tags/lanternfest/follow").json()["following"] is True
    said = noor.post("come to the #LanternFest")
    noor.post("hidden #lanternfest", visibility="unlisted")
    assert [s["id"] for s in ines.home()] == [said["id"]]


def test_those_who_asked_hear_of_every_post(newcomer: New) -> None:
    import time

    ines, noor = newcomer(), newcomer()
    ines.client.post(f"/api/v1/accounts/{noor.id}/follow", json={"notify": True})
    said = noor.post("news")
    until = time.monotonic() + 30
    told: list[dict[str, Any]] = []
    while not told and time.monotonic() < until:
        told = ines.client.get("/api/v1/notifications?types[]=status").json()
        time.sleep(0.1)
    assert [n["status"]["id"] for n in told] == [said["id"]]


def test_boosts_of_someone_can_be_left_out(newcomer: New) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    ines.client.post(f"/api/v1/accounts/{noor.id}/follow", json={"reblogs": False})
    step(noor, sam.post("pass me on")["id"], "reblog")
    own = noor.post("my own")
    assert [s["id"] for s in ines.home()] == [own["id"]]


def test_a_reply_is_never_wider_by_default_than_what_it_answers(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    noor.follow(ines)
    quiet = ines.post("for followers", visibility="private")
    assert noor.post("me too", in_reply_to_id=quiet["id"])["visibility"] == "private"
    assert noor.post("me too", in_reply_to_id=ines.post("for all")["id"])["visibility"] == "public"


def test_no_translator_is_pretended(newcomer: New) -> None:
    ines = newcomer()
    assert step(ines, ines.post("bonjour")["id"], "translate", 404)["error"] == "This house has no translator."


async def test_what_was_just_said_can_be_unsaid_and_keeps_its_picture(newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    media = picture_of(ines)["candidates"][0]["media_id"]
    said = ines.post("too soon", media_ids=[media])
    async with pool.transaction() as db:
        me = await people.by_id(db, int(ines.id))
        assert (await showing.unsay(db, me, int(said["id"]))).text == "too soon"
    assert ines.client.get(f"/api/v1/statuses/{said['id']}").status_code == 410
    assert ines.post("now", media_ids=[media])["media_attachments"][0]["id"] == media
    async with pool.transaction() as db:
        old = await posts.publish(db, me, "long ago")
        await db.execute(
            "update social.posts set id = id - (120000::bigint << 22), thread_id = id - (120000::bigint << 22) where id = %s",
            old.id,
        )
        with pytest.raises(Gone):
            await posts.unsay(db, me, old.id - (120_000 << 22))


def test_who_may_reply_is_kept_and_those_named_may_always(newcomer: New) -> None:
    ines, noor, sam, kim = newcomer(), newcomer(), newcomer(), newcomer()
    kim.follow(ines)
    assert ines.client.put("/api/bower/v1/permissions", json={"reply": "followers"}).status_code == 200
    said = ines.post(f"talk among friends @{noor.name}")
    for member, status in ((noor, 200), (kim, 200), (sam, 403)):
        answer = member.client.post("/api/v1/statuses", json={"status": "may I?", "in_reply_to_id": said["id"]})
        assert answer.status_code == status, answer.text


async def test_a_change_is_told_to_homes_that_were_too_many_at_once(newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    readers = [newcomer() for _ in range(3)]
    for reader in readers:
        reader.follow(ines)
    said = ines.post("for many")
    hub = Hub(pool.url)
    await hub.start()
    try:
        with hub.subscribe(*(f"home:{reader.id}" for reader in readers)) as news:
            async with pool.transaction() as db:
                assert await fanout.retell_rest(db, int(said["id"]), "edit", 0) is None
                await social_jobs.retell(db, int(said["id"]), "delete", min(int(r.id) for r in readers))
            told = [await asyncio.wait_for(news.get(), 20) for _ in range(2)]
    finally:
        await hub.stop()
    assert [one.kind for one in told] == ["edit", "delete"]
    assert set(told[0].topics) == {f"home:{member.id}" for member in (ines, *readers)}
    assert len(told[1].topics) == 2
