"""Taking everything along, and bringing along from elsewhere. The house's own worker does the work."""

from __future__ import annotations

import asyncio
import io
import json
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from bowerbird.core.database import Pool
from bowerbird.core.ids import before, new_id
from bowerbird.gallery import archive, bring, lists_as_csv
from bowerbird.media import files
from tests.conftest import House, Member, picture_of
from tests.contract import contests

New = Callable[..., Member]
API = "/api/bower/v1"


def until(ask: Callable[[], dict[str, Any]], done: Callable[[dict[str, Any]], bool], within_s: float = 120) -> dict[str, Any]:
    """What `ask` says once it is `done`."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        now = ask()
        if done(now):
            return now
        time.sleep(0.05)
    raise AssertionError(f"never done: {now}")


def packed(who: Member) -> dict[str, Any]:
    return until(lambda: who.client.get(f"{API}/export").json(), lambda said: said["state"] in ("ready", "failed"))


def brought(who: Member, kind: str, csv: str, mode: str = "merge") -> dict[str, Any]:
    answer = who.client.post(f"{API}/import", json={"type": kind, "csv": csv, "mode": mode})
    assert answer.status_code == 202, answer.text
    return until(lambda: who.client.get(f"{API}/import").json(), lambda said: said["finished"])


def test_an_archive_holds_everything_and_is_its_owners_only(newcomer: New, visitor: httpx.Client, house: House) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    made = picture_of(ines, "a heron in the reeds")["candidates"][0]
    said = ines.post("with a heron", media_ids=[made["media_id"]], spoiler_text="bird")
    quiet = ines.post(f"for @{noor.name}", visibility="direct")
    other = noor.post("liked")
    for step in ("favourite", "bookmark", "reblog"):
        ines.client.post(f"/api/v1/statuses/{other['id']}/{step}")
    ines.follow(noor)
    noor.follow(ines)
    ines.client.post(f"/api/v1/accounts/{sam.id}/block")
    ines.client.post(f"/api/v1/accounts/{noor.id}/mute", json={"notifications": False})
    list_ = ines.client.post("/api/v1/lists", json={"title": "close, by"}).json()
    ines.client.post(f"/api/v1/lists/{list_['id']}/accounts", json={"account_ids": [noor.id]})
    assert ines.client.get(f"{API}/export").status_code == 404
    asked = ines.client.post(f"{API}/export")
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    ready = packed(ines)
    assert (ready["state"], ready["url"]) == ("ready", f"{API}/export/file")
    answer = ines.client.get(ready["url"])
    assert (answer.status_code, answer.headers["content-type"], len(answer.content)) == (
        200,
        "application/zip",
        ready["size_bytes"],
    )
    with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
        held = {name: found.read(name) for name in found.namelist()}
    actor, outbox = json.loads(held["actor.json"]), json.loads(held["outbox.json"])
    assert (actor["preferredUsername"], actor["type"]) == (ines.name, "Person")
    kinds = {item["id"].split("/")[-2]: item for item in outbox["orderedItems"]}
    note = kinds[said["id"]]["object"]
    assert (note["source"]["content"], note["summary"], note["attachment"][0]["mediaType"]) == (
        "with a heron",
        "bird",
        "image/webp",
    )
    assert held[note["attachment"][0]["url"]][8:12] == b"WEBP"
    assert (kinds[quiet["id"]]["to"], sorted(i["type"] for i in outbox["orderedItems"])) == ([], ["Announce", "Create", "Create"])
    assert json.loads(held["likes.json"])["orderedItems"] == [f"{house.url}/posts/{other['id']}"]
    assert json.loads(held["pictures.json"])[0]["prompt"] == "a heron in the reeds"
    host = house.url.removeprefix("http://")
    assert held["following_accounts.csv"].decode().splitlines() == [
        "Account address,Show boosts,Notify on new posts,Languages", f"{noor.name}@{host},true,false,",
    ]  # fmt: skip
    assert held["followers.csv"].decode().splitlines()[1:] == [f"{noor.name}@{host}"]
    assert held["blocked_accounts.csv"].decode() == f"{sam.name}@{host}\n"
    assert held["muted_accounts.csv"].decode().splitlines() == ["Account address,Hide notifications", f"{noor.name}@{host},false"]
    assert held["lists.csv"].decode() == f'"close, by",{noor.name}@{host}\n'
    assert held["bookmarks.csv"].decode() == f"{house.url}/posts/{other['id']}\n"
    for someone in (visitor, sam.client):
        assert someone.get(ready["url"]).status_code in (401, 404)


def test_an_archive_holds_what_one_said_to_the_feed(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    post = noor.post("a teapot, again")
    assert ines.client.put(f"{API}/consents", json={"personalise": True}).is_success
    assert ines.client.put(f"{API}/feed/recipe", json={"text": "more watercolours"}).is_success
    assert ines.client.put(f"{API}/posts/{post['id']}/hiding").status_code == 204
    pages = 1 if ines.client.get(f"{API}/feed").json()["posts"] else 0
    assert ines.client.post(f"{API}/export").status_code == 202
    with zipfile.ZipFile(io.BytesIO(ines.client.get(packed(ines)["url"]).content)) as found:
        held = json.loads(found.read("feed.json"))
    assert [one["recipe"]["more"][0]["words"] for one in held["recipes"]] == ["watercolours"]
    assert [one["post_id"] for one in held["hidden"]] == [post["id"]]
    assert len(held["pages"]) == pages


def test_an_archive_holds_ones_shelf_and_ones_challenges(newcomer: New, house: House) -> None:
    ines, noor = contests.aged(house, newcomer()), newcomer()
    day = contests.another_day(house, 1500)
    picture = picture_of(ines, "a heron in the reeds")["candidates"][0]["picture_id"]
    said, style = {"name": "Blue things", "about": "all of them"}, {"name": "Blue hour", "words_after": "at dusk"}
    assert ines.client.put(f"{API}/pictures/{picture}/favourite").status_code == 204
    bower = ines.client.post(f"{API}/bowers", json=said).json()
    assert ines.client.put(f"{API}/bowers/{bower['id']}/pictures/{picture}").status_code == 204
    made = ines.client.post(f"{API}/styles", json=style).json()
    mine, theirs = contests.posted(ines, seed=3), contests.posted(noor, seed=4)
    contests.enter(ines, day, mine)
    entered = contests.enter(noor, day, theirs)
    ines.client.get(f"{API}/challenges/{day['id']}/entries")
    contests.vote(ines, entered, day)
    assert ines.client.post(f"{API}/export").status_code == 202
    with zipfile.ZipFile(io.BytesIO(ines.client.get(packed(ines)["url"]).content)) as found:
        names = ("favourites", "bowers", "styles", "challenge_entries", "challenge_votes")
        held = {name: json.loads(found.read(f"{name}.json")) for name in names}
    at, challenge = f"{house.url}/pictures/{picture}", f"{house.url}/challenges/{day['id']}"
    assert [one["picture"] for one in held["favourites"]] == [at]
    assert [(one["id"], one["name"], one["about"], one["visibility"], one["pictures"]) for one in held["bowers"]] == [
        (f"{house.url}/bowers/{bower['id']}", "Blue things", "all of them", "private", [at])
    ]
    assert [(one["id"], one["name"], one["words_after"], one["version"]) for one in held["styles"]] == [
        (f"{house.url}/styles/{made['id']}", "Blue hour", "at dusk", 1)
    ]
    assert [(one["challenge"], one["post"], one["place"]) for one in held["challenge_entries"]] == [
        (challenge, f"{house.url}/posts/{mine['id']}", None)
    ]
    assert [(one["challenge"], one["post"]) for one in held["challenge_votes"]] == [
        (challenge, f"{house.url}/posts/{theirs['id']}")
    ]


async def test_an_archive_is_kept_for_a_week_and_one_at_a_time(
    newcomer: New, pool: Pool, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ines = newcomer()
    async with pool.transaction() as db:  # it waits, with no job of its own, so that nobody packs it meanwhile
        waiting = await db.value(
            "insert into gallery.archives (id, account_id) values (%s, %s) returning id", new_id(), int(ines.id)
        )
    answer = ines.client.post(f"{API}/export")
    assert (answer.status_code, answer.json()["detail"]) == (409, "Your archive is being packed already.")
    monkeypatch.setenv("BOWERBIRD_DATA_DIR", house.env["BOWERBIRD_DATA_DIR"])
    files.settings.cache_clear()
    try:
        async with pool.transaction() as db:
            for _ in range(archive.ATTEMPTS_MAX - 1):
                assert await archive.begin(db, waiting)
            assert await archive.begin(db, waiting) is None  # begun too often: as often as the queue begins it
            assert (await archive.begin(db, waiting)) is None
            await archive.ready(db, waiting, 12)  # too late: it has failed
        assert packed(ines)["state"] == "failed"
        assert ines.client.post(f"{API}/export").status_code == 202
        assert packed(ines)["state"] == "ready"
        async with pool.transaction() as db:
            await db.execute(
                "update gallery.archives set ready_at = now() - interval '8 days' where account_id = %s", int(ines.id)
            )
            assert await archive.forget_old(db) >= 1
    finally:
        files.settings.cache_clear()
    assert ines.client.get(f"{API}/export").json()["state"] == "gone"
    assert ines.client.get(f"{API}/export/file").status_code == 404


async def test_an_archive_that_waited_too_long_is_given_up(newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    long_ago = before(datetime.now(UTC) - archive.WAIT_MAX * 2) + int(ines.id) % 2**22
    async with pool.transaction() as db:
        await db.execute("insert into gallery.archives (id, account_id) values (%s, %s)", long_ago, int(ines.id))
        await archive.forget_old(db)
    assert ines.client.get(f"{API}/export").json()["state"] == "failed"
    assert ines.client.post(f"{API}/export").status_code == 202


async def test_a_file_that_was_left_lying_is_taken_up_again_or_given_up(newcomer: New, pool: Pool) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    long_ago = before(datetime.now(UTC) - bring.WAIT_MAX * 2) + int(ines.id) % 2**22
    async with pool.transaction() as db:
        for id_, who in ((long_ago, ines), (new_id(), noor)):  # with no job of their own
            await db.execute(
                "insert into gallery.brought (id, account_id, kind, lines) values (%s, %s, 'following', %s::jsonb)",
                id_, int(who.id), json.dumps([[sam.name]]),
            )  # fmt: skip
        await bring.carry_on(db)
    given_up = ines.client.get(f"{API}/import").json()
    assert (given_up["finished"], given_up["done"], len(given_up["missing"])) == (True, 0, 1)
    done = until(lambda: noor.client.get(f"{API}/import").json(), lambda said: said["finished"])
    assert (done["done"], done["missing"]) == (1, [])


async def test_two_who_follow_the_same_people_the_other_way_round_do_not_wait_for_each_other(newcomer: New, pool: Pool) -> None:
    ines, noor, *others = (newcomer() for _ in range(8))
    names = [who.name for who in others]

    async def bring_all(who: Member, lines: list[str]) -> None:
        async with pool.transaction() as db:
            id_ = await db.value(
                "insert into gallery.brought (id, account_id, kind, lines) values (%s, %s, 'following', %s::jsonb) returning id",
                new_id(), int(who.id), json.dumps([[name] for name in lines]),
            )  # fmt: skip
        more = True
        while more:
            async with pool.transaction() as db:
                before_ = await db.value("select done from gallery.brought where id = %s", id_)
                more = await bring.step(db, id_)
                assert await db.value("select done from gallery.brought where id = %s", id_) == before_ + 1

    await asyncio.gather(bring_all(ines, names), bring_all(noor, names[::-1]))
    for who in (ines, noor):
        assert len(who.client.get(f"/api/v1/accounts/{who.id}/following").json()) == len(others)


@pytest.mark.parametrize(("csv", "rows"), [("a\rb,c\n", 2), ("a\r\nb\r\n", 2), ('a,"b\nc"\n', 1), ("\ufeffa\n\n", 1)])
def test_files_of_all_kinds_of_machines_are_read(csv: str, rows: int) -> None:
    assert len(lists_as_csv.read(csv)) == rows


def test_whom_one_follows_can_be_brought_along(newcomer: New, house: House) -> None:
    ines, noor, sam, kim = newcomer(), newcomer(), newcomer(), newcomer()
    ines.follow(kim)
    host = house.url.removeprefix("http://")
    csv = "Account address,Show boosts,Notify on new posts,Languages\n"
    csv += f'{noor.name}@{host},false,true,"en, de"\n{sam.name},true,false,\nsomeone@elsewhere.example,true,false,\n\n{ines.name},true,false,\n'
    said = brought(ines, "following", csv)
    assert (said["lines"], said["done"]) == (4, 4)
    assert said["missing"] == [
        {"line": "someone@elsewhere.example true false ", "why": "Nobody here is called so."},
        {"line": f"{ines.name} true false ", "why": "You cannot follow yourself."},
    ]
    ids = {"id[]": [noor.id, sam.id, kim.id]}
    relations = {r["id"]: r for r in ines.client.get("/api/v1/accounts/relationships", params=ids).json()}
    assert [relations[who.id]["following"] for who in (noor, sam, kim)] == [True, True, True]
    assert (relations[noor.id]["showing_reblogs"], relations[noor.id]["notifying"]) == (False, True)
    brought(ines, "following", f"{noor.name}\n", mode="overwrite")
    relations = {r["id"]: r for r in ines.client.get("/api/v1/accounts/relationships", params=ids).json()}
    assert [relations[who.id]["following"] for who in (noor, sam, kim)] == [True, False, False]


def test_blocks_mutes_lists_and_bookmarks_too(newcomer: New) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    said, old = noor.post("keep this"), noor.post("let this go")
    ines.client.post(f"/api/v1/statuses/{old['id']}/bookmark")
    ines.follow(noor)
    brought(ines, "lists", f"friends,{noor.name}\nfriends,{noor.name}\nfriends,{sam.name}\n")
    _, *lists = ines.client.get("/api/v1/lists").json()  # For You stands before one's own
    assert [one["title"] for one in lists] == ["friends"]
    assert [a["id"] for a in ines.client.get(f"/api/v1/lists/{lists[0]['id']}/accounts").json()] == [noor.id]
    brought(ines, "lists", f"others,{noor.name}\n", mode="overwrite")
    assert [one["title"] for one in ines.client.get("/api/v1/lists").json()] == ["For You", "others"]
    kept = brought(ines, "bookmarks", f"{said['url']}\nhttps://elsewhere.example/posts/1\n", mode="overwrite")
    assert [line["why"] for line in kept["missing"]] == ["That is no post of this house."]
    assert [s["id"] for s in ines.client.get("/api/v1/bookmarks").json()] == [said["id"]]
    brought(ines, "muting", f"Account address,Hide notifications\n{sam.name},false\n")
    assert [a["id"] for a in ines.client.get("/api/v1/mutes").json()] == [sam.id]
    brought(ines, "muting", f"{noor.name},true\n", mode="overwrite")
    assert [a["id"] for a in ines.client.get("/api/v1/mutes").json()] == [noor.id]
    form = {"type": "blocking", "mode": "overwrite"}
    assert ines.client.post(f"{API}/import", data=form, files={"file": ("b.csv", f"{sam.name}\n")}).status_code == 202
    until(lambda: ines.client.get(f"{API}/import").json(), lambda said: said["finished"])
    assert [a["id"] for a in ines.client.get("/api/v1/blocks").json()] == [sam.id]


async def test_a_file_is_worked_on_once_whoever_dies(newcomer: New, pool: Pool) -> None:
    ines, noor = newcomer(), newcomer()
    id_ = new_id()
    lines = json.dumps([[f"nobody_{n}"] for n in range(bring.STEP)] + [[noor.name]])
    async with pool.transaction() as db:
        await db.execute(
            "insert into gallery.brought (id, account_id, kind, lines) values (%s, %s, 'following', %s::jsonb)",
            id_, int(ines.id), lines,
        )  # fmt: skip
    assert ines.client.post(f"{API}/import", json={"type": "following", "csv": "x\n"}).status_code == 409
    with pytest.raises(RuntimeError):
        await _die(pool, id_)
    more = True
    while more:
        async with pool.transaction() as db:
            more = await bring.step(db, id_)
    async with pool.transaction() as db:
        assert await bring.step(db, id_) is False
    said = ines.client.get(f"{API}/import").json()
    assert (said["done"], len(said["missing"]), said["finished"]) == (bring.STEP + 1, bring.STEP, True)


async def _die(pool: Pool, id_: int) -> None:
    async with pool.transaction() as db:
        await bring.step(db, id_)
        raise RuntimeError


@pytest.mark.parametrize(
    ("kind", "csv"), [("secrets", "x\n"), ("following", ""), ("following", "a\n" * 10_001), ("following", '"' + "a" * 200_000)]
)
def test_a_file_that_does_not_fit_is_refused(newcomer: New, kind: str, csv: str) -> None:
    assert newcomer().client.post(f"{API}/import", json={"type": kind, "csv": csv}).status_code == 422


def test_taking_along_needs_the_whole_right_to_read(newcomer: New) -> None:
    assert newcomer(scopes="read:statuses").client.post(f"{API}/export").status_code == 403
    assert newcomer(scopes="write:lists").client.post(f"{API}/import", json={"type": "lists", "csv": "x"}).status_code == 403
