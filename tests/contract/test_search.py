"""Search: words, operators, words nearly right, meaning, tags and people; and only what the viewer may see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from bowerbird.core.database import Pool
from bowerbird.inference import embeddings
from bowerbird.social import meanings, queries, search
from tests.conftest import House, Member, picture_of
from tests.unit.test_media import encoded

New = Callable[..., Member]


def found(client: httpx.Client, q: str, **more: Any) -> list[str]:
    answer = client.get("/api/v2/search", params={"q": q, "type": "statuses", **more})
    assert answer.status_code == 200, answer.text
    return [s["id"] for s in answer.json()["statuses"]]


def test_operators_narrow(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    media = ines.client.post("/api/v1/media", files={"file": ("x.png", encoded("PNG"))}).json()["id"]
    poll = {"options": ["a", "b"], "expires_in": 600}
    plain = ines.post("zibbet plain", language="de")["id"]
    pictured = ines.post("zibbet pictured", media_ids=[media])["id"]
    asked = ines.post("zibbet asked", poll=poll)["id"]
    linked = ines.post("zibbet linked https://example.org/zibbet")["id"]
    warned = ines.post("zibbet warned", sensitive=True)["id"]
    reply = noor.post("zibbet replied", in_reply_to_id=plain, language="fr")["id"]
    every = {plain, pictured, asked, linked, warned, reply}
    today, tomorrow = datetime.now(UTC).date(), datetime.now(UTC).date() + timedelta(days=1)
    expected = {
        "zibbet": every, f"zibbet from:{noor.name}": {reply}, f"zibbet -from:@{noor.name}": every - {reply}, "zibbet from:me": every - {reply},
        "zibbet has:media": {pictured}, "zibbet has:image": {pictured}, "zibbet has:poll": {asked}, "zibbet has:link": {linked},
        "zibbet has:embed": set(), "zibbet is:reply": {reply}, "zibbet -is:reply": every - {reply}, "zibbet is:sensitive": {warned},
        "zibbet is:quote": set(), "zibbet language:de": {plain}, f"zibbet during:{today}": every, f"zibbet before:{today}": set(),
        f"zibbet after:{today}": set(), f"zibbet before:{tomorrow}": every, "zibbet during:never": set(), "zibbet has:nothing": set(),
        "zibbet -plain -asked": every - {plain, asked}, '"zibbet pictured"': {pictured}, "zibbet in:library": every - {reply},
        "zibbet in:public": every, "zibbet in:nowhere": set(), "zibbet from:nobody_at_all": set(), "zibbet -from:nobody_at_all": every,
    }  # fmt: skip
    for query, ids in expected.items():
        assert set(found(ines.client, query)) == ids, query
    assert set(found(ines.client, f"from:{ines.name} language:de")) == {plain}


def test_what_is_private_is_found_by_those_who_may_see_it_and_know_it(newcomer: New, visitor: httpx.Client) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    noor.follow(ines)
    public = ines.post("quollberry in the open")["id"]
    quiet = ines.post("quollberry for friends", visibility="private")["id"]
    direct = ines.post(f"quollberry for @{noor.name}", visibility="direct")["id"]
    assert set(found(ines.client, "quollberry")) == {public, quiet, direct}
    assert found(noor.client, "quollberry") == [public]
    noor.client.post(f"/api/v1/statuses/{quiet}/bookmark")
    assert set(found(noor.client, "quollberry")) == {public, quiet}
    assert found(noor.client, "quollberry in:library") == [quiet]
    assert (found(sam.client, "quollberry"), found(visitor, "quollberry")) == ([public], [public])
    ines.client.post(f"/api/v1/accounts/{sam.id}/block")
    assert found(sam.client, "quollberry") == []


async def test_who_does_not_want_to_be_found_is_not(newcomer: New, pool: Pool, visitor: httpx.Client) -> None:
    ines, noor = newcomer(), newcomer()
    said = ines.post("wumpusgrass")["id"]
    async with pool.transaction() as db:
        await db.execute("update accounts.people set indexable = false where id = %s", int(ines.id))
    assert said in found(ines.client, "wumpusgrass")  # by its meaning a made-up word may lead to other made-up words too
    assert said not in found(noor.client, "wumpusgrass") + found(visitor, "wumpusgrass")


def test_prompts_and_descriptions_are_searched_too(newcomer: New) -> None:
    ines = newcomer()
    made = picture_of(ines, "a fox beside a xylobridge")["candidates"][0]
    shown = ines.post("no such word here", media_ids=[made["media_id"]])["id"]
    media = ines.client.post(
        "/api/v1/media", files={"file": ("x.png", encoded("PNG"))}, data={"description": "a vorpalfern"}
    ).json()["id"]
    described = ines.post("nor here", media_ids=[media])["id"]
    assert found(ines.client, "xylobridge")[0] == shown
    assert found(ines.client, "vorpalfern")[0] == described


def test_a_word_nearly_right_is_found(newcomer: New) -> None:
    ines = newcomer()
    said = ines.post("the lighthouse of Skrimshander at dusk")["id"]
    assert found(ines.client, "skrimshandr") == [said]
    assert found(ines.client, '"skrimshandr"') == []
    assert found(ines.client, "skrimshandr -dusk") == []


async def test_meaning_is_found_without_the_word_and_through_the_gates(
    newcomer: New, pool: Pool, house: House, monkeypatch: Any
) -> None:
    ines, sam = newcomer(), newcomer()
    open_, quiet = ines.post("My kitten sleeps on the sofa")["id"], ines.post("a kitten naps", visibility="private")["id"]
    for variable in ("DATA_DIR", "RUNNER_PORT"):
        monkeypatch.setenv(f"BOWERBIRD_{variable}", house.env[f"BOWERBIRD_{variable}"])
    embeddings.settings.cache_clear()
    try:
        reader = meanings.Reader()
        for _ in range(60):
            async with pool.reading() as db:
                unread = await reader.unread(db)
            vectors = await embeddings.of([said for _, said in unread])
            async with pool.transaction() as db:
                await meanings.keep(db, [(id_, vector) for (id_, _), vector in zip(unread, vectors, strict=True)])
            reader.go_on()
            if len(unread) < embeddings.TEXTS_MAX:
                break
        asked = await meanings.of_words("a cat resting on a couch")
    finally:
        embeddings.settings.cache_clear()
    assert asked
    async with pool.reading() as db:
        near = await search.best(db, int(sam.id), queries.parse("a cat resting on a couch", int(sam.id)), asked)
        without = await search.best(db, int(sam.id), queries.parse("a cat resting on a couch -sofa", int(sam.id)), asked)
    assert int(open_) in [p.id for p in near]
    assert not {int(open_), int(quiet)} & {p.id for p in without}
    assert int(quiet) not in [p.id for p in near]


async def test_without_the_model_there_is_only_no_meaning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOWERBIRD_RUNNER_PORT", "1")
    embeddings.settings.cache_clear()
    monkeypatch.setattr(meanings, "_away_until", 0.0)
    try:
        assert await meanings.of_words("nobody asked this before") is None
        assert await meanings.of_words("nor this") is None
    finally:
        embeddings.settings.cache_clear()


async def test_the_page_reads_on_where_it_stopped(newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    ids = [int(ines.post(f"snickerdoodlewood {n}")["id"]) for n in range(3)]
    async with pool.reading() as db:
        first = await search.by_words(db, None, "snickerdoodlewood", limit=2)
        rest = await search.by_words(db, None, f"snickerdoodlewood from:{ines.name}", before=first[-1].id)
        assert await search.by_words(db, None, " ") == []
    assert [p.id for p in first + rest] == ids[::-1]


def test_orders_are_fused_by_rank() -> None:
    assert search.fused([[1, 2, 3], [3, 1]]) == [1, 3, 2]
    assert search.fused([]) == []


def test_tags_and_people_are_found_by_how_they_begin(newcomer: New, visitor: httpx.Client) -> None:
    ines, sam = newcomer(), newcomer()
    ines.post("#Zephyrlake and #zephyrlakeside")
    ines.post("#zephyrlakeside")
    answer = visitor.get("/api/v2/search", params={"q": "#zephyrl", "type": "hashtags"}).json()
    assert [t["name"] for t in answer["hashtags"]] == ["zephyrlakeside", "zephyrlake"]
    assert (answer["hashtags"][0]["history"][0]["uses"], len(answer["hashtags"][0]["history"])) == ("2", 7)
    exact = visitor.get("/api/v2/search", params={"q": "zephyrlake"}).json()["hashtags"]
    assert [t["name"] for t in exact] == ["zephyrlake", "zephyrlakeside"]
    for typed in (ines.name[:-1], f"@{ines.name}", ines.name.upper()):
        people = visitor.get("/api/v2/search", params={"q": typed, "type": "accounts"}).json()["accounts"]
        assert people[0]["id"] == ines.id
    following = sam.client.get("/api/v2/search", params={"q": ines.name, "type": "accounts", "following": "true"}).json()
    assert following["accounts"] == []
    ines.client.post(f"/api/v1/accounts/{sam.id}/block")
    still = sam.client.get("/api/v2/search", params={"q": ines.name, "type": "accounts"}).json()["accounts"]
    assert ines.id not in [one["id"] for one in still]  # others are called much the same


def test_an_address_of_this_house_leads_to_what_lies_there(newcomer: New, house: House, visitor: httpx.Client) -> None:
    ines = newcomer()
    said, quiet = ines.post("over here"), ines.post("quietly", visibility="private")
    assert found(visitor, said["url"]) == [said["id"]]
    assert found(visitor, quiet["url"]) == []
    people = visitor.get("/api/v2/search", params={"q": f"{house.url}/@{ines.name}", "type": "accounts"}).json()["accounts"]
    assert people[0]["id"] == ines.id


def test_pages_of_a_search_neither_skip_nor_repeat(newcomer: New) -> None:
    ines = newcomer()
    ids = [ines.post(f"grumbletwig {n}")["id"] for n in range(5)]
    pages = [found(ines.client, "grumbletwig", limit=2, offset=n) for n in (0, 2, 4)]
    assert sorted(id_ for page in pages for id_ in page) == sorted(ids)
    assert found(ines.client, "grumbletwig", account_id="12") == []


@pytest.mark.parametrize("q", ["", " ", "x" * 201])
def test_a_search_for_nothing_or_everything_is_refused(visitor: httpx.Client, q: str) -> None:
    assert visitor.get("/api/v2/search", params={"q": q}).status_code == 422


@pytest.mark.parametrize(
    "q",
    ["'", '"', "-", "- -", "or", "((", "from:", 'from:"', "before:9999-99-99", "after:0001-01-01", "%", "_", "\\", "a -", "è #"],
)
def test_any_query_is_answered(visitor: httpx.Client, q: str) -> None:
    assert visitor.get("/api/v2/search", params={"q": q}).status_code == 200
    assert visitor.get("/api/v2/search", params={"q": "x", "type": "nothing"}).status_code == 422
