"""Polls: asked with a post, chosen in once, over at their time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from bowerbird.core.database import Pool
from bowerbird.social import votes
from tests.conftest import Member

New = Callable[..., Member]
ASK = {"options": ["fox", "owl", "hare"], "expires_in": 3600}


def asked(who: Member, **more: Any) -> dict[str, Any]:
    """A post with a poll; `visibility` of the post."""
    visibility = more.pop("visibility", "public")
    return who.post("which one?", poll={**ASK, **more}, visibility=visibility)


def choose(who: Member, poll: dict[str, Any], *choices: int) -> httpx.Response:
    return who.client.post(f"/api/v1/polls/{poll['id']}/votes", json={"choices": list(choices)})


def test_a_poll_is_asked_and_everyone_chooses_once(newcomer: New, visitor: httpx.Client) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    said = asked(ines)
    poll = said["poll"]
    assert [o["title"] for o in poll["options"]] == ASK["options"]
    assert (poll["voted"], poll["own_votes"], poll["expired"], poll["multiple"], poll["votes_count"]) == (
        True,
        [],
        False,
        False,
        0,
    )
    seen = noor.client.get(f"/api/v1/statuses/{said['id']}").json()["poll"]
    assert (seen["id"], seen["voted"], seen["own_votes"]) == (poll["id"], False, [])
    chosen = choose(noor, poll, 1)
    assert (chosen.status_code, chosen.json()["own_votes"], chosen.json()["voted"]) == (200, [1], True)
    assert choose(sam, poll, 1).json()["options"][1]["votes_count"] == 2
    assert choose(noor, poll, 2).json()["error"] == "You have voted in this poll already."
    assert choose(ines, poll, 0).json()["error"] == "That is your own poll."
    now = visitor.get(f"/api/v1/polls/{poll['id']}").json()
    assert (now["votes_count"], now["voters_count"], "voted" in now) == (2, 2, False)
    assert [o["votes_count"] for o in visitor.get(f"/api/v1/statuses/{said['id']}").json()["poll"]["options"]] == [0, 2, 0]
    assert noor.client.get(f"/api/v1/statuses/{said['id']}").json()["poll"]["own_votes"] == [1]


def test_several_answers_only_where_they_may(newcomer: New) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    one, many = asked(ines)["poll"], asked(ines, multiple=True)["poll"]
    assert choose(noor, one, 0, 1).status_code == 422
    both = choose(noor, many, 2, 0, 2).json()
    assert (both["own_votes"], both["votes_count"], both["voters_count"]) == ([0, 2], 2, 1)
    for wrong in ([], [3], [-1], [9999]):
        assert choose(sam, many, *wrong).status_code == 422
    assert sam.client.post(f"/api/v1/polls/{many['id']}/votes", data={"choices[]": ["1"]}).json()["own_votes"] == [1]


@pytest.mark.parametrize(
    "poll",
    [
        {"options": ["one"], "expires_in": 3600}, {"options": ["a", "a"], "expires_in": 3600}, {"options": ["a", " "], "expires_in": 3600},
        {"options": list("abcde"), "expires_in": 3600}, {"options": ["a", "b" * 51], "expires_in": 3600},
        {"options": ["a", "b"], "expires_in": 299}, {"options": ["a", "b"], "expires_in": 30 * 86_400 + 1},
    ],
)  # fmt: skip
def test_a_poll_that_does_not_fit_is_refused_with_its_post(newcomer: New, poll: dict[str, Any]) -> None:
    ines = newcomer()
    assert ines.client.post("/api/v1/statuses", json={"status": "which?", "poll": poll}).status_code == 422
    assert ines.client.get(f"/api/v1/accounts/{ines.id}/statuses").json() == []


def test_a_poll_is_as_private_as_its_post(newcomer: New, visitor: httpx.Client) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    noor.follow(ines)
    poll = asked(ines, visibility="private")["poll"]
    assert visitor.get(f"/api/v1/polls/{poll['id']}").status_code == 404
    assert (sam.client.get(f"/api/v1/polls/{poll['id']}").status_code, choose(sam, poll, 0).status_code) == (404, 404)
    assert choose(noor, poll, 0).status_code == 200


async def test_when_it_is_over_its_people_are_told_once(newcomer: New, pool: Pool) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    said = asked(ines, hide_totals=True)
    poll = said["poll"]
    hidden = choose(noor, poll, 0).json()
    assert ([o["votes_count"] for o in hidden["options"]], hidden["voters_count"]) == ([None, None, None], 1)
    async with pool.transaction() as db:
        await votes.end(db, int(poll["id"]))  # not yet: nothing happens
        await db.execute("update social.polls set expires_at = now() - interval '1 minute' where id = %s", int(poll["id"]))
    for _ in range(2):
        async with pool.transaction() as db:
            await votes.end_due(db)
            await votes.end(db, int(poll["id"]))
    for who in (ines, noor):
        told = who.client.get("/api/v1/notifications").json()
        assert [(n["type"], n["status"]["id"]) for n in told] == [("poll", said["id"])], who
    assert sam.client.get("/api/v1/notifications").json() == []
    over = noor.client.get(f"/api/v1/polls/{poll['id']}").json()
    assert (over["expired"], [o["votes_count"] for o in over["options"]]) == (True, [1, 0, 0])
    assert choose(sam, poll, 1).json()["error"] == "That poll is over."
    assert datetime.fromisoformat(over["expires_at"]) < datetime.now(UTC)


async def test_a_poll_of_a_post_taken_away_ends_in_silence(newcomer: New, pool: Pool) -> None:
    ines, noor = newcomer(), newcomer()
    said = asked(ines)
    choose(noor, said["poll"], 0)
    ines.client.delete(f"/api/v1/statuses/{said['id']}")
    async with pool.transaction() as db:
        await db.execute("update social.polls set expires_at = now() - interval '1 minute' where post_id = %s", int(said["id"]))
        await votes.end(db, int(said["poll"]["id"]))
    assert noor.client.get("/api/v1/notifications").json() == []
