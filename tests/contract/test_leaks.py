"""What a fresh pair of eyes found: other people's votes, quotes across blocks, numbers that tell, messages held back, badges that stick."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bowerbird.accounts import people
from bowerbird.core.database import Pool
from bowerbird.social import conversations, reactions, timelines
from tests.conftest import House, Member

New = Callable[..., Member]


class Heard:
    """One API stream, read in a thread: what came, by event."""

    def __init__(self, house: House, member: Member) -> None:
        self.events: list[tuple[str, Any]] = []
        self.open = threading.Event()
        self.came = threading.Condition()
        self._client = house.client(timeout=30)
        self._token = member.token
        threading.Thread(target=self._read, daemon=True).start()
        assert self.open.wait(20)

    def _read(self) -> None:
        event = ""
        try:
            with self._client.stream(
                "GET", "/api/v1/streaming/user", headers={"Authorization": f"Bearer {self._token}"}
            ) as answer:
                for line in answer.iter_lines():
                    if line.startswith(":"):
                        self.open.set()
                    elif line.startswith("event: "):
                        event = line[7:]
                    elif line.startswith("data: "):
                        with self.came:
                            self.events.append((event, json.loads(line[6:])))
                            self.came.notify_all()
        except (httpx.HTTPError, RuntimeError):
            pass

    def first(self, event: str, id_: str) -> Any:
        def found() -> Any:
            return next((d for e, d in self.events if e == event and isinstance(d, dict) and d["id"] == id_), None)

        with self.came:
            assert self.came.wait_for(found, 30), self.events
        return found()

    def close(self) -> None:
        self._client.close()


def test_a_stream_shows_nobody_elses_vote_nor_a_quote_across_a_block(house: House, newcomer: New) -> None:
    ines, noor, sam, kim = newcomer(), newcomer(), newcomer(), newcomer()
    for reader in (noor, sam):
        reader.follow(kim)
    asked = ines.post("which?", poll={"options": ["moss", "shells"], "expires_in": 600})
    for reader, choice in ((noor, 1), (sam, 0)):
        reader.client.post(f"/api/v1/polls/{asked['poll']['id']}/votes", json={"choices": [choice]})
    ines.client.post(f"/api/v1/accounts/{sam.id}/block")
    streams = {"noor": Heard(house, noor), "sam": Heard(house, sam)}
    try:
        boost = kim.client.post(f"/api/v1/statuses/{asked['id']}/reblog", json={"visibility": "private"}).json()
        assert streams["noor"].first("update", boost["id"])["reblog"]["poll"]["own_votes"] == [1]
        quote = kim.post("look", quoted_status_id=asked["id"])
        assert streams["noor"].first("update", quote["id"])["quote"]["state"] == "accepted"
        assert streams["sam"].first("update", quote["id"])["quote"] == {"state": "unauthorized", "quoted_status": None}
        assert all(d["id"] != boost["id"] for e, d in streams["sam"].events if e == "update")
    finally:
        for stream in streams.values():
            stream.close()


def test_a_change_comes_with_what_one_has_done_oneself(house: House, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    noor.follow(ines)
    said = ines.post("first words")
    noor.client.post(f"/api/v1/statuses/{said['id']}/favourite")
    stream = Heard(house, noor)
    try:
        ines.client.put(f"/api/v1/statuses/{said['id']}", json={"status": "better words"})
        assert stream.first("status.update", said["id"])["favourited"] is True
    finally:
        stream.close()


def test_numbers_tell_nothing_of_what_few_may_see(newcomer: New, visitor: httpx.Client) -> None:
    ines, noor = newcomer(), newcomer()
    said = ines.post("count with me")
    noor.post("just us", in_reply_to_id=said["id"], visibility="direct")
    noor.post("mine", quoted_status_id=said["id"], visibility="private")
    seen = visitor.get(f"/api/v1/statuses/{said['id']}").json()
    assert (seen["replies_count"], seen["quotes_count"]) == (0, 0)
    open_ = noor.post("for all", quoted_status_id=said["id"])
    assert visitor.get(f"/api/v1/statuses/{said['id']}").json()["quotes_count"] == 1
    ines.client.post(f"/api/v1/statuses/{said['id']}/quotes/{open_['id']}/revoke")
    other = noor.post("for all again", quoted_status_id=said["id"])
    noor.client.delete(f"/api/v1/statuses/{open_['id']}")
    assert visitor.get(f"/api/v1/statuses/{said['id']}").json()["quotes_count"] == 1
    assert other["quote"]["state"] == "accepted"


def test_a_quote_one_may_not_read_can_be_revoked(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    said = ines.post("mine")
    quote = noor.post("ha", quoted_status_id=said["id"], visibility="private")
    answer = ines.client.post(f"/api/v1/statuses/{said['id']}/quotes/{quote['id']}/revoke")
    assert (answer.status_code, answer.json()) == (200, {})
    assert noor.client.get(f"/api/v1/statuses/{quote['id']}").json()["quote"]["state"] == "revoked"


def test_messages_that_are_held_back_come_nowhere(newcomer: New) -> None:
    ines, noor, kim = newcomer(), newcomer(), newcomer()
    ines.client.patch("/api/v2/notifications/policy", json={"for_not_following": "drop", "for_private_mentions": "filter"})
    noor.post(f"@{ines.name} psst", visibility="direct")
    assert ines.home() == []
    assert ines.client.get("/api/v1/conversations").json() == []
    ines.follow(kim)
    said = kim.post(f"@{ines.name} hello", visibility="direct")
    assert [c["last_status"]["id"] for c in ines.client.get("/api/v1/conversations").json()] == [said["id"]]


async def test_badges_count_what_stands(newcomer: New, pool: Pool) -> None:
    ines, noor = newcomer(), newcomer()
    for member, other in ((ines, noor), (noor, ines)):
        member.follow(other)
    said = noor.post(f"@{ines.name} psst", visibility="direct")
    async with pool.reading() as db:
        me = await people.by_id(db, int(ines.id))
        assert await conversations.unread(db, me) == 1
        noor.client.delete(f"/api/v1/statuses/{said['id']}")
        assert await conversations.unread(db, me) == 0
    assert ines.client.get("/api/v1/notifications/unread_count").json()["count"] == 1  # the follow


def test_a_block_reaches_the_lists_of_people(newcomer: New) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    sam.follow(ines)
    said = sam.post("like me")
    ines.client.post(f"/api/v1/statuses/{said['id']}/favourite")
    ines.client.post(f"/api/v1/accounts/{noor.id}/block")
    assert noor.client.get(f"/api/v1/accounts/{ines.id}/followers").json() == []
    assert noor.client.get(f"/api/v1/statuses/{said['id']}/favourited_by").json() == []
    assert [a["id"] for a in sam.client.get(f"/api/v1/statuses/{said['id']}/favourited_by").json()] == [ines.id]


async def test_what_is_new_is_what_home_shows(newcomer: New, pool: Pool) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    ines.follow(noor)
    said = sam.post("boost me")
    ines.client.post(f"/api/v1/accounts/{sam.id}/block")
    noor.client.post(f"/api/v1/statuses/{said['id']}/reblog")
    async with pool.reading() as db:
        assert await timelines.fresh(db, int(ines.id), 1, everyone=False) == []
    assert ines.home() == []


async def test_every_booster_hears_of_a_change_and_boosting_twice_at_once_is_once(newcomer: New, pool: Pool) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    said = ines.post("pass it on")
    for member in (noor, sam):
        member.client.post(f"/api/v1/statuses/{said['id']}/reblog")
    ines.client.put(f"/api/v1/statuses/{said['id']}", json={"status": "pass this on"})
    for member in (noor, sam):
        assert [n["type"] for n in member.client.get("/api/v1/notifications").json()] == ["update"]
    kim = newcomer()

    async def boost() -> int:
        async with pool.transaction() as db:
            return (await reactions.boost(db, await people.by_id(db, int(kim.id)), int(said["id"]))).id

    assert len(set(await asyncio.gather(*(boost() for _ in range(4))))) == 1


def test_a_planned_post_sent_twice_is_planned_once(newcomer: New) -> None:
    ines = newcomer()
    sent = {"status": "later", "scheduled_at": "2027-03-01T12:00:00Z"}
    ids = [ines.client.post("/api/v1/statuses", json=sent, headers={"Idempotency-Key": "k1"}).json()["id"] for _ in range(2)]
    assert ids[0] == ids[1]
    assert len(ines.client.get("/api/v1/scheduled_statuses").json()) == 1


@pytest.mark.parametrize("options", [["moss", "shells", "glass"], ["moss", "shells"]])
def test_a_poll_that_asks_otherwise_begins_anew(newcomer: New, options: list[str]) -> None:
    ines, noor = newcomer(), newcomer()
    said = ines.post("which?", poll={"options": ["moss", "shells"], "expires_in": 600})
    noor.client.post(f"/api/v1/polls/{said['poll']['id']}/votes", json={"choices": [1]})
    change = {"status": "which then?", "poll": {"options": options, "expires_in": 600}}
    changed = ines.client.put(f"/api/v1/statuses/{said['id']}", json=change).json()["poll"]
    assert [o["title"] for o in changed["options"]] == options
    assert changed["votes_count"] == (1 if len(options) == 2 else 0)


def test_a_stream_ends_with_the_session_that_opened_it(house: House, newcomer: New) -> None:
    ines = newcomer()
    with house.client(timeout=40) as browser:
        page = browser.get("/signin").text
        csrf = page.split('name="csrf" value="')[1].split('"')[0]
        signed = browser.post(
            "/signin", data={"csrf": csrf, "login": ines.name, "password": "a nest of blue glass", "next": "/settings"}
        )
        assert signed.status_code == 303
        with browser.stream("GET", "/api/v1/streaming/user") as stream:
            lines = stream.iter_lines()
            assert next(lines).startswith(":")
            settings = browser.get("/settings/account", follow_redirects=True).text
            token = settings.split('name="csrf" value="')[1].split('"')[0]
            assert browser.post("/signout", data={"csrf": token}).status_code == 303
            assert all(not line.startswith("event") for line in lines)  # and it ends
