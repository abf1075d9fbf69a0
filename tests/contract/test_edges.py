"""Places where one thing meets another: replies to direct posts, boosts of what is gone, drafts between two pictures."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from bowerbird.core.database import Pool
from bowerbird.events import consent, log
from bowerbird.gallery import showing
from tests.conftest import House, Member, picture_of
from tests.contract.test_people import csrf, sign_in

New = Callable[..., Member]
API = "/api/bower/v1"


def test_a_reply_to_a_direct_post_reaches_who_wrote_it(newcomer: New) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    said = ines.post(f"between us @{noor.name}", visibility="direct")
    reply = noor.post("yes, between us", visibility="direct", in_reply_to_id=said["id"])
    assert ines.client.get(f"/api/v1/statuses/{reply['id']}").status_code == 200
    assert [s["id"] for s in ines.home()] == [reply["id"], said["id"]]
    assert sam.client.get(f"/api/v1/statuses/{reply['id']}").status_code == 404


async def test_replies_stay_replies_when_what_they_answered_is_gone_for_good(newcomer: New, pool: Pool) -> None:
    ines, noor = newcomer(), newcomer()
    said = ines.post("to be deleted")
    reply = noor.post("an answer", in_reply_to_id=said["id"])
    ines.client.delete(f"/api/v1/statuses/{said['id']}")
    async with pool.transaction() as db:
        await db.execute("update social.posts set deleted_at = now() - interval '1 hour' where id = %s", int(said["id"]))
        await showing.purge(db)
    assert ines.client.get(f"/api/v1/statuses/{reply['id']}").status_code == 200
    assert reply["id"] not in [s["id"] for s in ines.client.get("/api/v1/timelines/public").json()]
    own = noor.client.get(f"/api/v1/accounts/{noor.id}/statuses", params={"exclude_replies": "true"}).json()
    assert own == []


def test_a_boost_of_something_gone_is_not_found_and_ones_boost_is_taken_back_by_deleting_it(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    said = ines.post("boosted")
    boost = noor.client.post(f"/api/v1/statuses/{said['id']}/reblog").json()
    assert noor.client.put(f"/api/v1/statuses/{boost['id']}", json={"status": "words"}).status_code == 422
    assert noor.client.delete(f"/api/v1/statuses/{boost['id']}").status_code == 200
    assert noor.client.get(f"/api/v1/statuses/{said['id']}").json()["reblogs_count"] == 0
    again = noor.client.post(f"/api/v1/statuses/{said['id']}/reblog").json()
    ines.client.delete(f"/api/v1/statuses/{said['id']}")
    assert noor.client.get(f"/api/v1/statuses/{again['id']}").status_code == 404


async def test_nothing_about_a_direct_post_is_ever_learnable(newcomer: New, pool: Pool) -> None:
    ines, noor = newcomer(), newcomer()
    everything = dict.fromkeys(consent.PURPOSES, True)
    for member in (ines, noor):
        member.client.put(f"{API}/consents", json=everything)
    said = ines.post(f"for you @{noor.name}", visibility="direct")
    ines.client.put(f"/api/v1/statuses/{said['id']}", json={"status": f"for you alone @{noor.name}"})
    for step in ("favourite", "bookmark"):
        noor.client.post(f"/api/v1/statuses/{said['id']}/{step}")
    async with pool.reading() as db:
        for purpose in consent.PURPOSES:
            learnt = await log.learnable(db, purpose, after=int(said["id"]) - 1, limit=500)
            assert [e.kind for e in learnt if e.item_id == int(said["id"])] == [], purpose


@pytest.mark.parametrize(
    ("account", "switch", "learnable"), [(True, False, False), (True, True, True), (False, True, True), (None, False, False)]
)
async def test_the_switch_beside_a_picture_is_what_counts(
    newcomer: New, house: House, pool: Pool, account: bool | None, switch: bool, learnable: bool
) -> None:
    ines = newcomer()
    ines.client.put(f"{API}/consents", json={"train_pictures": account})
    made = picture_of(ines)
    shown = show(house, ines, made, account=bool(account), switch=switch)
    post_id = int(shown.headers["location"].rpartition("/")[2])
    async with pool.reading() as db:
        learnt = await log.learnable(db, "train_pictures", after=post_id - 1, limit=500)
    assert (post_id in [e.item_id for e in learnt]) == learnable


def show(house: House, who: Member, made: dict[str, Any], *, account: bool, switch: bool) -> httpx.Response:
    """Post a finished picture through the studio's form."""
    with house.client(timeout=30) as browser:
        sign_in(browser, who.name)
        where = f"/studio/generations/{made['id']}"
        assert ('name="teach" value="yes" checked' in browser.get(where).text) == account
        form = {
            "csrf": csrf(browser, "/settings/account"),
            "candidate_id": made["candidates"][0]["id"],
            "caption": "x",
            "visibility": "public",
        }
        return browser.post(f"{where}/show", data=form | ({"teach": "yes"} if switch else {}))


def test_asking_many_times_at_once_does_not_get_past_the_limit(newcomer: New) -> None:
    ines = newcomer()
    body = {"prompt": "hills", "count": 1, "width": 256, "height": 256}
    with ThreadPoolExecutor(12) as crowd:
        statuses = list(crowd.map(lambda _: ines.client.post(f"{API}/generations", json=body).status_code, range(12)))
    assert statuses.count(202) <= 4  # three waiting, and perhaps one that was finished meanwhile
    assert set(statuses) == {202, 429}


def test_credit_goes_past_private_drafts_to_the_picture_that_was_shown(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    first = picture_of(ines)["candidates"][0]
    ines.post("first", media_ids=[first["media_id"]])
    draft = picture_of(noor, "at dawn", source_picture_id=first["picture_id"])["candidates"][0]
    final = picture_of(noor, "at dawn, in snow", source_picture_id=draft["picture_id"])["candidates"][0]
    status = noor.post("final", media_ids=[final["media_id"]])
    assert status["media_attachments"][0]["bower"]["parent"]["by"] == ines.name
    assert "bower.remix" in [n["type"] for n in ines.client.get("/api/v1/notifications").json()]
    assert ines.client.get(f"{API}/pictures/{first['picture_id']}").json()["remixes_count"] == 1


def test_clients_that_send_forms_are_understood(newcomer: New) -> None:
    ines = newcomer()
    media = picture_of(ines)["candidates"][0]["media_id"]
    said = ines.client.post("/api/v1/statuses", data={"status": "from a form", "sensitive": "true", "media_ids[]": [media]})
    assert said.status_code == 200, said.text
    assert (said.json()["sensitive"], [m["id"] for m in said.json()["media_attachments"]]) == (True, [media])
    assert ines.client.put(f"/api/v1/media/{media}", json=[]).status_code == 422


def test_the_description_of_the_api_says_what_to_send(visitor: httpx.Client) -> None:
    described = visitor.get("/openapi.json").json()
    ask = described["paths"][f"{API}/generations"]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    assert "prompt" in described["components"]["schemas"][ask.rpartition("/")[2]]["properties"]
