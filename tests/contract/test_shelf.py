"""The shelf: favourites, bowers, what one asked for before, downloads, larger pictures and time-lapses, through the Bower API."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.conftest import Member, finished, picture_of

New = Callable[..., Member]
API = "/api/bower/v1"


def shown(member: Member, prompt: str = "a red fox in the snow", **post: Any) -> tuple[str, str]:
    """(picture id, status id) of a picture that was made and posted."""
    candidate = picture_of(member, prompt)["candidates"][0]
    return candidate["picture_id"], member.post("look", media_ids=[candidate["media_id"]], **post)["id"]


def bower(member: Member, status: int = 201, **fields: Any) -> dict[str, Any]:
    answer = member.client.post(f"{API}/bowers", json={"name": "Blue things", **fields})
    assert answer.status_code == status, answer.text
    return answer.json()


def held(member: Member | httpx.Client, id_: str) -> list[str]:
    client = member.client if isinstance(member, Member) else member
    return [one["picture_id"] for one in client.get(f"{API}/bowers/{id_}").json()["pictures"]]


def test_favourites_are_ones_own_business(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    picture, status = shown(noor)
    hidden = picture_of(noor)["candidates"][0]["picture_id"]
    before = noor.client.get("/api/v1/notifications").json()
    for _ in range(2):
        assert ines.client.put(f"{API}/pictures/{picture}/favourite").status_code == 204
    assert ines.client.put(f"{API}/pictures/{hidden}/favourite").status_code == 404
    assert [one["picture_id"] for one in ines.client.get(f"{API}/favourites").json()] == [picture]
    assert noor.client.get(f"{API}/favourites").json() == []
    assert noor.client.get("/api/v1/notifications").json() == before
    noor.client.delete(f"/api/v1/statuses/{status}")
    assert ines.client.get(f"{API}/favourites").json() == []  # what was taken back is not there
    own = picture_of(ines)["candidates"][0]["picture_id"]
    ines.client.put(f"{API}/pictures/{own}/favourite")
    assert ines.client.delete(f"{API}/pictures/{own}/favourite").status_code == 204
    assert ines.client.get(f"{API}/favourites").json() == []


def test_a_bower_is_seen_by_whom_it_is_for(newcomer: New, visitor: httpx.Client) -> None:
    ines, noor = newcomer(), newcomer()
    made = bower(ines)
    where = f"{API}/bowers/{made['id']}"
    assert noor.client.get(where).status_code == visitor.get(where).status_code == 404
    assert noor.client.put(where, json={"name": "x"}).status_code == noor.client.delete(where).status_code == 404
    ines.client.put(where, json={"name": "Blue things", "visibility": "unlisted"})
    assert visitor.get(where).status_code == 200
    assert noor.client.get(f"{API}/bowers", params={"account": ines.name}).json() == []
    ines.client.put(where, json={"name": "Blue things", "visibility": "public"})
    assert [one["id"] for one in noor.client.get(f"{API}/bowers", params={"account": ines.name}).json()] == [made["id"]]
    ines.client.post(f"/api/v1/accounts/{noor.id}/block")
    assert noor.client.get(where).status_code == 404
    assert noor.client.get(f"{API}/bowers", params={"account": ines.name}).json() == []
    assert ines.client.delete(where).status_code == 204
    assert ines.client.get(f"{API}/bowers").json() == []


def test_each_sees_in_a_bower_only_what_they_may_see_anyway(newcomer: New, visitor: httpx.Client) -> None:
    ines, noor = newcomer(), newcomer()
    public, status = shown(noor)
    followers, _ = shown(noor, "an owl", visibility="private")
    own = picture_of(ines)["candidates"][0]["picture_id"]
    made = bower(ines, visibility="public", picture_ids=[public, own])
    assert ines.client.put(f"{API}/bowers/{made['id']}/pictures/{followers}").status_code == 404
    ines.follow(noor)
    assert ines.client.put(f"{API}/bowers/{made['id']}/pictures/{followers}").status_code == 204
    assert held(ines, made["id"]) == [public, own, followers]
    assert held(noor, made["id"]) == [public, followers]
    assert held(visitor, made["id"]) == [public]
    assert visitor.get(f"{API}/bowers/{made['id']}").json()["count"] == 1
    noor.client.delete(f"/api/v1/statuses/{status}")
    assert held(visitor, made["id"]) == []
    assert held(ines, made["id"]) == [own, followers]


def test_order_and_cover(newcomer: New) -> None:
    ines = newcomer()
    one, two, three = (picture_of(ines, f"a {what}")["candidates"][0]["picture_id"] for what in ("fox", "owl", "boat"))
    made = bower(ines, picture_ids=[one, two, three])
    assert made["cover"]["picture_id"] == one
    where = f"{API}/bowers/{made['id']}"
    changed = ines.client.put(where, json={"name": "x", "cover_id": two, "picture_ids": [three, "12"]}).json()
    assert ([p["picture_id"] for p in changed["pictures"]], changed["cover"]["picture_id"]) == ([three, one, two], two)
    assert ines.client.put(where, json={"name": "x", "cover_id": "12"}).status_code == 422
    assert ines.client.get(f"{API}/bowers").json()[0]["cover"]["picture_id"] == two
    assert ines.client.delete(f"{where}/pictures/{two}").status_code == 204
    assert ines.client.get(where).json()["cover"]["picture_id"] == three
    ines.client.delete(f"{API}/pictures/{three}")
    assert held(ines, made["id"]) == [one]
    for wrong in ({"name": ""}, {"name": "x" * 81}, {"about": "x" * 501}, {"visibility": "secret"}):
        bower(ines, 422, **wrong)


def test_what_one_asked_for_is_found_again_and_forgotten_when_one_says_so(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    fox, owl = picture_of(ines, "a red fox"), picture_of(ines, "two owls")

    def found(**query: str) -> list[str]:
        return [one["id"] for one in ines.client.get(f"{API}/history", params=query).json()]

    assert found() == [owl["id"], fox["id"]]
    assert found(q="fox") == [fox["id"]]
    assert found(q="whale") == []
    assert found(max_id=owl["id"]) == [fox["id"]]
    assert noor.client.get(f"{API}/history").json() == []
    assert ines.client.delete(f"{API}/history").json() == {"forgotten": 2}
    assert found() == []
    assert ines.client.get(f"{API}/pictures/{fox['candidates'][0]['picture_id']}").status_code == 200


def test_ones_pictures_come_in_one_file_with_their_recipes(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    candidate = picture_of(ines, "a red fox / in: the snow")["candidates"][0]
    other, _ = shown(noor)
    answer = ines.client.get(f"{API}/downloads/pictures")
    assert (answer.headers["content-type"], "attachment" in answer.headers["content-disposition"]) == ("application/zip", True)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["001 a red fox  in the snow.webp", "001 a red fox  in the snow.json"]
        told, picture = json.loads(archive.read(archive.namelist()[1])), archive.read(archive.namelist()[0])
    assert (told["id"], told["recipe"]["engine"], told["prompt"]) == (
        candidate["picture_id"],
        "Illustrator",
        "a red fox / in: the snow",
    )
    assert picture == ines.client.get(candidate["url"]).content
    assert b"c2pa" in picture
    made = bower(ines, visibility="public", picture_ids=[candidate["picture_id"], other])
    for member, names in ((ines, 2), (noor, 2)):  # each gets their own of it
        with zipfile.ZipFile(io.BytesIO(member.client.get(f"{API}/bowers/{made['id']}/download").content)) as archive:
            assert len(archive.namelist()) == (names if member is ines or other in held(noor, made["id"]) else 0)


def test_downloads_are_limited(newcomer: New) -> None:
    ines = newcomer()
    answers = [ines.client.get(f"{API}/downloads/pictures").status_code for _ in range(21)]
    assert (answers[:20], answers[20]) == ([200] * 20, 429)


@pytest.mark.parametrize("factor", [2, 4])
def test_a_picture_grows_and_stays_in_its_line(newcomer: New, factor: int) -> None:
    ines, noor = newcomer(), newcomer()
    source = picture_of(ines, "two owls on a branch, woodcut")["candidates"][0]
    where = f"{API}/pictures/{source['picture_id']}/enlargements"
    assert noor.client.post(where, json={"factor": factor}).status_code == 404
    assert ines.client.post(where, json={"factor": 3}).status_code == 422
    asked = ines.client.post(where, json={"factor": factor})
    assert asked.status_code == 202, asked.text
    done = finished(ines, asked.json()["id"])
    assert (done["state"], done["factor"], done["error"]) == ("done", factor, None)
    large = done["candidates"][0]
    picture = ines.client.get(f"{API}/pictures/{large['picture_id']}").json()
    assert (picture["width"], picture["height"]) == (256 * factor, 256 * factor)
    recipe = picture["recipe"]
    assert (recipe["engine"], recipe["factor"], len(recipe["model_hash"])) == ("Upscaler", factor, 64)
    assert recipe["parent_id"] == source["picture_id"]
    assert large["alt_suggestion"] == source["alt_suggestion"]
    with Image.open(io.BytesIO(ines.client.get(large["url"]).content)) as image:
        assert image.size == (256 * factor, 256 * factor)
        grown = image.convert("RGB").resize((64, 64), Image.Resampling.BOX)
    with Image.open(io.BytesIO(ines.client.get(source["url"]).content)) as image:
        small = image.convert("RGB").resize((64, 64), Image.Resampling.BOX)
    pairs = zip(grown.tobytes(), small.tobytes(), strict=True)
    assert sum(abs(a - b) for a, b in pairs) / len(small.tobytes()) < 6  # the same picture, only larger
    checked = ines.client.post(f"{API}/provenance/check", json={"picture_id": large["picture_id"]}).json()
    actions = [action["what"] for action in (checked.get("credentials") or {}).get("actions", [])]
    assert "c2pa.edited" in actions


def test_what_is_too_large_does_not_grow(newcomer: New) -> None:
    ines = newcomer()
    large = picture_of(ines, width=1100, height=1000)["candidates"][0]["picture_id"]
    assert "too large" in ines.client.post(f"{API}/pictures/{large}/enlargements", json={"factor": 2}).json()["detail"]
    wide = picture_of(ines, width=1152, height=640)["candidates"][0]["picture_id"]
    assert ines.client.post(f"{API}/pictures/{wide}/enlargements", json={"factor": 4}).status_code == 409


def test_how_a_picture_came_to_be_is_kept_where_its_maker_asked(newcomer: New, visitor: httpx.Client) -> None:
    ines = newcomer()
    plain = picture_of(ines)["candidates"][0]["picture_id"]
    assert ines.client.get(f"{API}/pictures/{plain}/timelapse").status_code == 404
    candidate = picture_of(ines, "a whale under the aurora", timelapse=True)["candidates"][0]
    where = f"{API}/pictures/{candidate['picture_id']}/timelapse"
    assert visitor.get(where).status_code == 404  # not shown yet
    answer = ines.client.get(where)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    with Image.open(io.BytesIO(answer.content)) as image:
        assert 2 <= image.n_frames <= 16  # type: ignore[attr-defined]
        assert max(image.size) <= 320
    ines.post("look", media_ids=[candidate["media_id"]])
    assert visitor.get(where).status_code == 200
    ines.client.delete(f"{API}/pictures/{candidate['picture_id']}")
    assert ines.client.get(where).status_code == 410
