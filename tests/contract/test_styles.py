"""Styles: made, published, forked, used and taken back, through the Bower API."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bowerbird.inference.wire import PROMPT_LENGTH_MAX
from bowerbird.studio import generations, presets
from tests.conftest import Member, finished, picture_of

New = Callable[..., Member]
API = "/api/bower/v1"


def style(member: Member, status: int = 201, **fields: Any) -> dict[str, Any]:
    said = {"name": "Blue hour", "words_after": "at dusk, in blue light", "medium": "gouache", **fields}
    answer = member.client.post(f"{API}/styles", json=said)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_style_is_its_authors_until_they_publish_it(newcomer: New, visitor: httpx.Client) -> None:
    ines, noor = newcomer(), newcomer()
    made = style(ines)
    assert (made["version"], made["public"], made["author"], made["mine"]) == (1, False, ines.name, True)
    where = f"{API}/styles/{made['id']}"
    assert noor.client.get(where).status_code == visitor.get(where).status_code == 404
    assert made["id"] not in [one["id"] for one in visitor.get(f"{API}/styles").json()]
    assert [one["id"] for one in ines.client.get(f"{API}/styles?mine=true").json()] == [made["id"]]
    same = {"name": "Blue hour", "words_after": "at dusk, in blue light", "medium": "gouache"}
    published = ines.client.put(where, json={**same, "public": True}).json()
    assert (published["public"], published["version"]) == (True, 1)  # nothing of what it says has changed
    assert visitor.get(where).json()["mine"] is False
    assert visitor.get(f"{API}/styles", params={"q": "dusk"}).json()[0]["id"] == made["id"]
    assert [one["id"] for one in visitor.get(f"{API}/styles", params={"author": ines.name}).json()] == [made["id"]]
    assert ines.client.put(where, json={**same, "public": False}).json()["public"] is False
    assert visitor.get(where).status_code == 404


def test_only_its_author_changes_it_and_every_change_is_a_version(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    made = style(ines, public=True)
    where = f"{API}/styles/{made['id']}"
    assert noor.client.put(where, json={"name": "mine now", "words_after": "x"}).status_code == 404
    assert noor.client.delete(where).status_code == 404
    assert ines.client.put(where, json={"name": "Blue hour", "words_after": "at night"}).json()["version"] == 2
    assert ines.client.delete(where).status_code == 204
    assert ines.client.get(where).status_code == 404


def test_a_fork_names_where_it_comes_from_as_far_as_that_may_be_named(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    hidden, open_ = style(ines), style(ines, public=True)
    style(noor, 404, forked_from=hidden["id"])
    fork = style(noor, name="Bluer hour", forked_from=open_["id"])
    assert fork["forked_from"] == {"id": open_["id"], "name": "Blue hour", "author": ines.name}
    ines.client.put(f"{API}/styles/{open_['id']}", json={"name": "x", "words_after": "y", "public": False})
    assert noor.client.get(f"{API}/styles/{fork['id']}").json()["forked_from"] is None


def test_who_is_blocked_sees_none_of_it(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    made = style(ines, public=True)
    assert noor.client.get(f"{API}/styles/{made['id']}").status_code == 200
    assert ines.client.post(f"/api/v1/accounts/{noor.id}/block").status_code == 200
    assert noor.client.get(f"{API}/styles/{made['id']}").status_code == 404
    assert made["id"] not in [one["id"] for one in noor.client.get(f"{API}/styles").json()]
    asked = {"prompt": "a fox", "count": 1, "width": 256, "height": 256, "style_id": made["id"]}
    assert noor.client.post(f"{API}/generations", json=asked).status_code == 404


def test_a_picture_keeps_which_version_it_was_made_in(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    made = style(ines, words_before="a quiet picture of", words_after="in the snow", leave_out="people", public=True)
    done = picture_of(noor, "a red fox", style_id=made["id"])
    assert done["prompt"] == "a red fox"
    assert (done["style"], done["negative_prompt"]) == ("gouache", "people")
    assert done["styled"] == {"id": made["id"], "name": "Blue hour", "author_id": ines.id, "version": 1}
    picture = noor.client.get(f"{API}/pictures/{done['candidates'][0]['picture_id']}").json()
    assert picture["prompt"] == "a red fox"
    assert picture["recipe"]["worded"] == "a quiet picture of, a red fox, in the snow"
    assert {chip["field"]: chip["value"] for chip in picture["reading"]}["medium"] == "gouache"
    assert picture["style"] == {"id": made["id"], "name": "Blue hour", "author": ines.name, "version": 1}
    ines.client.delete(f"{API}/styles/{made['id']}")
    after = noor.client.get(f"{API}/pictures/{done['candidates'][0]['picture_id']}").json()
    assert after["style"] == {"id": None, "name": "Blue hour", "author": None, "version": 1}


def test_the_words_of_a_private_style_are_in_nobody_elses_recipe(newcomer: New, visitor: httpx.Client) -> None:
    ines, noor = newcomer(), newcomer()
    made = style(ines, words_after="in my secret light")
    candidate = picture_of(ines, "a red fox", style_id=made["id"])["candidates"][0]
    ines.post("look", media_ids=[candidate["media_id"]])
    where = f"{API}/pictures/{candidate['picture_id']}"
    assert "in my secret light" in ines.client.get(where).json()["recipe"]["worded"]
    for client in (noor.client, visitor):
        told = client.get(where)
        assert "secret light" not in told.text
        assert not {"style", "worded"} & set(told.json()["recipe"])
        assert told.json()["style"] == {"id": None, "name": "Blue hour", "author": None, "version": 1}


def test_what_is_said_oneself_goes_before_what_the_style_says(newcomer: New) -> None:
    ines = newcomer()
    made = style(ines, leave_out="people", tier="nothing-we-have", strength=0.9)
    asked = {
        "prompt": "a fox",
        "count": 1,
        "width": 256,
        "height": 256,
        "style": "ink",
        "style_id": made["id"],
        "negative_prompt": "text",
    }
    done = finished(ines, ines.client.post(f"{API}/generations", json=asked).json()["id"])
    assert (done["state"], done["style"], done["negative_prompt"], done["strength"]) == ("done", "ink", "text, people", 0.9)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "}, {"name": "x" * 61}, {"words_after": "x" * 161}, {"about": "x" * 301}, {"medium": "marble"}, {"strength": 2},
        {"words_after": "", "medium": ""}, {"tier": "x" * 81}, {"leave_out": "x" * 201}, {"example_picture_id": "abc"},
    ],
)  # fmt: skip
def test_what_is_no_style_is_refused_in_words(newcomer: New, wrong: dict[str, Any]) -> None:
    assert len(style(newcomer(), 422, **wrong)["detail"]) > 10


def test_an_example_is_a_picture_one_may_see(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    candidate = picture_of(noor)["candidates"][0]
    style(ines, 404, example_picture_id=candidate["picture_id"])
    own = style(noor, example_picture_id=candidate["picture_id"], public=True)
    assert own["example"]["picture_id"] == candidate["picture_id"]
    assert ines.client.get(f"{API}/styles/{own['id']}").json()["example"] is None  # it was never shown
    noor.post("look", media_ids=[candidate["media_id"]])
    assert ines.client.get(f"{API}/styles/{own['id']}").json()["example"]["picture_id"] == candidate["picture_id"]


@given(st.text(max_size=generations.PROMPT_LENGTH_MAX), *[st.text(max_size=presets.WORDS_LENGTH_MAX)] * 2)
def test_the_words_around_a_prompt_are_all_there_and_never_too_many(prompt: str, before: str, after: str) -> None:
    worded = presets.around(prompt, {"before": before, "after": after})
    assert all(part in worded for part in (prompt, before, after))
    assert len(worded) <= PROMPT_LENGTH_MAX
    assert presets.around(prompt, None) == prompt
