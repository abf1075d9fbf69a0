"""The arena over HTTP, with the models of the house: nobody knows who made what until they have said which is better; what a vote counts for, and
what it teaches."""

from __future__ import annotations

import asyncio
import io
import json
import time
import zipfile
from collections.abc import Callable
from typing import Any

import httpx

from bowerbird.accounts import people
from bowerbird.assistant import asked
from bowerbird.core import jobs
from bowerbird.core.database import Pool
from bowerbird.core.ids import new_id
from bowerbird.inference import chat
from bowerbird.learning.arena import bouts, compared, contestants, standings
from bowerbird.learning.arena.contestants import Contestant
from bowerbird.learning.datasets import gate
from bowerbird.media.provenance import apart
from tests.conftest import House, Member
from tests.contract.test_archive import packed
from tests.contract.test_chat_pages import seated
from tests.contract.test_leaving import _finished as gone
from tests.contract.test_leaving import leave
from tests.contract.test_people import csrf

New = Callable[..., Member]
API = "/api/bower/v1/arena"
NAMES = ("illustrator", "painter", "smollm", "flow", "engine", "model_hash", "recipe")


def over(who: Member, id_: str, within_s: float = 90) -> dict[str, Any]:
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        now = who.client.get(f"{API}/bouts/{id_}").json()
        if now["state"] not in ("queued", "running"):
            return now
        time.sleep(0.1)
    raise AssertionError(f"bout {id_} did not end: {now}")


def painted(who: Member, prompt: str = "a heron in the reeds") -> dict[str, Any]:
    answer = who.client.post(f"{API}/bouts", json={"kind": "picture", "prompt": prompt})
    assert answer.status_code == 202, answer.text
    done = over(who, answer.json()["id"])
    assert done["state"] == "done"
    return done


def gives_away(text: str | bytes) -> list[str]:
    said = text.decode("latin-1") if isinstance(text, bytes) else text
    return [name for name in NAMES if name in said.lower()]


def test_two_paint_without_names_and_have_them_back_with_the_vote(house: House, newcomer: New, pool: Pool) -> None:
    ines, noor = newcomer(), newcomer()
    begun = ines.client.post(f"{API}/bouts", json={"kind": "picture", "prompt": " a heron in the reeds "}).json()
    assert (begun["kind"], begun["prompt"], begun["vote"], begun["counts"]) == ("picture", "a heron in the reeds", None, None)
    where, page = f"{API}/bouts/{begun['id']}", f"/arena/{begun['id']}"
    done = over(ines, begun["id"])
    assert done["state"] == "done"
    assert [set(side) for side in done["sides"]] == [{"side", "text", "url", "contestant"}] * 2
    assert [side["contestant"] for side in done["sides"]] == [None, None]
    with seated(house, ines.name) as browser, seated(house, noor.name) as other:
        shown = browser.get(page).text
        main = shown[shown.index('<main class="page"') : shown.index("</main>")]
        pictures = [ines.client.get(side["url"]) for side in done["sides"]]
        assert [one.headers["content-type"] for one in pictures] == ["image/webp"] * 2
        assert len({one.content for one in pictures}) == 2
        assert browser.get(f"{page}/pictures/a").content == pictures[0].content
        said = [ines.client.get(where).text, ines.client.get(f"{API}/bouts").text, main]
        assert [gives_away(one) for one in [*said, *(one.content for one in pictures)]] == [[]] * 5
        assert not any(apart.carries(one.content) for one in pictures)
        assert ines.client.get("/api/bower/v1/generations/1").status_code == 404
        assert "heron" not in browser.get("/studio").text, "nothing of it lies in the studio"
        for client, path in (
            (noor.client, where),
            (noor.client, done["sides"][0]["url"]),
            (other, page),
            (other, f"{page}/live"),
        ):
            assert client.get(path).status_code == 404
        assert noor.client.put(f"{where}/vote", json={"winner": "a"}).status_code == 404
        assert noor.client.delete(f"{where}/vote").status_code == 404
        assert noor.client.delete(where).status_code == 404
        assert other.post(f"{page}/vote", data={"csrf": csrf(other, "/arena?kind=picture"), "winner": "a"}).status_code == 404
        assert browser.post(f"{page}/vote", data={"winner": "a"}).status_code == 403, "no token, no vote"
        assert ines.client.put(f"{where}/vote", json={"winner": "c"}).status_code == 422
        answer = browser.post(f"{page}/vote", data={"csrf": csrf(browser, page), "winner": "b"})
        assert (answer.status_code, answer.headers["location"]) == (303, page)
        voted = ines.client.get(where).json()
        assert (voted["vote"], voted["counts"]) == ("b", True)
        assert {side["contestant"]["name"] for side in voted["sides"]} == {"Illustrator", "Painter"}
        after = browser.get(page).text
        assert "You found B better." in after
        assert all(name in after for name in ("Illustrator", "Painter"))
        full = [ines.client.get(side["url"]).content for side in voted["sides"]]
        assert all(apart.carries(one) for one in full), "the credentials are back"
        assert other.get(page).status_code == 404
        assert noor.client.get(where).status_code == 404
        assert "Illustrator and Painter" in browser.get("/arena").text or "Painter and Illustrator" in browser.get("/arena").text


