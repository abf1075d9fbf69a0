"""News that nobody in particular sent: a place in a challenge, what became of an appeal. On our pages always, in Mastodon's lists only by name."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest

from bowerbird.core.database import Pool
from bowerbird.gallery import challenge_scores, challenges
from bowerbird.social import notifications
from tests.conftest import House, Member
from tests.contract.contests import API, New, another_day, enter, over, posted
from tests.contract.test_people import sign_in

_days = itertools.count(900)
LISTS = ("/api/v1/notifications", "/api/v2/notifications")


def page_of(house: House, member: Member) -> str:
    with house.client(timeout=30, follow_redirects=True) as browser:
        sign_in(browser, member.name)
        return browser.get("/notifications").text


def types_of(member: Member, *named: str, where: str = LISTS[0]) -> list[str]:
    said = member.client.get(where, params=[("types[]", one) for one in named]).json()
    return [one["type"] for one in (said if isinstance(said, list) else said["notification_groups"])]


async def settle(pool: Pool, done: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not await asyncio.to_thread(done):
        assert time.monotonic() < until, "never settled"
        async with pool.transaction() as db:
            await challenge_scores.settle(db)
        await asyncio.sleep(0.2)


async def test_who_won_hears_of_it_when_places_stand(
    newcomer: New, house: House, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(challenges, "PLACES", 2)  # the house's own worker may be first to settle: it knows three
    day = another_day(house, next(_days))
    everyone = [newcomer() for _ in range(4)]
    for seed, one in enumerate(everyone):
        enter(one, day, posted(one, seed=seed))
    assert all(types_of(one, "bower.challenge") == [] for one in everyone)
    over(house, day)
    await settle(pool, lambda: everyone[0].client.get(f"{API}/challenges/{day['id']}").json()["state"] == "over")
    places = {entry["by"]: entry["place"] for entry in everyone[0].client.get(f"{API}/challenges/{day['id']}/entries").json()}
    first, last = (next(m for m in everyone if places[m.name] == place) for place in (1, 4))
    for where in LISTS:
        assert types_of(first, where=where) == []  # strictly typed programs never meet it
        assert types_of(first, "bower.challenge", where=where) == ["bower.challenge"]
        assert types_of(last, "bower.challenge", where=where) == []
    for where in LISTS:
        assert first.client.get(f"{where}/unread_count").json() == {"count": 0}
    (told,) = first.client.get(LISTS[0], params={"types[]": "bower.challenge"}).json()
    assert told["status"]["account"]["username"] == first.name
    said = await asyncio.to_thread(page_of, house, first)
    assert "Your picture took first place in “Foxes”" in said
    assert f'href="/challenges/{day["id"]}"' in said
    async with pool.transaction() as db:
        await challenge_scores.settle(db)
    assert len(types_of(first, "bower.challenge")) == 1


async def test_who_appealed_hears_what_became_of_it(newcomer: New, house: House, pool: Pool) -> None:
    ines, noor = newcomer(), newcomer()
    for year, how, words in ((1945, "upheld", "the decision stands"), (1946, "granted", "Your appeal was granted")):
        prompt = f"history lesson: a swastika flag taken down in {year}"
        decision = ines.client.post(f"{API}/generations", json={"prompt": prompt}).json()["decision_id"]
        assert ines.client.post(f"{API}/decisions/{decision}/appeal", json={"text": "No."}).status_code == 201
        waiting: Any = await asyncio.to_thread(house.command, "admin", "appeals", "list")
        (mine,) = [one for one in waiting if one["decision"]["id"] == decision]
        await asyncio.to_thread(house.command, "admin", "appeals", "decide", mine["id"], how)
        assert words in await asyncio.to_thread(page_of, house, ines)
    assert types_of(ines) == types_of(noor, "bower.appeal") == []
    for where in LISTS:
        assert types_of(ines, "bower.appeal", where=where) == ["bower.appeal", "bower.appeal"]
    async with pool.reading() as db:
        found = await notifications.of(db, int(ines.id))
    assert {(one.kind, one.from_id, one.post_id) for one in found} == {("appeal", int(ines.id), None)}
    assert len({one.subject_id for one in found}) == 2


async def test_an_entry_is_nobodys_business_who_may_not_see_its_post(newcomer: New, house: House, pool: Pool) -> None:
    day = another_day(house, next(_days))
    ines, sam, noor = newcomer(), newcomer(), newcomer()
    post = posted(ines, seed=7)
    entry = enter(ines, day, post)
    ines.client.post(f"/api/v1/accounts/{sam.id}/block")
    async with pool.reading() as db:
        seen = {name: await challenges.of_post(db, viewer, int(post["id"])) for name, viewer in
                {"ines": int(ines.id), "noor": int(noor.id), "sam": int(sam.id), "nobody": None}.items()}  # fmt: skip
    assert {name: str(one.id) if one else None for name, one in seen.items()} == {
        "ines": entry["id"], "noor": entry["id"], "nobody": entry["id"], "sam": None,
    }  # fmt: skip
