"""The recipe of one's feed: read from plain words, edited, undone, running out, shared and taken over, through the Bower API."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest

from bowerbird.accounts import people
from bowerbird.core.database import Database, Pool
from bowerbird.core.errors import Conflict
from bowerbird.core.live import Hub
from bowerbird.feed import recipe as recipes
from bowerbird.feed import shared_recipes
from bowerbird.feed.recipe import VERSIONS_KEPT, Recipe, Wish
from tests.conftest import House, Member

New = Callable[..., Member]
API = "/api/bower/v1/feed"
EXAMPLE = "more watercolours, less politics until Sunday, never spiders, more from people I talk with"
EMPTY: dict[str, Any] = {
    "more": [], "less": [], "never": [], "dial": 0.0, "languages": [], "sensitive": "hide",
    "weights": dict.fromkeys(
        ["like", "remix", "reply", "follow", "share", "dwell", "hide", "report",
         "people_i_follow", "people_i_talk_with", "new_people", "popular", "fresh"], 1.0,
    ),
}  # fmt: skip


def standing(member: Member) -> dict[str, Any]:
    answer = member.client.get(f"{API}/recipe")
    assert answer.status_code == 200, answer.text
    return answer.json()


def say(member: Member, text: str, status: int = 200) -> dict[str, Any]:
    answer = member.client.put(f"{API}/recipe", json={"text": text})
    assert answer.status_code == status, answer.text
    return answer.json()


def words(recipe: dict[str, Any]) -> dict[str, list[str]]:
    return {section: [wish["words"] for wish in recipe[section]] for section in ("more", "less", "never")}


def test_plain_words_are_shown_back_before_they_count(newcomer: New) -> None:
    ines = newcomer()
    assert standing(ines) == {"recipe": EMPTY, "versions": 0, "shared": None, "credit": ""}
    proposed = ines.client.post(f"{API}/recipe/reading", json={"text": f"{EXAMPLE}, qwrt zxcv bnmk"}).json()
    assert [change.split(", until")[0] for change in proposed["changes"]] == [
        "More watercolours", "Less politics", "Never spiders", "More from people you talk with",
    ]  # fmt: skip
    assert proposed["unread"] == ["“qwrt zxcv bnmk”: this was not understood."]
    assert standing(ines)["recipe"] == EMPTY
    saved = say(ines, EXAMPLE)
    recipe = saved["recipe"]
    assert recipe == proposed["recipe"] == standing(ines)["recipe"]
    assert recipe["more"] == [{"words": "watercolours", "topics": ["watercolour"], "people": [], "strength": 1.0, "until": None}]
    assert recipe["weights"] == {**EMPTY["weights"], "people_i_talk_with": 1.5}
    until = datetime.fromisoformat(recipe["less"][0]["until"])
    assert (until.strftime("%A %H:%M"), until > datetime.now(UTC)) == ("Sunday 23:59", True)
    assert (saved["versions"], saved["changes"], saved["unread"]) == (1, proposed["changes"], [])
    assert say(ines, EXAMPLE)["versions"] == 1  # nothing has changed


def test_words_of_ones_own_are_read_by_their_meaning(newcomer: New) -> None:
    ines = newcomer()
    found = say(ines, "spiders creep me out, football is so boring, surprise me, what is the weather like")
    assert words(found["recipe"]) == {"more": [], "less": ["football"], "never": ["spiders"]}
    assert found["recipe"]["weights"]["new_people"] == 1.5
    assert found["unread"] == ["“what is the weather like”: this was not understood."]


def test_a_recipe_is_edited_as_a_whole(newcomer: New) -> None:
    ines = newcomer()
    say(ines, EXAMPLE)
    edited = {
        **standing(ines)["recipe"],
        "never": [{"words": "clowns"}, {"words": "@noor", "people": ["noor"]}, {"words": "my fears", "topics": ["snake", "#zorbs"]}],
        "dial": -0.5, "languages": ["en", "de", "en"], "weights": {"like": 0.5, "remix": 1},
    }  # fmt: skip
    answer = ines.client.put(f"{API}/recipe", json={"recipe": edited})
    assert answer.status_code == 200, answer.text
    recipe = answer.json()["recipe"]
    assert [(wish["topics"], wish["people"]) for wish in recipe["never"]] == [
        (["clown"], []), ([], ["noor"]), (["#zorb", "snake"], []),
    ]  # fmt: skip
    assert (recipe["dial"], recipe["languages"], recipe["weights"]) == (-0.5, ["en", "de"], {**EMPTY["weights"], "like": 0.5})
    assert words(recipe)["less"] == ["politics"]


@pytest.mark.parametrize(
    "body",
    [
        {}, {"text": "more foxes", "recipe": {}}, {"text": "x" * 2_001}, {"recipe": {"dial": 2}}, {"recipe": {"weights": {"like": 4}}},
        {"recipe": {"weights": {"money": 1}}}, {"recipe": {"more": [{"words": ""}]}}, {"recipe": {"more": [{"words": "x" * 121}]}},
        {"recipe": {"more": [{"words": "\u0000"}]}}, {"recipe": {"more": [{"words": "x", "strength": 9}]}},
        {"recipe": {"more": [{"words": "x", "people": ["No Name"]}]}}, {"recipe": {"more": [{"words": "x", "until": "2026-01-01T00:00:00"}]}},
        {"recipe": {"more": [{"words": f"x{n}"} for n in range(41)]}}, {"recipe": {"languages": ["English"]}}, {"recipe": {"sensitive": "maybe"}},
    ],
)  # fmt: skip
def test_what_is_out_of_bounds_is_refused(newcomer: New, body: dict[str, Any]) -> None:
    answer = newcomer().client.put(f"{API}/recipe", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


def test_each_change_is_a_version_and_can_be_undone(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    say(ines, "more foxes")
    say(ines, "never spiders")
    assert [(one["number"], one["said"]) for one in ines.client.get(f"{API}/recipe/versions").json()] == [
        (2, "never spiders"), (1, "more foxes"),
    ]  # fmt: skip
    assert ines.client.delete(f"{API}/recipe").json()["recipe"] == EMPTY
    undone = ines.client.post(f"{API}/recipe/undo").json()
    assert (words(undone["recipe"]), undone["versions"]) == ({"more": ["foxes"], "less": [], "never": ["spiders"]}, 2)
    assert words(ines.client.post(f"{API}/recipe/undo").json()["recipe"])["never"] == []
    assert ines.client.post(f"{API}/recipe/undo").json()["recipe"] == EMPTY
    assert ines.client.post(f"{API}/recipe/undo").status_code == 409
    assert noor.client.get(f"{API}/recipe/versions").json() == []


def test_a_wish_runs_out(newcomer: New, house: House) -> None:
    ines = newcomer()
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    past = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    sent = {"more": [{"words": "snow", "until": soon}, {"words": "rain", "until": past}], "never": [{"words": "clowns"}]}
    ines.client.put(f"{API}/recipe", json={"recipe": sent})
    assert words(standing(ines)["recipe"]) == {"more": ["snow"], "less": [], "never": ["clowns"]}
    with psycopg.connect(house.database_url, autocommit=True) as connection:
        connection.execute(
            "update feed.recipes set recipe = jsonb_set(recipe, '{more,0,until}', to_jsonb(%s::text)) where account_id = %s",
            (past, int(ines.id)),
        )
    assert words(standing(ines)["recipe"]) == {"more": [], "less": [], "never": ["clowns"]}


def test_a_shared_recipe_is_seen_taken_and_credited(newcomer: New, visitor: httpx.Client) -> None:
    ines, noor = newcomer(), newcomer()
    assert ines.client.post(f"{API}/recipe/share").status_code == 409  # there is nothing to take
    say(
        ines,
        f"more watercolours, more from @{noor.name}, never @{noor.name}x, never spiders, less from @someone, only in English",
    )
    slug = ines.client.post(f"{API}/recipe/share").json()["slug"]
    assert standing(ines)["shared"] == slug
    where = f"{API}/recipes/{slug}"
    shown = visitor.get(where).json()
    assert (shown["slug"], shown["author"]) == (slug, ines.name)
    assert words(shown["recipe"]) == {"more": ["watercolours", f"@{noor.name}"], "less": [], "never": ["spiders"]}
    assert "meaning" not in visitor.get(where).text
    say(noor, "never clowns")
    taken = noor.client.post(f"{where}/fork").json()
    assert (taken["recipe"], taken["credit"], taken["shared"]) == (shown["recipe"], f"from @{ines.name}'s recipe", None)
    assert say(noor, "more foxes")["credit"] == f"from @{ines.name}'s recipe"
    say(ines, "more owls")
    assert visitor.get(where).json() == shown  # a link holds what was shared
    assert ines.client.post(f"{API}/recipe/share").json()["slug"] == slug
    assert "owls" in words(visitor.get(where).json()["recipe"])["more"]
    assert noor.client.delete(f"{API}/recipe").json()["credit"] == ""
    for _ in range(3):
        undone = noor.client.post(f"{API}/recipe/undo").json()
    assert (words(undone["recipe"])["never"], undone["credit"]) == (["clowns"], "")
    noor.client.post(f"{where}/fork")
    assert ines.client.delete(f"{API}/recipe/share").json()["shared"] is None
    assert visitor.get(where).status_code == noor.client.post(f"{where}/fork").status_code == 404
    assert standing(noor)["credit"] == ""
    assert ines.client.post(f"{API}/recipe/share").json()["slug"] != slug


def test_whom_its_author_blocked_does_not_find_it(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    say(ines, "more foxes")
    slug = ines.client.post(f"{API}/recipe/share").json()["slug"]
    ines.client.post(f"/api/v1/accounts/{noor.id}/block")
    assert noor.client.get(f"{API}/recipes/{slug}").status_code == 404
    assert noor.client.post(f"{API}/recipes/{slug}/fork").status_code == 404


def test_a_token_reads_or_writes_as_it_may(newcomer: New, visitor: httpx.Client) -> None:
    reader, writer = newcomer(scopes="read"), newcomer(scopes="write")
    assert standing(reader)["recipe"] == EMPTY
    assert reader.client.post(f"{API}/recipe/reading", json={"text": "more foxes"}).status_code == 200
    assert reader.client.put(f"{API}/recipe", json={"text": "more foxes"}).status_code == 403
    for path in ("recipe/undo", "recipe/share", "recipes/x/fork"):
        assert reader.client.post(f"{API}/{path}").status_code == 403
    assert reader.client.delete(f"{API}/recipe").status_code == reader.client.delete(f"{API}/recipe/share").status_code == 403
    assert writer.client.get(f"{API}/recipe").status_code == 403
    assert visitor.get(f"{API}/recipe").status_code == visitor.put(f"{API}/recipe", json={"text": "x"}).status_code == 401
    assert visitor.get(f"{API}/recipes/nothing").status_code == 404


def test_a_time_is_meant_where_one_lives(newcomer: New) -> None:
    ines = newcomer()
    body = {"text": "less politics until Sunday", "timezone": "Pacific/Auckland"}
    answer = ines.client.put(f"{API}/recipe", json=body).json()
    assert datetime.fromisoformat(answer["recipe"]["less"][0]["until"]).hour in (10, 11)  # in UTC
    assert ines.client.put(f"{API}/recipe", json={**body, "timezone": "../../etc/passwd"}).status_code == 200


async def test_meanings_are_kept_for_what_stands_and_for_nothing_else(newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    say(ines, "more watercolours, less politics, never spiders")
    async with pool.reading() as db:
        found = await recipes.of(db, int(ines.id))
        assert [len(wish.meaning or ()) for wish in found] == [384, 384, 0]
        assert await recipes.of_all(db, [int(ines.id), 1]) == {int(ines.id): found}
        assert recipes.bare(found) == Recipe(
            more=[Wish(words="watercolours", topics=["watercolour"])],
            less=[Wish(words="politics", topics=["politics"])],
            never=[Wish(words="spiders", topics=["spider"])],
        )
        assert await recipes.of_all(db, []) == {}
    say(ines, "forget politics")
    async with pool.reading() as db:
        kept = await db.values("select words from feed.wish_meanings where account_id = %s", int(ines.id))
    assert kept == ["watercolours"]


async def test_every_change_is_told_at_once(newcomer: New, house: House) -> None:
    ines, hub = newcomer(), Hub(house.database_url)
    await hub.start()
    with hub.subscribe(f"feed:{ines.id}") as news:
        for change in (
            lambda: say(ines, "more foxes"),
            lambda: ines.client.post(f"{API}/recipe/undo"),
            lambda: ines.client.delete(f"{API}/recipe"),
        ):
            await asyncio.to_thread(change)
            told = await asyncio.wait_for(news.get(), 1)
            assert (told.kind, told.id) == ("recipe", ines.id)
    await hub.stop()


async def test_only_the_last_versions_are_kept(newcomer: New, db: Database) -> None:
    me = await people.by_id(db, int(newcomer().id))
    for number in range(VERSIONS_KEPT + 2):
        await recipes.save(db, me, Recipe(dial=number / 100))
    assert await recipes.versions_kept(db, me.id) == VERSIONS_KEPT
    for _ in range(VERSIONS_KEPT - 1):
        last = await recipes.undo(db, me)
    assert last.dial == 0.02
    with pytest.raises(Conflict):
        await recipes.undo(db, me)


async def test_who_leaves_takes_their_recipe_along(newcomer: New, db: Database) -> None:
    me, other = [await people.by_id(db, int(newcomer().id)) for _ in range(2)]
    meant = Wish(words="foxes", topics=["fox"], meaning=[0.0] * 384)
    await recipes.save(db, me, Recipe(more=[meant]))
    await shared_recipes.fork(db, other, await shared_recipes.share(db, me))
    await db.execute("delete from accounts.people where id = %s", me.id)
    for table in ("recipes", "shared_recipes", "wish_meanings"):
        assert await db.value(f"select count(*) from feed.{table} where account_id = %s", me.id) == 0
    assert [one.credit for one in await recipes.versions(db, other)] == [""]