def test_what_the_rules_say_of_a_prompt_names_nobody(newcomer: New) -> None:
    ines = newcomer()
    bout = ines.client.post(f"{API}/bouts", json={"kind": "picture", "prompt": "a gory battle of two knights"}).json()
    said = ines.client.get("/api/bower/v1/decisions")
    assert [one["decision"] for one in said.json()] == ["label", "label"], said.text
    assert not gives_away(said.text.replace('"engine":null', ""))
    assert ines.client.delete(f"{API}/bouts/{bout['id']}").status_code == 204


def test_a_vote_that_is_changed_counts_no_more_and_one_taken_back_for_nothing(newcomer: New) -> None:
    ines = newcomer()
    bout = painted(ines)
    where = f"{API}/bouts/{bout['id']}"
    assert ines.client.put(f"{where}/vote", json={"winner": "tie"}).json()["counts"] is True
    assert ines.client.put(f"{where}/vote", json={"winner": "tie"}).json()["counts"] is True, "said twice is said once"
    changed = ines.client.put(f"{where}/vote", json={"winner": "a"}).json()
    assert (changed["vote"], changed["counts"]) == ("a", False)
    back = ines.client.delete(f"{where}/vote").json()
    assert (back["vote"], back["counts"]) == (None, None)
    assert back["sides"][0]["contestant"], "they have seen the names"
    assert ines.client.put(f"{where}/vote", json={"winner": "b"}).json()["counts"] is False
    assert ines.client.delete(where).status_code == 204
    assert ines.client.get(where).status_code == 404
    assert ines.client.get(f"{API}/bouts").json() == {"bouts": []}


def test_what_cannot_be_brought(newcomer: New, visitor: httpx.Client) -> None:
    ines = newcomer()

    def bring(**said: Any) -> httpx.Response:
        return ines.client.post(f"{API}/bouts", json=said)

    assert bring(kind="song", prompt="x").status_code == 422
    assert bring(kind="picture", prompt=" \x00 ").status_code == 422
    assert bring(kind="picture", prompt="x" * 601).status_code == 413
    assert bring(kind="answer", prompt="x" * 2_001).status_code == 413
    refused = bring(kind="picture", prompt="a swastika flag")
    assert (refused.status_code, "rule" in refused.json()["detail"].lower()) == (422, True)
    alone = bring(kind="answer", prompt="What is a linocut?")
    assert (alone.status_code, alone.json()["detail"]) == (409, "There are not two language models here that could meet yet.")
    assert "Nobody for it to meet yet" in visitor.get("/arena").text
    assert "passes the gate" in visitor.get("/arena").text
    assert "2 models take part" in visitor.get("/arena?kind=picture").text
    assert ines.client.get(f"{API}/bouts").json() == {"bouts": []}


