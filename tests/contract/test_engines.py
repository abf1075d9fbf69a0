"""Picture models side by side in a real house: a tiny diffusers pipeline added to it, turns before each model, and what is told of both."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from typing import Any

import httpx
import pytest
from PIL import Image

from bowerbird.core.database import Database, Pool
from bowerbird.core.database import json as bound
from bowerbird.core.ids import new_id
from bowerbird.core.settings import load
from bowerbird.inference import images
from bowerbird.studio import generations, jobs, turns
from bowerbird.studio.screens import Screened
from tests.conftest import House, Member, finished, picture_of
from tests.unit import tiny
from tests.unit.double import B64, Double, begin, double, tell
from tests.unit.hub_double import COMMIT, Hub, hub

New = Callable[..., Member]
API = "/api/bower/v1"
needs_diffusers = pytest.mark.skipif(
    find_spec("diffusers") is None or find_spec("torch") is None,
    reason="THE EXTRA [diffusers] IS NOT INSTALLED: tiny pipelines are not tried",
)
needs_sdcpp = pytest.mark.skipif(
    find_spec("cyllama") is None, reason="THE EXTRA [sdcpp] IS NOT INSTALLED: its loading is not tried"
)


def models(house: House, one: Hub, *words: str) -> Any:
    env = {**house.env, "BOWERBIRD_MODELS_HUB_URL": one.url}
    done = subprocess.run(
        [sys.executable, "-m", "bowerbird.cli", "models", *words], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def offered(member: Member, with_: set[str]) -> dict[str, dict[str, Any]]:
    """The tiers, once those wanted are among them: what the runner says is believed for some seconds."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        there = {one["id"]: one for one in member.client.get(f"{API}/picture-models").json()}
        if with_ <= set(there):
            return there
        time.sleep(0.2)
    raise AssertionError(f"{with_} are not among {set(there)}")


