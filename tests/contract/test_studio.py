"""Generations, recipes, remixes and permissions through the Bower API, painted by the embedded model."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from bowerbird.core.secrets import secret
from bowerbird.core.settings import load
from tests.conftest import House, Member, finished, picture_of

New = Callable[..., Member]
API = "/api/bower/v1"


def shown(member: Member, prompt: str = "a red fox in the snow", **fields: object) -> tuple[str, str]:
    """Have a picture made and post it; (picture id, status id)."""
    candidate = picture_of(member, prompt, **fields)["candidates"][0]
    status = member.post("look", media_ids=[candidate["media_id"]])
    return candidate["picture_id"], status["id"]


def test_words_become_a_picture_that_can_be_posted(newcomer: New) -> None:
    ines = newcomer()
    with ines.client.stream(
        "GET", f"{API}/generations/{_ask(ines, prompt='two owls on a branch at night, woodcut', count=2)}/events"
    ) as stream:  # fmt: skip
        lines = [line for line in stream.iter_lines() if line.startswith("event:")]
    assert lines[-1] == "event: done"
    assert lines.count("event: progress") >= 12  # two candidates, six layers or more each
    newest = finished(ines, ines.client.get(f"{API}/generations/{_last}").json()["id"])
    assert [c["state"] for c in newest["candidates"]] == ["done", "done"]
    first, second = newest["candidates"]
    assert first["engine"] == "Illustrator"
    assert first["url"] != second["url"]
    assert "owl" in first["alt_suggestion"].lower()
    assert {chip["field"]: chip["value"] for chip in first["reading"]}["medium"] == "woodcut"
    picked = ines.client.post(f"{API}/generations/{newest['id']}/choice", json={"candidate_id": second["id"]}).json()
    assert [c["chosen"] for c in picked["candidates"]] == [False, True]
    status = ines.post("Hoo.", media_ids=[second["media_id"]])
    media = status["media_attachments"][0]
    assert media["bower"]["prompt"] == "two owls on a branch at night, woodcut"
    assert (media["meta"]["original"]["width"], len(media["blurhash"]) > 10) == (256, True)
    image = ines.client.get(first["url"])
    assert (image.headers["content-type"], image.content[8:12]) == ("image/webp", b"WEBP")


_last = ""


def _ask(member: Member, **fields: object) -> str:
    global _last
    body = {"prompt": "a hill", "count": 1, "width": 256, "height": 256, **fields}
    answer = member.client.post(f"{API}/generations", json=body)
    assert answer.status_code == 202, answer.text
    _last = answer.json()["id"]
    return _last


def test_a_recipe_run_again_gives_the_same_pixels(newcomer: New, house: House) -> None:
    ines = newcomer()
    made = [picture_of(ines, "a lighthouse in a storm, ink wash", seed=418)["candidates"][0] for _ in range(2)]
    recipes = [ines.client.get(f"{API}/pictures/{c['picture_id']}").json()["recipe"] for c in made]
    assert recipes[0]["pixels_sha256"] == recipes[1]["pixels_sha256"]
    assert made[0]["url"] != made[1]["url"]  # the kept files differ by mark and signature
    recipe = recipes[0]
    where = load({"BOWERBIRD_DATA_DIR": str(house.folder / "data")})
    body = {
        "prompt": recipe["prompt"], "model": "illustrator", "size": f"{recipe['width']}x{recipe['height']}", "seed": recipe["seed"],
        "bower": {"scene": recipe["scene"]},
    }  # fmt: skip
    runner = f"http://127.0.0.1:{house.runner_port}/v1"
    assert httpx.post(f"{runner}/images/generations", json=body).status_code == 401
    key = {"Authorization": f"Bearer {secret(where, 'runner')}"}
    again = httpx.post(f"{runner}/images/generations", json=body, headers=key, timeout=60).json()
    assert again["bower"]["recipe"]["pixels_sha256"] == recipe["pixels_sha256"]
    assert recipe["model_hash"] == again["bower"]["recipe"]["model_hash"]


def test_a_remix_says_whose_it_came_from_both_ways(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    parent, first = shown(ines)
    child, status = shown(noor, "a red fox in the snow at night", source_picture_id=parent, strength=0.3)
    media = noor.client.get(f"/api/v1/statuses/{status}").json()["media_attachments"][0]
    assert media["bower"]["parent"]["by"] == ines.name
    assert ines.client.get(f"{API}/pictures/{parent}").json()["remixes_count"] == 1
    line = ines.client.get(f"{API}/pictures/{child}/lineage").json()
    assert [a["picture_id"] for a in line["ancestors"]] == [parent]
    assert [d["picture_id"] for d in ines.client.get(f"{API}/pictures/{parent}/lineage").json()["descendants"]] == [child]
    assert "bower.remix" in [n["type"] for n in ines.client.get("/api/v1/notifications").json()]
    scene = ines.client.get(f"{API}/pictures/{child}").json()["recipe"]["scene"]
    assert (scene["time"], scene["world"]) == (
        "night",
        ines.client.get(f"{API}/pictures/{parent}").json()["recipe"]["scene"]["world"],
    )
    assert ines.client.delete(f"{API}/pictures/{parent}").status_code == 204
    tombstone = ines.client.get(f"{API}/pictures/{child}/lineage").json()["ancestors"]
    assert [(a["gone"], a["by"]) for a in tombstone] == [(True, None)]
    assert noor.client.get(f"{API}/pictures/{parent}").status_code == 410
    media = noor.client.get(f"/api/v1/statuses/{status}").json()["media_attachments"][0]
    assert media["bower"]["parent"] == {"picture_id": parent, "gone": True, "by": None, "url": None}
    assert ines.client.get(f"/api/v1/statuses/{first}").json()["media_attachments"] == []


@pytest.mark.parametrize(
    ("audience", "stranger", "follower"), [("everyone", 202, 202), ("followers", 403, 202), ("no_one", 403, 403)]
)
def test_its_author_says_who_may_remix(newcomer: New, audience: str, stranger: int, follower: int) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    noor.follow(ines)
    picture, _ = shown(ines)
    said = ines.client.put(f"{API}/pictures/{picture}/permissions", json={"remix": audience}).json()
    assert said["permissions"]["remix"] == audience
    ask = {"prompt": "at dawn", "source_picture_id": picture, "count": 1, "width": 256, "height": 256}
    assert sam.client.post(f"{API}/generations", json=ask).status_code == stranger
    assert noor.client.post(f"{API}/generations", json=ask).status_code == follower
    assert ines.client.post(f"{API}/generations", json=ask).status_code == 202
    ines.client.put(f"{API}/permissions", json={"remix": "no_one"})
    ines.client.put(f"{API}/pictures/{picture}/permissions", json={"remix": None})
    assert sam.client.post(f"{API}/generations", json=ask).status_code == 403


def test_what_is_not_shown_is_seen_by_nobody_else(newcomer: New, visitor: httpx.Client) -> None:
    ines, noor = newcomer(), newcomer()
    generation = picture_of(ines)
    candidate = generation["candidates"][0]
    for who in (noor.client, visitor):
        assert who.get(f"{API}/pictures/{candidate['picture_id']}").status_code == 404
        assert who.get(f"{API}/pictures/{candidate['picture_id']}/lineage").status_code == 404
        expected = 401 if who is visitor else 404
        assert who.get(f"{API}/generations/{generation['id']}").status_code == expected
        assert who.get(f"{API}/generations/{generation['id']}/events").status_code == expected
        assert who.delete(f"{API}/generations/{generation['id']}").status_code == expected
        assert (
            who.post(f"{API}/generations/{generation['id']}/choice", json={"candidate_id": candidate["id"]}).status_code
            == expected
        )
        assert who.get(f"{API}/candidates/{candidate['id']}/preview").status_code == expected
    assert noor.client.post("/api/v1/statuses", json={"status": "mine!", "media_ids": [candidate["media_id"]]}).status_code == 422
    ask = {"prompt": "x", "source_picture_id": candidate["picture_id"]}
    assert noor.client.post(f"{API}/generations", json=ask).status_code == 404
    assert noor.client.delete(f"{API}/pictures/{candidate['picture_id']}").status_code == 404
    assert noor.client.put(f"{API}/pictures/{candidate['picture_id']}/permissions", json={"remix": "everyone"}).status_code == 404


def test_it_can_be_called_off_and_nobody_queues_without_end(newcomer: New) -> None:
    ines = newcomer()
    ids = [_ask(ines, prompt="a city in the rain", count=4, width=1024, height=1024) for _ in range(3)]
    full = ines.client.post(f"{API}/generations", json={"prompt": "one more"})
    assert (full.status_code, full.headers["Retry-After"]) == (429, "10")
    assert ines.client.get(f"{API}/generations/{ids[2]}").json()["place_in_queue"] >= 1
    for id_ in reversed(ids):
        assert ines.client.delete(f"{API}/generations/{id_}").json()["state"] == "cancelled"
    assert ines.client.delete(f"{API}/generations/{ids[0]}").json()["state"] == "cancelled"
    assert picture_of(ines)["state"] == "done"  # the place in the queue is free again


@pytest.mark.parametrize(
    ("bad", "status"),
    [
        ({"prompt": "x" * 601}, 413), ({"prompt": "x", "count": 5}, 422), ({"prompt": "x", "count": 0}, 422), ({"prompt": "x", "width": 64}, 422),
        ({"prompt": "x", "height": 4000}, 422), ({"prompt": "x", "strength": 2}, 422), ({"prompt": "x", "seed": -1}, 422),
        ({"prompt": "x", "tier": "gpt"}, 422), ({"prompt": 5}, 422), ({}, 422), ({"prompt": "x", "source_picture_id": "abc"}, 422),
        ({"prompt": "x", "source_picture_id": "123"}, 404), ({"prompt": "x", "edits": {str(n): "x" for n in range(99)}}, 422),
    ],
)  # fmt: skip
def test_what_cannot_be_painted_is_refused_in_words(newcomer: New, bad: dict[str, object], status: int) -> None:
    answer = newcomer().client.post(f"{API}/generations", json=bad)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "prompt", ["", "   ", "🦊🌲🌙", "<script>alert(1)</script>", "a\x00b", "'; drop table studio.pictures; --", "x" * 600]
)
def test_any_words_give_a_picture(newcomer: New, prompt: str) -> None:
    assert picture_of(newcomer(), prompt)["state"] == "done"


def test_a_chip_can_be_changed_and_a_bad_one_is_told(newcomer: New) -> None:
    ines = newcomer()
    made = picture_of(ines, "a fox in the snow", edits={"time": "night", "medium": "pixel"})
    assert {c["field"]: c["value"] for c in made["candidates"][0]["reading"]}["time"] == "night"
    bad = finished(ines, _ask(ines, prompt="a fox", edits={"time": "teatime"}))
    assert (bad["state"], "teatime" in bad["error"]) == ("failed", True)