async def test_nobody_brings_more_than_an_hour_holds(newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    hour = int(time.time()) // 3_600
    async with pool.transaction() as db:
        await db.execute(
            "insert into core.limits (what, bucket, used, until) values (%s, %s, 30, to_timestamp(%s))",
            f"bout:{ines.id}", hour, (hour + 1) * 3_600,
        )  # fmt: skip
    assert ines.client.post(f"{API}/bouts", json={"kind": "picture", "prompt": "a heron"}).status_code == 429


def test_a_rule_is_told_on_the_page(house: House, newcomer: New) -> None:
    with seated(house, newcomer().name) as browser:
        token = csrf(browser, "/arena?kind=picture")
        page = browser.post("/arena", data={"csrf": token, "kind": "picture", "prompt": "a swastika flag"})
        assert page.status_code == 422
        assert "Appeal" in page.text
        long = browser.post("/arena", data={"csrf": token, "kind": "picture", "prompt": "x" * 601})
        assert (long.status_code, "up to 600 fit" in long.text) == (413, True)
        assert browser.post("/arena", data={"csrf": token, "kind": "picture", "prompt": ""}).status_code == 422


async def test_a_vote_on_pictures_is_no_vote_on_answers(newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    ines.client.put("/api/bower/v1/consents", json={"train_assistant_feedback": True, "public_dataset": True})
    first = await asyncio.to_thread(painted, ines, "a boat")
    ines.client.put(f"{API}/bouts/{first['id']}/vote", json={"winner": "a"})
    ines.client.put("/api/bower/v1/consents", json={"train_picture_picks": True})
    second = await asyncio.to_thread(painted, ines, "a kite")
    ines.client.put(f"{API}/bouts/{second['id']}/vote", json={"winner": "b"})
    async with pool.reading() as db:
        feedback = [one async for one in gate.learnable(db, "train_assistant_feedback") if one.actor_id == int(ines.id)]
        picks = [one async for one in gate.learnable(db, "train_picture_picks") if one.actor_id == int(ines.id)]
        assert (feedback, [one.item_id for one in picks]) == ([], [int(second["id"])])
        [one], out = await compared.standing(db, picks)
        shown = await compared.pictures_of(db, [one.better, one.worse])
        assert (set(shown), out) == ({one.better, one.worse}, [])
        seconds = await db.value("select side from learning.sides where id = %s", one.better)
        assert seconds == "b"
        await standings.settle(db)
        assert await db.value("select state from learning.bouts where id = %s", int(second["id"])) == "done"
    open_ = {one["id"] for one in ines.client.get(f"{API}/votes").json()["votes"]}
    assert second["id"] in open_
    assert first["id"] not in open_
    lines = ines.client.get("/arena/votes.jsonl").text.splitlines()
    [line] = [json.loads(line) for line in lines if json.loads(line)["id"] == second["id"]]
    assert {line["a"]["contestant"], line["b"]["contestant"]} == {"Illustrator", "Painter"}
    assert ines.id not in json.dumps(line)
    assert ines.name not in json.dumps(line)


async def test_the_language_model_of_the_house_answers_for_both(newcomer: New, pool: Pool) -> None:
    """There is one only: it meets itself here, so that the whole way is walked with it."""
    ines, id_ = newcomer(), new_id()
    async with pool.transaction() as db:
        me = await people.by_id(db, int(ines.id))
        one = await db.one(
            Contestant,
            f"""insert into learning.contestants (id, kind, key, name, version) values (%s, 'answer', %s, %s, %s)
                on conflict (kind, key) do update set name = excluded.name returning {contestants.COLUMNS}""",
            new_id(), f"{chat.EMBEDDED} {contestants.weights()}", chat.EMBEDDED, contestants.weights(),
        )  # fmt: skip
        await bouts.begin(db, me, id_, "answer", "Say hello in one short sentence.", (one, one))
        await jobs.defer(db, "learning:bout", queue="arena", bout_id=str(id_))
    done = await asyncio.to_thread(over, ines, str(id_))
    assert done["state"] == "done"
    assert all(side["text"] for side in done["sides"])
    assert [side["contestant"] for side in done["sides"]] == [None, None]
    async with pool.reading() as db:
        assert await db.rows(
            "select tier, door, requests from accounts.model_usage where account_id = %s", int(ines.id)
        ) == [("arena", "arena", 1)], "as one: what each wrote would say who was who"  # fmt: skip
        assert len(one.version) == 64
    voted = ines.client.put(f"{API}/bouts/{id_}/vote", json={"winner": "both_bad"}).json()
    assert {side["contestant"]["name"] for side in voted["sides"]} == {"smollm2-135m-instruct"}


async def test_it_is_in_the_archive_and_goes_with_its_person(newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    bout = await asyncio.to_thread(painted, ines, "a small boat")
    ines.client.put(f"{API}/bouts/{bout['id']}/vote", json={"winner": "a"})
    assert ines.client.post("/api/bower/v1/export").status_code == 202
    whole = await asyncio.to_thread(lambda: ines.client.get(packed(ines)["url"]).content)
    with zipfile.ZipFile(io.BytesIO(whole)) as found:
        [taken] = json.loads(found.read("arena.json"))["bouts"]
    assert (taken["id"], taken["prompt"], taken["vote"]) == (bout["id"], "a small boat", "a")
    async with pool.reading() as db:
        own = await asked.bower(db)
        made = await db.values(
            """select p.id from learning.sides s join studio.candidates c on c.generation_id = s.generation_id
               join studio.pictures p on p.id = c.picture_id where s.bout_id = %s and p.creator_id = %s""",
            int(bout["id"]), own.id,
        )  # fmt: skip
    assert len(made) == 2
    assert leave(ines).status_code in (200, 202, 204)
    await gone(pool, ines)
    async with pool.reading() as db:
        assert await db.value("select count(*) from learning.bouts where id = %s", int(bout["id"])) == 0
        assert await db.values("select deleted_at is not null from studio.pictures where id = any(%s)", made) == [True, True]


def test_the_pages_stand_for_anyone(visitor: httpx.Client) -> None:
    for path in ("/arena", "/arena?kind=picture", "/arena/standings", "/arena/standings?kind=picture"):
        answer = visitor.get(path)
        assert (answer.status_code, "<h1" in answer.text) == (200, True), path
    assert visitor.get(f"{API}/standings?kind=song").status_code == 422
    assert visitor.get(f"{API}/standings?kind=picture").json()["kind"] == "picture"
    assert 'href="/arena"' in visitor.get("/learning").text
    assert visitor.get("/arena/1").status_code == 303
