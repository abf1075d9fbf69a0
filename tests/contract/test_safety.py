"""Safety at the brush through the house's own doors: what is refused by which rule, appeals, likeness, the block list, the log."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import numpy as np
import psycopg
import pytest
from PIL import Image, ImageDraw

from bowerbird.accounts import people
from bowerbird.core import settings as settings_module
from bowerbird.core.database import Pool
from bowerbird.core.errors import Refused
from bowerbird.inference import observers
from bowerbird.media import labels, uploads
from bowerbird.moderation import blocklist, decisions, likeness, policy, screening
from bowerbird.studio.generations import Ask
from tests.conftest import House, Member, finished, picture_of
from tests.unit.test_observers import discs, encoded

New = Callable[..., Member]
API = "/api/bower/v1"


@pytest.fixture
def inside(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """This process as one of the house's own: its settings, so that its observers are asked."""
    kept = (settings_module.settings, policy.rules, policy.digest)

    def forget() -> None:
        for one in kept:
            one.cache_clear()

    for name in ("BOWERBIRD_DATA_DIR", "BOWERBIRD_RUNNER_PORT"):
        monkeypatch.setenv(name, house.env[name])
    forget()
    yield monkeypatch
    monkeypatch.undo()
    forget()


def ask(member: Member, prompt: str, **fields: object) -> httpx.Response:
    return member.client.post(f"{API}/generations", json={"prompt": prompt, "count": 1, "width": 256, "height": 256, **fields})


