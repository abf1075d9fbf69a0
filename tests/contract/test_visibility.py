"""Who may see a post, as a matrix: through the API for every combination, and in SQL for whatever Hypothesis thinks of."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bowerbird.core.database import Database, Pool
from bowerbird.core.ids import new_id
from bowerbird.core.paging import Page
from bowerbird.social import timelines
from bowerbird.social.visibility import visible_to, visible_to_each
from tests.conftest import Member

New = Callable[..., Member]
VISIBILITIES = ("public", "unlisted", "private", "direct")
RELATIONS = ("nobody", "stranger", "follower", "mentioned", "blocked", "blocking", "muting", "filtering", "author")
SEEN = {  # by relation: which visibilities, while the post stands
    "nobody": {"public", "unlisted"},
    "stranger": {"public", "unlisted"},
    "follower": {"public", "unlisted", "private"},
    "mentioned": set(VISIBILITIES),
    "blocked": set(),
    "blocking": set(),
    "muting": {"public", "unlisted", "private"},  # a mute is about lists, not about leave; this one follows too
    "filtering": {"public", "unlisted", "private"},
    "author": set(VISIBILITIES),
}


@pytest.fixture(scope="module")
def cast(newcomer: New) -> dict[str, Member]:
    """An author, and someone of each relation to them."""
    people = {name: newcomer() for name in RELATIONS if name != "nobody"}
    author = people["author"]
    for name in ("follower", "muting", "filtering"):
        people[name].follow(author)
    assert author.client.post(f"/api/v1/accounts/{people['blocked'].id}/block").status_code == 200
    assert people["blocking"].client.post(f"/api/v1/accounts/{author.id}/block").status_code == 200
    assert people["muting"].client.post(f"/api/v1/accounts/{author.id}/mute").status_code == 200
    hidden = {"title": "no", "context": ["home"], "filter_action": "hide", "keywords_attributes": [{"keyword": "lanterns"}]}
    assert people["filtering"].client.post("/api/v2/filters", json=hidden).status_code == 200
    return people


@pytest.mark.parametrize(("visibility", "deleted"), list(itertools.product(VISIBILITIES, (False, True))))
def test_the_matrix_through_the_api(cast: dict[str, Member], visitor: httpx.Client, visibility: str, deleted: bool) -> None:
    author = cast["author"]
    text = f"lanterns for @{cast['mentioned'].name} #visible{visibility}"
    said = author.post(text, visibility=visibility)
    if deleted:
        assert author.client.delete(f"/api/v1/statuses/{said['id']}").status_code == 200
    for relation in RELATIONS:
        client = visitor if relation == "nobody" else cast[relation].client
        sees = not deleted and visibility in SEEN[relation]
        one = client.get(f"/api/v1/statuses/{said['id']}").status_code
        assert (one == 200) == sees, (relation, one)
        profile = [s["id"] for s in client.get(f"/api/v1/accounts/{author.id}/statuses?limit=40").json()]
        assert (said["id"] in profile) == sees, relation
        several = [s["id"] for s in client.get("/api/v1/statuses", params={"id[]": said["id"]}).json()]
        assert (said["id"] in several) == sees, relation
        tagged = [s["id"] for s in client.get(f"/api/v1/timelines/tag/visible{visibility}").json()]
        listed = sees and visibility == "public" and relation != "muting"
        assert (said["id"] in tagged) == listed, relation
        if relation == "nobody":
            continue
        home = [s["id"] for s in client.get("/api/v1/timelines/home?limit=40").json()]
        at_home = sees and (
            relation in ("author", "follower", "filtering") or (relation == "mentioned" and visibility == "direct")
        )
        assert (said["id"] in home) == at_home, relation
        acts = client.post(f"/api/v1/statuses/{said['id']}/bookmark").status_code
        assert (acts == 200) == sees, (relation, acts)
        quoted = client.post("/api/v1/statuses", json={"status": "see", "quoted_status_id": said["id"]}).status_code
        may_quote = sees and (visibility in ("public", "unlisted") or (relation == "author" and visibility != "direct"))
        assert (quoted == 200) == may_quote, (relation, quoted)


def test_a_filter_names_itself_and_hides_nothing_from_programs(cast: dict[str, Member]) -> None:
    said = cast["author"].post("two lanterns and a boat")
    home = cast["filtering"].client.get("/api/v1/timelines/home").json()
    mine = next(s for s in home if s["id"] == said["id"])
    assert [(f["filter"]["filter_action"], f["keyword_matches"]) for f in mine["filtered"]] == [("hide", ["lanterns"])]
    assert next(s for s in cast["follower"].home() if s["id"] == said["id"])["filtered"] == []


world = st.fixed_dictionaries(
    {
        "visibility": st.sampled_from(("public", "unlisted", "followers", "direct")),
        "deleted": st.booleans(),
        "follows": st.booleans(),
        "mentioned": st.booleans(),
        "i_block": st.booleans(),
        "they_block": st.booleans(),
        "i_mute": st.sampled_from((None, "for good", "past")),
        "same": st.booleans(),
        "boosted": st.booleans(),
    }
)


async def _build(db: Database, world_: dict[str, object]) -> tuple[int, int, int]:
    """(author, viewer, post) as the world says."""
    author, viewer, post = new_id(), new_id(), new_id()
    for id_ in (author, viewer):
        await db.execute("insert into accounts.people (id, username) values (%s, %s)", id_, f"w{id_ % 10**12}")
    if world_["same"]:
        viewer = author
    await db.execute(
        "insert into social.posts (id, author_id, text, visibility, thread_id, deleted_at) values (%s, %s, 'x', %s, %s, %s)",
        post, author, world_["visibility"], post, "2026-01-01" if world_["deleted"] else None,
    )  # fmt: skip
    if world_["follows"] and viewer != author:
        await db.execute(
            "insert into social.follows (follower_id, followed_id, id) values (%s, %s, %s)", viewer, author, new_id()
        )
    if world_["mentioned"]:
        await db.execute("insert into social.mentions (post_id, account_id) values (%s, %s)", post, viewer)
    for holds, one, other in ((world_["i_block"], viewer, author), (world_["they_block"], author, viewer)):
        if holds and viewer != author:
            await db.execute("insert into social.blocks (account_id, blocked_id, id) values (%s, %s, %s)", one, other, new_id())
    if world_["i_mute"] and viewer != author:
        until = "2026-01-01" if world_["i_mute"] == "past" else None
        await db.execute(
            "insert into social.mutes (account_id, muted_id, id, until) values (%s, %s, %s, %s)", viewer, author, new_id(), until
        )
    return author, viewer, post


def _seen(world_: dict[str, object]) -> bool:
    """The rule in plain words, written apart from the SQL."""
    if world_["deleted"]:
        return False
    if world_["same"]:
        return True
    if world_["i_block"] or world_["they_block"]:
        return False
    if world_["visibility"] in ("public", "unlisted") or world_["mentioned"]:
        return True
    return bool(world_["visibility"] == "followers" and world_["follows"])


async def test_the_gate_in_sql_is_the_rule_in_words(pool: Pool) -> None:
    checked: list[dict[str, object]] = []

    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(world)
    def collect(world_: dict[str, object]) -> None:
        checked.append(world_)

    collect()
    async with pool.reading() as db:
        for world_ in checked:
            async with db.connection.transaction(force_rollback=True):
                author, viewer, post = await _build(db, world_)
                gate = visible_to(viewer)
                alone = await db.value(f"select count(*) from social.posts p where p.id = %s and {gate.sql}", post, *gate.args)
                many = await db.value(
                    f"select count(*) from unnest(%s::bigint[]) v join social.posts p on p.id = %s where {visible_to_each('v')}",
                    [viewer],
                    post,
                )
                expected = _seen(world_)
                assert (alone, many) == (int(expected), int(expected)), world_
                muted = world_["i_mute"] == "for good" and viewer != author
                assert await timelines.readers(db, post, [viewer]) == ([viewer] if expected and not muted else []), world_
                profile = await timelines.profile(db, viewer, author, Page())
                assert [p.id for p in profile] == ([post] if expected else []), world_
                local = [p.id for p in await timelines.local(db, viewer, Page(limit=40))]
                assert (post in local) == (expected and world_["visibility"] == "public" and not muted), world_
