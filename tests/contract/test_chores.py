"""What the worker does when nobody looks: chores and jobs, called as it calls them, on the house's own database."""

from __future__ import annotations

from collections.abc import Callable

from bowerbird.core import limits
from bowerbird.core.database import Pool
from bowerbird.gallery import discover, showing
from bowerbird.social import fanout
from bowerbird.social import jobs as social_jobs
from bowerbird.studio import jobs as studio_jobs
from tests.conftest import House, Member, picture_of
from tests.contract.test_people import csrf, sign_in
from tests.unit.test_media import encoded

New = Callable[..., Member]


async def test_a_post_of_someone_with_very_many_followers_is_delivered_by_a_job(newcomer: New, pool: Pool) -> None:
    ines, noor = newcomer(), newcomer()
    noor.follow(ines)
    said = ines.post("to everyone")
    async with pool.transaction() as db:
        await db.execute("delete from social.home where post_id = %s", int(said["id"]))
        for _ in range(2):  # doing it twice does no harm
            await social_jobs.deliver(db, int(said["id"]))
        owners = set(await db.values("select owner_id from social.home where post_id = %s", int(said["id"])))
    assert owners == {int(ines.id), int(noor.id)}


async def test_homes_are_trimmed_and_lose_what_is_gone(newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    async with pool.transaction() as db:
        await db.execute(
            "insert into social.home (owner_id, post_id, author_id) select %s, n, %s from generate_series(1, %s) n",
            int(ines.id), int(ines.id), fanout.HOME_LENGTH_MAX + 200,
        )  # fmt: skip
        await social_jobs.tidy(db)  # none of those posts exists
        assert await db.value("select count(*) from social.home where owner_id = %s", int(ines.id)) == 0


async def test_uploads_nobody_shows_go_after_a_day(newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    kept, lost = (
        ines.client.post("/api/v1/media", files={"file": ("x.png", encoded("PNG"))}, data={"description": name}).json()["id"]
        for name in ("kept", "lost")
    )
    ines.post("with a picture", media_ids=[kept])
    async with pool.transaction() as db:
        await showing.discard_unused(db)
        assert await db.value("select count(*) from media.attachments where id = any(%s)", [int(kept), int(lost)]) == 2
        old = 12345
        await db.execute("update media.attachments set id = %s where id = %s", old, int(lost))
        await showing.discard_unused(db)
        assert await db.values("select id from media.attachments where id = any(%s)", [int(kept), old]) == [int(kept)]


async def end_for_good(pool: Pool, post_id: str) -> None:
    """Its time to undo is over, and the tidying comes by."""
    async with pool.transaction() as db:
        await db.execute("update social.posts set deleted_at = now() - interval '1 hour' where id = %s", int(post_id))
        await showing.purge(db)
        assert await db.value("select count(*) from social.posts where id = %s", int(post_id)) == 0


async def test_who_deletes_a_post_can_say_it_anew_with_the_same_pictures(newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    brought = ines.client.post("/api/v1/media", files={"file": ("x.png", encoded("PNG"))}).json()["id"]
    made = picture_of(ines)["candidates"][0]
    old = int(ines.id) % 2**40  # as if it had been brought long ago
    async with pool.transaction() as db:
        await db.execute("update media.attachments set id = %s where id = %s", old, int(brought))
    both = [str(old), made["media_id"]]
    first = ines.post("with a slip", media_ids=both)["id"]
    ines.client.delete(f"/api/v1/statuses/{first}")
    await end_for_good(pool, first)
    async with pool.transaction() as db:
        await showing.discard_unused(db)
    assert ines.client.get(f"/api/bower/v1/pictures/{made['picture_id']}").status_code == 200
    again = ines.post("without", media_ids=both)
    assert [m["id"] for m in again["media_attachments"]] == both
    ines.client.delete(f"/api/v1/statuses/{again['id']}")
    await end_for_good(pool, again["id"])
    async with pool.transaction() as db:
        await db.execute(
            "update media.attachments set unused_since = now() - interval '25 hours' where id = any(%s)",
            [int(id_) for id_ in both],
        )
        await showing.discard_unused(db)
        left = await db.values("select id from media.attachments where id = any(%s)", [int(id_) for id_ in both])
    assert left == [int(made["media_id"])]


async def test_pictures_of_a_deleted_post_are_their_makers_own_again(newcomer: New, pool: Pool) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    lone, twice, line = (picture_of(ines, f"a kite {n}")["candidates"][0] for n in range(3))
    said = ines.post("three kites", media_ids=[one["media_id"] for one in (lone, twice, line)])["id"]
    ines.post("one of them again", media_ids=[twice["media_id"]])
    remix = picture_of(noor, "a kite in a storm", source_picture_id=line["picture_id"])["candidates"][0]
    noor.post("mine", media_ids=[remix["media_id"]])
    ines.client.delete(f"/api/v1/statuses/{said}")
    await end_for_good(pool, said)
    ids = [int(one["picture_id"]) for one in (lone, twice, line)]
    async with pool.reading() as db:
        shown = dict(
            await db.rows("select id, shown_at is not null from studio.pictures where id = any(%s) and deleted_at is null", ids)
        )
    assert shown == dict(zip(ids, (False, True, True), strict=True))
    for one, status in ((lone, 404), (twice, 200), (line, 404)):
        assert sam.client.get(f"/api/bower/v1/pictures/{one['picture_id']}").status_code == status
        assert ines.client.get(f"/api/bower/v1/pictures/{one['picture_id']}").status_code == 200


async def test_the_other_chores_run(pool: Pool) -> None:
    async with pool.transaction() as db:
        await limits.sweep(db)
        await limits.refund(db, "nothing")
        await studio_jobs.sweep(db)
        await showing.purge(db)
        await studio_jobs.forget_previews(db)
        await discover.people_to_meet(db, None)


def test_tags_follow_an_edit(newcomer: New) -> None:
    ines = newcomer()
    said = ines.post("under #firsttag")
    ines.client.put(f"/api/v1/statuses/{said['id']}", json={"status": "under #secondtag"})
    assert ines.client.get("/api/v1/timelines/tag/firsttag").json() == []
    assert [s["id"] for s in ines.client.get("/api/v1/timelines/tag/SecondTag").json()] == [said["id"]]


def test_what_is_said_of_one_post_can_be_unsaid(newcomer: New) -> None:
    ines = newcomer()
    where = f"/api/bower/v1/posts/{ines.post('x')['id']}/consents"
    assert ines.client.put(where, json={"train_pictures": True}).json()["train_pictures"] is True
    assert ines.client.put(where, json={"train_pictures": None}).json()["train_pictures"] is None


def test_circles_are_read_both_ways(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    noor.follow(ines)
    assert [a["id"] for a in ines.client.get(f"/api/v1/accounts/{ines.id}/followers").json()] == [noor.id]
    assert [a["id"] for a in ines.client.get(f"/api/v1/accounts/{noor.id}/following").json()] == [ines.id]


def test_a_portrait_can_be_put_up_and_taken_down_and_a_chip_changed(newcomer: New, house: House) -> None:
    ines = newcomer()
    made = picture_of(ines)
    with house.client(timeout=30) as browser:
        sign_in(browser, ines.name)
        token = csrf(browser, "/settings/account")
        own = {"csrf": token, "display_name": "Ines", "bio": ""}
        browser.post("/settings/profile", data=own, files={"avatar": ("a.png", encoded("PNG"), "image/png")})
        with_portrait = ines.client.get("/api/v1/accounts/verify_credentials").json()["avatar"]
        browser.post("/settings/profile", data={**own, "remove_avatar": "yes"})
        without = ines.client.get("/api/v1/accounts/verify_credentials").json()["avatar"]
        chips = {
            "csrf": token,
            "from_generation": made["id"],
            "from_candidate": made["candidates"][0]["id"],
            "prompt": made["prompt"],
            "read_time": "night",
        }
        answer = browser.post("/studio/generations", data=chips)
        assert answer.status_code == 303, answer.text
        redrawn = answer.headers["location"].rpartition("/")[2]
    assert ("/media/" in with_portrait, "/media/" in without) == (True, False)
    assert ines.client.delete(f"/api/bower/v1/generations/{redrawn}").status_code == 200