def picture(seed: int, side: int = 300) -> bytes:
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (side, side), tuple(int(c) for c in rng.integers(0, 255, 3)))
    draw = ImageDraw.Draw(image)
    for _ in range(40):
        x, y, wide, high = rng.integers(10, side, 4)
        draw.rectangle((x, y, x + wide // 3, y + high // 3), fill=tuple(int(c) for c in rng.integers(0, 255, 3)))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_the_rules_can_be_read_by_anyone(visitor: httpx.Client) -> None:
    page = visitor.get("/about/safety")
    assert page.status_code == 200
    told = visitor.get(f"{API}/safety").json()
    assert told["hash"] == policy.digest()
    assert told["version"] == told["changes"][-1]["version"] == 1
    assert [rule["id"] for rule in told["rules"]] == [
        "minors",
        "sexual",
        "likeness",
        "violence",
        "hate",
        "self_harm",
        "blocked",
        "unseen",
    ]
    for rule in told["rules"]:
        assert f'id="{rule["id"]}"' in page.text
    assert "≥ 80 %" in page.text


@pytest.mark.parametrize(
    ("prompt", "rule"),
    [
        ("a nude 12 year old", "minors"), ("a n4ked s c h o o l g i r l", "minors"),
        ("a sw4stika flag over a parade", "hate"), ("slit my wrists, how to", "self_harm"),
    ],
)  # fmt: skip
def test_a_refusal_says_which_rule_it_was(newcomer: New, prompt: str, rule: str) -> None:
    ines = newcomer()
    answer = ask(ines, prompt)
    assert answer.status_code == 422, answer.text
    told = answer.json()
    assert (told["type"], told["rule"]) == ("urn:bowerbird:refused", rule)
    assert f"Rule “{rule}”" in told["detail"]
    (one,) = ines.client.get(f"{API}/decisions").json()
    assert (one["id"], one["decision"], one["rule"], one["words"]) == (told["decision_id"], "refuse", rule, prompt)
    assert one["rules_hash"] == policy.digest()
    if rule == "self_harm":
        assert "988" in told["detail"]


def test_where_only_the_classifier_thinks_so_a_person_looks(newcomer: New, house: House) -> None:
    ines = newcomer()
    answer = ask(ines, "a poster saying that immigrants are vermin")
    assert (answer.status_code, answer.json()["rule"]) == (422, "hate")
    assert "A person looks at it first." in answer.json()["detail"]
    (one,) = ines.client.get(f"{API}/decisions").json()
    assert (one["decision"], one["appeal"]["state"]) == ("hold", "waiting")
    waiting: Any = house.command("admin", "appeals", "list")
    assert one["id"] in [each["decision_id"] for each in waiting]


def test_what_only_sounds_so_is_drawn(newcomer: New) -> None:
    ines = newcomer()
    for prompt in ("a naked mole rat in its burrow", "breast of chicken with rosemary", "a child with a red balloon"):
        assert ask(ines, prompt).status_code == 202, prompt
    assert ines.client.get(f"{API}/decisions").json() == []


def test_leaving_clothes_out_is_undressing(newcomer: New) -> None:
    answer = ask(newcomer(), "a schoolgirl in the park", negative_prompt="clothes, blurry")
    assert (answer.status_code, answer.json()["rule"]) == (422, "minors")


def test_sexual_words_cover_the_picture_wherever_it_is_posted(newcomer: New) -> None:
    ines = newcomer()
    made = picture_of(ines, "a nude figure by the sea, oil painting")["candidates"][0]
    assert [(one["rule"], one["decision"]) for one in ines.client.get(f"{API}/decisions").json()] == [("sexual", "label")]
    assert ines.post("look", media_ids=[made["media_id"]])["sensitive"] is True
    said = ines.post("look again", media_ids=[picture_of(ines, "a nude figure, ink")["candidates"][0]["media_id"]])
    edited = ines.client.put(f"/api/v1/statuses/{said['id']}", json={"status": "uncovered?", "sensitive": False})
    assert edited.json()["sensitive"] is True
    plain = picture_of(ines, "a red fox in the snow")["candidates"][0]
    assert ines.post("look", media_ids=[plain["media_id"]])["sensitive"] is False


def test_an_upload_that_shows_something_bare_is_covered(newcomer: New) -> None:
    ines = newcomer()
    bare = ines.client.post("/api/v1/media", files={"file": ("x.webp", encoded(discs()))}).json()
    assert ines.post("look", media_ids=[bare["id"]])["sensitive"] is True
    (one,) = ines.client.get(f"{API}/decisions").json()
    assert (one["stage"], one["rule"], one["decision"], one["words"]) == ("brought", "sexual", "label", None)
    assert one["scores"]["picture.sexual"] > 0.5
    plain = ines.client.post("/api/v1/media", files={"file": ("x.png", picture(4))}).json()
    assert ines.post("look", media_ids=[plain["id"]])["sensitive"] is False
    assert ines.client.post(f"{API}/decisions/{one['id']}/appeal", json={"text": "no"}).status_code == 422, (
        "a label stops nothing"
    )


def test_a_refusal_can_be_appealed_and_then_the_same_passes(newcomer: New, house: House) -> None:
    ines, noor = newcomer(), newcomer()
    prompt = "history lesson: a swastika flag taken down in 1945"
    decision = ask(ines, prompt).json()["decision_id"]
    assert noor.client.post(f"{API}/decisions/{decision}/appeal", json={"text": "mine"}).status_code == 404
    assert ines.client.post(f"{API}/decisions/{decision}/appeal", json={"text": " "}).status_code == 422
    assert ines.client.post(f"{API}/decisions/{decision}/appeal", json={"text": "x" * 1001}).status_code == 422
    made = ines.client.post(f"{API}/decisions/{decision}/appeal", json={"text": "It is about the end of it."})
    assert (made.status_code, made.json()["appeal"]["state"]) == (201, "waiting")
    assert ines.client.post(f"{API}/decisions/{decision}/appeal", json={"text": "again"}).status_code == 409
    waiting: Any = house.command("admin", "appeals", "list")
    (mine,) = [one for one in waiting if one["decision"]["id"] == decision]
    assert (mine["text"], mine["decision"]["rule"], mine["decision"]["words"]) == ("It is about the end of it.", "hate", prompt)
    assert house.command("admin", "appeals", "decide", mine["id"], "granted", "--answer", "You are right.")["state"] == "granted"
    again = subprocess.run(
        [sys.executable, "-m", "bowerbird.cli", "admin", "appeals", "decide", mine["id"], "upheld"],
        env=house.env,
        capture_output=True,
        text=True,
    )
    assert again.returncode != 0
    assert "decided before" in again.stderr
    (told,) = [one for one in ines.client.get(f"{API}/decisions").json() if one["id"] == decision]
    assert told["appeal"] == {"state": "granted", "text": "It is about the end of it.", "answer": "You are right."}
    assert ask(ines, prompt.upper()).status_code == 202
    assert ask(ines, prompt + " again").status_code == 422
    assert ask(noor, prompt).status_code == 422
    log: Any = house.command("admin", "decisions", "--limit", "200")
    assert decision in [one["id"] for one in log]


def test_after_many_refusals_one_has_to_wait(newcomer: New) -> None:
    ines = newcomer()
    for number in range(10):
        assert ask(ines, f"a naked child {number}").status_code == 422
    answer = ask(ines, "a red fox")
    assert answer.status_code == 429
    assert "10 of your prompts were refused" in answer.json()["detail"]
    assert 3000 < int(answer.headers["retry-after"]) <= 3600
    assert ask(newcomer(), "a red fox").status_code == 202


async def test_a_likeness_needs_consent_where_an_engine_could_draw_one(newcomer: New, pool: Pool, inside: object) -> None:
    ines, noor = newcomer(), newcomer()
    full = f"Noor {noor.name.replace('_', '')} Haddad"
    assert noor.client.patch("/api/v1/accounts/update_credentials", json={"display_name": full}).status_code == 200
    prompts = (f"@{noor.name} on a horse", f"{full.lower()} as an astronaut", "a photo of Ada Lovelace in the rain")
    async with pool.reading() as db:
        me, other = await people.by_id(db, int(ines.id)), await people.by_id(db, int(noor.id))
    for prompt in prompts:
        with pytest.raises(Refused) as refused:
            await screening.allow(pool, me, Ask(prompt=prompt, tier="endpoint"))
        assert refused.value.rule == "likeness"
        await screening.allow(pool, me, Ask(prompt=prompt, tier="illustrator"))  # it draws nobody's likeness
    assert noor.client.get(f"{API}/likeness").json() == {"allowed": False, "names": [], "said_at": None}
    said = noor.client.put(f"{API}/likeness", json={"allowed": True, "names": ["Countess of Words"]}).json()
    assert (said["allowed"], said["names"]) == (True, ["countess of words"])
    for prompt in prompts[:2]:
        await screening.allow(pool, me, Ask(prompt=prompt, tier="endpoint"))
    async with pool.reading() as db:
        assert await likeness.observe(db, "a photo of Countess of Words at her desk") == {}
    assert ines.client.put(f"{API}/likeness", json={"allowed": True, "names": [full]}).status_code == 422, "another's name"
    assert (
        noor.client.put(
            f"{API}/likeness", json={"allowed": True, "names": ["a b"] * 3 + [f"n {i}" for i in range(9)]}
        ).status_code
        == 422
    )
    assert noor.client.put(f"{API}/likeness", json={"allowed": False}).json()["allowed"] is False
    with pytest.raises(Refused):
        await screening.allow(pool, me, Ask(prompt=prompts[0], tier="endpoint"))
    async with pool.reading() as db:
        assert await likeness.of(db, other) is None


def test_a_blocked_picture_is_not_taken_in(newcomer: New, house: House, tmp_path: Any) -> None:
    ines = newcomer()
    file = tmp_path / "blocked.png"
    file.write_bytes(picture(1))
    added = house.command("admin", "blocklist", "add", str(file), "--why", "a test")
    copy = io.BytesIO()
    Image.open(io.BytesIO(picture(1))).convert("RGB").resize((500, 480)).save(copy, "JPEG", quality=70)
    for door in ("/api/v1/media", "/api/v2/media"):
        answer = ines.client.post(door, files={"file": ("x.jpg", copy.getvalue())})
        assert (answer.status_code, answer.json()["rule"]) == (422, "blocked"), answer.text
    avatar = ines.client.patch("/api/v1/accounts/update_credentials", files={"avatar": ("x.jpg", copy.getvalue())})
    assert (avatar.status_code, avatar.json()["rule"]) == (422, "blocked")
    assert ines.client.post("/api/v1/media", files={"file": ("x.png", picture(2))}).status_code == 200
    listed: Any = house.command("admin", "blocklist", "list")
    assert added["hash"] in [one["hash"] for one in listed]
    assert house.command("admin", "blocklist", "remove", added["hash"]) == {"removed": added["hash"]}
    assert ines.client.post("/api/v1/media", files={"file": ("x.jpg", copy.getvalue())}).status_code == 200
    for wrong in ("xyz", "0" * 63):
        done = subprocess.run(
            [sys.executable, "-m", "bowerbird.cli", "admin", "blocklist", "add", wrong, "--why", "x"],
            env=house.env,
            capture_output=True,
            text=True,
        )
        assert done.returncode != 0
        assert "64 hexadecimal digits" in done.stderr
    assert json.loads(json.dumps(added))["why"] == "a test"


async def test_a_large_upload_is_looked_at_by_the_worker(newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    large = io.BytesIO()
    Image.open(io.BytesIO(picture(3, 2100))).save(large, "PNG")
    async with pool.transaction() as db:
        hash_, quality = await blocklist.hash_of((await screening.brought(pool, int(ines.id), large.getvalue())).small)
        await blocklist.add(db, hash_, "a test", quality=quality)
    answer = ines.client.post("/api/v2/media", files={"file": ("x.png", large.getvalue())})
    assert answer.status_code == 202
    for _ in range(300):
        now = ines.client.get(f"/api/v1/media/{answer.json()['id']}")
        if now.status_code != 206:
            break
        await asyncio.sleep(0.1)
    assert (now.status_code, "block list" in now.json()["error"]) == (422, True)
    async with pool.transaction() as db:
        await blocklist.remove(db, hash_)
        assert await uploads.raw(db, int(answer.json()["id"])) is None


async def test_a_blocked_picture_is_not_kept_when_it_is_drawn(newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    prompt = "two owls on a branch before a red moon, woodcut"
    first = picture_of(ines, prompt, seed=5)["candidates"][0]
    small = ines.client.get(f"/api/v1/media/{first['media_id']}").json()["preview_url"]
    async with pool.transaction() as db:
        hash_, quality = await blocklist.hash_of(ines.client.get(small).content)
        await blocklist.add(db, hash_, "a test", quality=quality)
    again = finished(ines, ask(ines, prompt, seed=5).json()["id"])
    assert (again["state"], again["candidates"][0]["state"], again["candidates"][0]["picture_id"]) == ("failed", "failed", None)
    assert "Rule “blocked”" in again["error"]
    (one,) = ines.client.get(f"{API}/decisions").json()
    assert (one["stage"], one["rule"], one["generation_id"], one["engine"]) == ("drawn", "blocked", again["id"], "illustrator")
    page = ines.client.get(f"{API}/safety").json()["decisions_30_days"]
    assert {"rule": "blocked", "decision": "refuse"}.items() <= next(each for each in page if each["rule"] == "blocked").items()
    async with pool.transaction() as db:
        await blocklist.remove(db, hash_)


async def test_the_block_list_stays_quick_when_it_is_long(pool: Pool) -> None:
    async with pool.reading() as db, db.connection.transaction(force_rollback=True):
        await db.execute(
            """insert into moderation.blocklist (hash, id, why)
               select (select string_agg((random() > 0.5)::int::text, '') from generate_series(1, 256 + 0 * n))::bit(256), -n, 'x'
               from generate_series(1, 20000) n"""
        )
        near = "f" * 56 + "0" * 8
        await blocklist.add(db, "f" * 64, "x")
        assert await blocklist.near(db, near[:-7] + "fffffff") is True
        assert await blocklist.near(db, "0123456789abcdef" * 4) is False


def test_the_observers_speak_the_moderation_shape(house: House) -> None:
    from bowerbird.core.secrets import secret
    from bowerbird.core.settings import load

    key = secret(load({"BOWERBIRD_DATA_DIR": str(house.folder / "data")}), "runner")
    url, headers = f"http://127.0.0.1:{house.runner_port}/v1/moderations", {"Authorization": f"Bearer {key}"}
    assert httpx.post(url, json={"input": "x"}).status_code == 401
    told = httpx.post(url, json={"input": "a naked couple having sex"}, headers=headers, timeout=30).json()
    assert told["results"][0]["flagged"] is True
    assert told["results"][0]["category_scores"]["sexual"] > 0.8
    for wrong in ({}, {"input": []}, {"input": [{"type": "image_url", "image_url": {"url": "http://example.org/x.png"}}]},
                  {"input": [{"type": "image_url", "image_url": {"url": "data:image/png;base64,!!"}}]}, {"input": "x" * 5000}):  # fmt: skip
        assert httpx.post(url, json=wrong, headers=headers, timeout=30).status_code in (413, 422)


async def test_an_observer_that_is_away_holds_only_what_could_draw_anything(
    newcomer: New, pool: Pool, inside: pytest.MonkeyPatch
) -> None:
    """The observers are really asked, at a port where nobody answers."""
    ines = newcomer()
    async with pool.reading() as db:
        me = await people.by_id(db, int(ines.id))
    inside.setenv("BOWERBIRD_RUNNER_PORT", "9")
    settings_module.settings.cache_clear()
    with pytest.raises(observers.ObserverAway):
        await observers.of_text("a fox")
    with pytest.raises(Refused) as held:
        await screening.allow(pool, me, Ask(prompt="a fox", tier="endpoint"))
    assert held.value.rule == "unseen"
    await screening.allow(pool, me, Ask(prompt="a fox", tier="illustrator"))
    with pytest.raises(Refused):
        await screening.allow(pool, me, Ask(prompt="a naked child", tier="illustrator"))
    assert (await screening.brought(pool, me.id, picture(8))).label == ""


async def test_the_log_is_only_added_to_and_words_go(newcomer: New, pool: Pool) -> None:
    ines, gone = newcomer(), newcomer()
    ids = [int(ask(one, "a naked child in a river").json()["decision_id"]) for one in (ines, gone)]
    async with pool.reading() as db:
        for statement in ("delete from moderation.decisions where id = %s", "update moderation.decisions set rule_id = 'x' where id = %s",
                          "update moderation.decisions set words = 'other' where id = %s",
                          "update moderation.decisions set account_id = 1 where id = %s"):  # fmt: skip
            with pytest.raises(psycopg.errors.RaiseException, match="only added to"):
                await db.execute(statement, ids[0])
    async with pool.transaction() as db:
        await db.execute("update accounts.people set deleted_at = now() where id = %s", int(gone.id))
        await decisions.forget_words(db)
        kept = {one.id: one.words for one in await decisions.by_ids(db, ids)}
        await db.execute("update accounts.people set deleted_at = null where id = %s", int(gone.id))
    assert kept == {ids[0]: "a naked child in a river", ids[1]: None}


async def test_where_the_administrator_says_so_sexual_content_is_refused(
    newcomer: New, pool: Pool, inside: pytest.MonkeyPatch
) -> None:
    ines = newcomer()
    async with pool.reading() as db:
        me = await people.by_id(db, int(ines.id))
    loose = policy.digest()
    inside.setenv("BOWERBIRD_SAFETY_SEXUAL", "refuse")
    for kept in (settings_module.settings, policy.rules, policy.digest):
        kept.cache_clear()
    assert policy.digest() != loose
    with pytest.raises(Refused) as refused:
        await screening.allow(pool, me, Ask(prompt="a nude woman in a studio", tier="illustrator"))
    assert refused.value.rule == "sexual"


async def test_words_that_were_not_settled_leave_nothing(newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    async with pool.reading() as db:
        me = await people.by_id(db, int(ines.id))
        await screening.allow(pool, me, Ask(prompt="a nude figure", tier="illustrator"))
        assert await decisions.of(db, me) == []
        assert await labels.any_of(db, []) is False
        assert hashlib.sha256(b"a fox").digest() == screening.digest_of("  A  fox ")
