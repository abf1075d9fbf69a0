"""Filters through the API: version 2 whole, version 1 as a view of it, and what they say of posts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from mastodon import Mastodon

from bowerbird.core.database import Pool
from bowerbird.social import filter_rows, filters
from tests.conftest import House, Member
from tests.unit.test_media import encoded

New = Callable[..., Member]


def program(house: House, member: Member) -> Mastodon:
    return Mastodon(access_token=member.token, api_base_url=house.url, version_check_mode="none")


def filtered(reader: Member, said: dict[str, str]) -> list[dict[str, object]]:
    return reader.client.get(f"/api/v1/statuses/{said['id']}").json()["filtered"]


def test_a_filter_speaks_of_the_posts_it_matches(house: House, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    mine = program(house, ines)
    first = noor.post("a Spoiler about the finale")
    assert filtered(ines, first) == []
    made = mine.create_filter_v2(
        "Spoilers", ["home", "public"], "warn", expires_in=3600,
        keywords_attributes=[{"keyword": "spoiler", "whole_word": True}, {"keyword": "fina", "whole_word": False}],
    )  # fmt: skip
    assert (made.title, made.context, made.filter_action, made.expires_at is not None) == (
        "Spoilers",
        ["home", "public"],
        "warn",
        True,
    )
    found = filtered(ines, first)
    assert [(f["keyword_matches"], f["status_matches"]) for f in found] == [(["spoiler", "fina"], None)]
    assert found[0]["filter"]["title"] == "Spoilers"  # type: ignore[index]
    assert filtered(ines, noor.post("spoilers, many")) == []
    assert filtered(noor, first) == []
    warned = noor.post("nothing", spoiler_text="SPOILER!")
    assert len(filtered(ines, warned)) == 1
    media = noor.client.post(
        "/api/v1/media", files={"file": ("x.png", encoded("PNG"))}, data={"description": "a spoiler, drawn"}
    ).json()
    assert len(filtered(ines, noor.post("look", media_ids=[media["id"]]))) == 1
    asked = noor.client.post(
        "/api/v1/statuses", json={"status": "which?", "poll": {"options": ["the spoiler", "b"], "expires_in": 3600}}
    )
    assert len(filtered(ines, asked.json())) == 1
    plain = noor.post("plain words")
    held = mine.add_filter_status_v2(made.id, plain["id"])
    assert [f["status_matches"] for f in filtered(ines, plain)] == [[plain["id"]]]
    assert [s.status_id for s in mine.filter_statuses_v2(made.id)] == [plain["id"]]
    assert mine.filter_status_v2(held.id).status_id == plain["id"]
    mine.delete_filter_status_v2(held.id)
    assert filtered(ines, plain) == []
    mine.delete_filter_v2(made.id)
    assert filtered(ines, first) == []


def test_a_filter_and_its_words_are_changed_one_by_one_or_together(house: House, newcomer: New) -> None:
    ines = newcomer()
    mine = program(house, ines)
    made = mine.create_filter_v2("Words", ["home"], "hide")
    word = mine.add_filter_keyword_v2(made.id, "owl", True)
    assert [k.keyword for k in mine.filter_keywords_v2(made.id)] == ["owl"]
    where = f"/api/v2/filters/keywords/{word.id}"
    assert ines.client.put(where, json={"keyword": "tawny owl", "whole_word": False}).json() == {
        "id": word.id, "keyword": "tawny owl", "whole_word": False,
    }  # fmt: skip
    assert ines.client.get(where).json()["keyword"] == "tawny owl"
    changed = ines.client.put(
        f"/api/v2/filters/{made.id}",
        json={"title": "Birds", "context": ["thread"], "filter_action": "blur", "expires_in": 60,
              "keywords_attributes": [{"id": word.id, "_destroy": True}, {"keyword": "jay"}]},
    ).json()  # fmt: skip
    assert (changed["title"], changed["context"], changed["filter_action"]) == ("Birds", ["thread"], "blur")
    assert [(k["keyword"], k["whole_word"]) for k in changed["keywords"]] == [("jay", True)]
    assert ines.client.put(f"/api/v2/filters/{made.id}", json={"title": "Jays"}).json()["expires_at"] == changed["expires_at"]
    forever = ines.client.put(f"/api/v2/filters/{made.id}", json={"expires_in": ""}).json()
    assert (forever["expires_at"], forever["title"]) == (None, "Jays")
    form = {"keywords_attributes[0][id]": changed["keywords"][0]["id"], "keywords_attributes[0][keyword]": "magpie"}
    assert [k["keyword"] for k in ines.client.put(f"/api/v2/filters/{made.id}", data=form).json()["keywords"]] == ["magpie"]
    mine.delete_filter_keyword_v2(changed["keywords"][0]["id"])
    assert mine.filter_v2(made.id).keywords == []
    assert [f.id for f in mine.filters_v2()] == [made.id]


def test_version_1_is_a_view_of_version_2(house: House, newcomer: New) -> None:
    ines = newcomer()
    mine = program(house, ines)
    made = mine.filter_create("noise", ["home", "notifications"], irreversible=True, whole_word=True, expires_in=3600)
    assert (made.phrase, made.irreversible, made.whole_word, made.expires_at is not None) == ("noise", True, True, True)
    assert [(f.title, f.filter_action) for f in mine.filters_v2()] == [("noise", "hide")]
    changed = mine.filter_update(made.id, phrase="din", context=["public"], irreversible=False, whole_word=False)
    assert (changed.phrase, changed.context, changed.irreversible) == ("din", ["public"], False)
    assert [f.phrase for f in mine.filters()] == ["din"]
    assert mine.filter(made.id).whole_word is False
    mine.filter_delete(made.id)
    assert mine.filters() == []
    assert mine.filters_v2() == []


def test_another_persons_filter_is_not_there(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    said = ines.post("held")
    made = ines.client.post(
        "/api/v2/filters", json={"title": "mine", "context": ["home"], "keywords_attributes": [{"keyword": "x"}]}
    ).json()
    held = ines.client.post(f"/api/v2/filters/{made['id']}/statuses", json={"status_id": said["id"]}).json()
    word = made["keywords"][0]["id"]
    calls = [
        ("GET", f"/api/v2/filters/{made['id']}"), ("PUT", f"/api/v2/filters/{made['id']}"), ("DELETE", f"/api/v2/filters/{made['id']}"),
        ("GET", f"/api/v2/filters/{made['id']}/keywords"), ("POST", f"/api/v2/filters/{made['id']}/keywords"),
        ("GET", f"/api/v2/filters/keywords/{word}"), ("PUT", f"/api/v2/filters/keywords/{word}"), ("DELETE", f"/api/v2/filters/keywords/{word}"),
        ("GET", f"/api/v2/filters/{made['id']}/statuses"), ("POST", f"/api/v2/filters/{made['id']}/statuses"),
        ("GET", f"/api/v2/filters/statuses/{held['id']}"), ("DELETE", f"/api/v2/filters/statuses/{held['id']}"),
        ("GET", f"/api/v1/filters/{word}"), ("PUT", f"/api/v1/filters/{word}"), ("DELETE", f"/api/v1/filters/{word}"),
    ]  # fmt: skip
    for method, path in calls:
        body = None if method in ("GET", "DELETE") else {"keyword": "y", "phrase": "y", "status_id": said["id"]}
        assert noor.client.request(method, path, json=body).status_code == 404, (method, path)
    assert len(ines.client.get("/api/v2/filters").json()[0]["keywords"]) == 1
    hidden = noor.post("for me", visibility="direct")
    assert ines.client.post(f"/api/v2/filters/{made['id']}/statuses", json={"status_id": hidden["id"]}).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": "", "context": ["home"]}, {"title": "x", "context": []}, {"title": "x", "context": ["everywhere"]},
        {"title": "x" * 101, "context": ["home"]},
        {"title": "x", "context": ["home"], "filter_action": "burn"}, {"title": "x", "context": ["home"], "expires_in": 0},
        {"title": "x", "context": ["home"], "expires_in": "soon"}, {"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": " "}]},
        {"title": "x", "context": ["home"], "keywords_attributes": [{"keyword": "k" * 201}]},
    ],
)  # fmt: skip
def test_a_filter_that_does_not_fit_is_refused(newcomer: New, wrong: dict[str, object]) -> None:
    ines = newcomer()
    assert ines.client.post("/api/v2/filters", json=wrong).status_code == 422
    assert ines.client.get("/api/v2/filters").json() == []


@dataclass
class Said:
    """As much of a post as a filter asks for."""

    id: int
    text: str
    spoiler: str = ""


async def test_who_has_no_filters_costs_no_query_and_an_end_is_an_end(newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    me = int(ines.id)
    async with pool.reading() as db:
        assert await filters.matching(db, None, [Said(1, "x")]) == {}
        assert await filters.matching(db, me, [Said(1, "x")]) == {}
    assert filters.kept.get(me) == []
    ines.client.post(
        "/api/v2/filters",
        json={"title": "t", "context": ["home"], "filter_action": "hide", "keywords_attributes": [{"keyword": "a+b"}]},
    )
    filters.kept.forget(me)
    async with pool.transaction() as db:
        found = await filters.matching(db, me, [Said(1, "is A+B"), Said(2, "aab")])
        assert list(found) == [1]
        assert filters.hides(found[1], "home")
        assert not filters.hides(found[1], "thread")
        await db.execute("update social.filters set expires_at = now() - interval '1 second' where account_id = %s", me)
        filters.kept.forget(me)
        assert await filters.matching(db, me, [Said(1, "is A+B")]) == {}
        assert len(await filter_rows.of(db, me)) == 1