@pytest.fixture(scope="module")
def added(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A tiny pipeline, a LoRA over it and a broken file for stable-diffusion.cpp, added by the command to the running house."""
    folder = tmp_path_factory.mktemp("tiny")
    pipe = tiny.pipeline(folder)
    files = {str(path.relative_to(pipe)): path.read_bytes() for path in pipe.rglob("*") if path.is_file()}
    lora = tiny.lora(folder / "lora.safetensors").read_bytes()
    repos = {
        "atelier/Tiny": files,
        "atelier/Glow": {"glow.safetensors": lora},
        "atelier/Broken": {"b.gguf": b"GGUF" + b"\x07" * 500},
    }
    with hub(Hub(repos)) as one:
        told = {"tiny": models(house, one, "add", "atelier/Tiny", "--accept-licence", "--steps", "4", "--guidance", "3")}
        told["glow"] = models(house, one, "add", "atelier/Glow", "--accept-licence", "--lora", "tiny", "--scale", "0.8")
        told["broken"] = models(house, one, "add", "atelier/Broken", "--accept-licence")
        yield told
        for name in ("glow", "broken", "tiny"):
            models(house, one, "remove", name)


@needs_diffusers
def test_an_added_model_is_a_tier_beside_ours(newcomer: New, added: dict[str, Any]) -> None:
    ines = newcomer()
    there = offered(ines, {"illustrator", "tiny", "glow"})
    assert next(iter(there)) == "illustrator"
    assert [tier["usual"] for tier in there.values()].count(True) == 1
    assert {what for what, able in there["tiny"]["can"].items() if able is True} >= {
        "image_to_image",
        "inpaint",
        "lora",
        "negative_prompt",
    }
    assert (there["tiny"]["licence"], there["tiny"]["model_hash"]) == ("openrail", added["tiny"]["sha256"])
    done = picture_of(ines, "a red fox", tier="tiny", seed=7, negative_prompt="snow")
    candidate = done["candidates"][0]
    assert (done["tier"], candidate["engine"], candidate["state"]) == ("tiny", "Tiny", "done")
    assert candidate["seconds"] > 0
    recipe = ines.client.get(f"{API}/pictures/{candidate['picture_id']}").json()["recipe"]
    said = (
        recipe["model"],
        recipe["model_hash"],
        recipe["source"],
        recipe["seed"],
        recipe["steps"],
        recipe["guidance"],
        recipe["negative_prompt"],
    )
    assert said == ("tiny", added["tiny"]["sha256"], f"atelier/Tiny@{COMMIT[:12]}", 7, 4, 3.0, "snow")
    again = picture_of(ines, "a red fox", tier="tiny", seed=7, negative_prompt="snow")["candidates"][0]
    pixels = [ines.client.get(f"{API}/pictures/{c['picture_id']}").json()["recipe"]["pixels_sha256"] for c in (candidate, again)]
    assert pixels[0] == pixels[1]
    ines.post("by a small one", media_ids=[candidate["media_id"]])
    page = ines.client.get(f"/pictures/{candidate['picture_id']}").text
    assert "painted by Tiny" in page
    assert f"{candidate['seconds']} s" in page
    assert offered(ines, {"tiny"})["tiny"]["seconds"] > 0


@needs_diffusers
def test_a_remix_starts_from_the_parents_pixels_and_a_lora_shows(newcomer: New, added: dict[str, Any]) -> None:
    ines = newcomer()
    offered(ines, {"tiny", "glow"})
    parent = picture_of(ines, "a red fox", tier="illustrator")["candidates"][0]["picture_id"]

    def made(**more: Any) -> bytes:
        one = picture_of(ines, "a fox", seed=3, **more)["candidates"][0]
        return ines.client.get(one["url"]).content

    plain, kept = made(tier="tiny"), made(tier="tiny", source_picture_id=parent, strength=0.3)
    assert plain != kept
    assert plain != made(tier="glow")
    assert Image.open(io.BytesIO(kept)).size == (256, 256)


@needs_diffusers
def test_nobody_draws_in_anothers_place(newcomer: New, added: dict[str, Any]) -> None:
    ines = newcomer()
    offered(ines, {"tiny"})
    refused = ines.client.post(f"{API}/generations", json={"prompt": "x", "tier": "nobody"})
    assert refused.status_code == 422
    assert "illustrator" in refused.json()["detail"]


@needs_sdcpp
def test_a_broken_file_for_stable_diffusion_cpp_is_told_and_takes_nothing_down(
    newcomer: New, added: dict[str, Any], house: House
) -> None:
    """No real model for it is small enough to be made here: what is tried is its loading, in a child, and its refusal."""
    ines = newcomer()
    offered(ines, {"broken"})
    asked = ines.client.post(
        f"{API}/generations", json={"prompt": "a fox", "tier": "broken", "count": 1, "width": 256, "height": 256}
    )
    failed = finished(ines, asked.json()["id"])
    assert failed["state"] == "failed"
    assert "Broken cannot" in failed["error"]
    assert httpx.get(f"http://127.0.0.1:{house.runner_port}/healthz").status_code == 200


def test_one_persons_many_do_not_hold_up_anothers_first(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()

    def asked(who: Member) -> str:
        body = {"prompt": "a city in the rain", "count": 2, "width": 768, "height": 768, "tier": "illustrator"}
        return who.client.post(f"{API}/generations", json=body).json()["id"]

    many = [asked(ines) for _ in range(3)]
    one = asked(noor)
    told = noor.client.get(f"{API}/generations/{one}").json()
    behind = ines.client.get(f"{API}/generations/{many[2]}").json()
    assert told["place_in_queue"] < behind["place_in_queue"]
    assert told["seconds_left"] < behind["seconds_left"]
    ends: dict[str, float] = {}
    until = time.monotonic() + 90
    while len(ends) < 4 and time.monotonic() < until:
        for who, id_ in [(noor, one), *((ines, id_) for id_ in many)]:
            if id_ not in ends and who.client.get(f"{API}/generations/{id_}").json()["state"] == "done":
                ends[id_] = time.monotonic()
    assert sorted(ends, key=lambda id_: ends[id_]).index(one) <= 1
    assert ends[many[1]] < ends[many[2]]


async def waits(db: Database, person: Member, tier: str) -> int:
    id_ = new_id()
    await db.execute(
        """insert into studio.generations (id, account_id, prompt, tier, width, height, seed, edits) values (%s, %s, 'x', %s, 256, 256, 1, %s)""",
        id_, int(person.id), tier, bound({}),
    )  # fmt: skip
    await db.execute("insert into studio.candidates (id, generation_id, position, seed) values (%s, %s, 0, 1)", new_id(), id_)
    return id_


async def test_people_go_round_and_nobody_is_passed_over(newcomer: New, db: Database) -> None:
    """Asked and served within a transaction that nobody else sees."""
    ines, noor, others = newcomer(), newcomer(), [newcomer() for _ in range(3)]
    tier = f"test-{new_id()}"
    served: list[str] = []
    names: dict[int, str] = {}

    async def serve() -> None:
        id_ = await turns.following(db, tier)
        assert id_ is not None
        served.append(names[id_])
        await db.execute("update studio.candidates set state = 'done' where generation_id = %s", id_)
        await db.execute(
            "update studio.generations set state = 'done', started_at = clock_timestamp(), finished_at = clock_timestamp() where id = %s",
            id_,
        )
        await asyncio.sleep(0.002)  # an id tells milliseconds

    for number in range(4):
        names[await waits(db, ines, tier)] = f"i{number}"
    await serve()
    names[await waits(db, noor, tier)] = "n0"
    names[await waits(db, noor, tier)] = "n1"
    by_name = {name: id_ for id_, name in names.items()}
    places = await turns.places(db, list(names))
    assert [places.get(by_name[name]) for name in ("i0", "i1", "n0", "i2", "n1", "i3")] == [None, 0, 1, 2, 3, 4]
    for number, newcomer_ in enumerate(others):  # each time someone new comes: those who wait are served all the same
        names[await waits(db, newcomer_, tier)] = f"s{number}"
        await serve()
    assert 1 <= await turns.seconds_left(db, by_name["i3"], tier) < 60
    while len(served) < len(names):
        await serve()
    assert served == ["i0", "i1", "n0", "s0", "i2", "s1", "n1", "s2", "i3"]
    assert await turns.following(db, tier) is None


async def passed(_: object, __: object) -> Screened:
    return Screened()


async def test_what_its_workers_never_finish_comes_last(newcomer: New, db: Database) -> None:
    ines = newcomer()
    tier = f"test-{new_id()}"
    left, other = await waits(db, ines, tier), await waits(db, newcomer(), tier)
    for attempts, first in ((2, left), (3, other)):
        await db.execute("update studio.generations set state = 'running', attempts = %s where id = %s", attempts, left)
        assert await turns.following(db, tier) == first
    await db.execute("update studio.generations set state = 'done' where id = %s", other)
    assert await turns.following(db, tier) == left


async def test_calling_off_reaches_an_engine_that_says_nothing(
    newcomer: New, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(_: Double, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await begin(writer)
        await asyncio.sleep(300)

    ines = newcomer()
    monkeypatch.setattr(jobs, "RENEW_S", 0.2)
    async with double(silent) as one:
        monkeypatch.setattr(jobs, "settings", lambda: load({"BOWERBIRD_MODELS_PICTURES_URL": one.url}))
        async with pool.transaction() as db:
            id_ = await waits(db, ines, images.ENDPOINT)
        painting = asyncio.create_task(jobs.paint(pool, images.ENDPOINT, passed))
        until = time.monotonic() + 20
        while not one.asked:
            assert time.monotonic() < until, "it was never asked"
            await asyncio.sleep(0.02)
        called_off = await asyncio.to_thread(ines.client.delete, f"{API}/generations/{id_}")
        assert called_off.json()["state"] == "cancelled"
        await asyncio.wait_for(one.left.wait(), 10)
        await asyncio.wait_for(painting, 10)  # and its model is free for the next
    assert ines.client.get(f"{API}/generations/{id_}").json()["state"] == "cancelled"


async def odd(_: Double, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
    await begin(writer)
    await tell(writer, images.PARTIAL, partial_image_index=3_000_000_000)
    await tell(writer, "error", error={"message": "a\x00b"})


@pytest.mark.parametrize(("steps_max", "said"), [(images.STEPS_MAX, "refused: ab"), (10**12, "could not be finished")])
async def test_one_odd_answer_ends_one_picture_and_is_paid_for_once(
    newcomer: New, pool: Pool, monkeypatch: pytest.MonkeyPatch, steps_max: int, said: str
) -> None:
    """Even where something gets past the bounds and the database will not have it."""
    ines = newcomer()
    monkeypatch.setattr(images, "STEPS_MAX", steps_max)
    async with double(odd) as one:
        monkeypatch.setattr(jobs, "settings", lambda: load({"BOWERBIRD_MODELS_PICTURES_URL": one.url}))
        async with pool.transaction() as db:
            id_ = await waits(db, ines, images.ENDPOINT)
        await asyncio.wait_for(jobs.paint(pool, images.ENDPOINT, passed), 30)
    async with pool.reading() as db:
        over = await db.one(generations.Generation, f"select {generations.COLUMNS} from studio.generations where id = %s", id_)
    assert (over.state, over.attempts, len(one.asked)) == ("failed", 1, 1)
    assert said in (over.error or "")


@pytest.mark.parametrize("finishes", [False, True])
async def test_who_was_too_slow_leaves_it_to_the_worker_that_took_it_over(
    newcomer: New, pool: Pool, monkeypatch: pytest.MonkeyPatch, finishes: bool
) -> None:
    taken_over = asyncio.Event()

    async def slow(_: Double, __: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await begin(writer)
        await taken_over.wait()
        if not finishes:
            await asyncio.sleep(300)
        await tell(writer, images.COMPLETED, b64_json=B64)

    ines = newcomer()
    monkeypatch.setattr(jobs, "RENEW_S", 60 if finishes else 0.2)
    async with double(slow) as one:
        monkeypatch.setattr(jobs, "settings", lambda: load({"BOWERBIRD_MODELS_PICTURES_URL": one.url}))
        async with pool.transaction() as db:
            id_ = await waits(db, ines, images.ENDPOINT)
        painting = asyncio.create_task(jobs.paint(pool, images.ENDPOINT, passed))
        until = time.monotonic() + 20
        while not one.asked:
            assert time.monotonic() < until, "it was never asked"
            await asyncio.sleep(0.02)
        async with pool.transaction() as db:  # as the next lease does it once this one ran out
            await db.execute(
                "update studio.generations set attempts = attempts + 1, leased_until = now() + interval '1 minute' where id = %s",
                id_,
            )
        taken_over.set()
        await asyncio.wait_for(painting, 15)
    async with pool.reading() as db:
        left = await db.one(generations.Generation, f"select {generations.COLUMNS} from studio.generations where id = %s", id_)
        (candidate,) = (await generations.candidates_of(db, [id_]))[id_]
        leased = await db.value("select leased_until > now() + interval '30 seconds' from studio.generations where id = %s", id_)
    assert (left.state, candidate.state in generations.WAITING, candidate.picture_id, leased) == ("running", True, None, True)
    ines.client.delete(f"{API}/generations/{id_}")
