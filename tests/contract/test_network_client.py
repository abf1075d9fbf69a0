"""The same things as Mastodon.py does them, nothing changed in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from mastodon import Mastodon, MastodonNotFoundError

from tests.conftest import House, Member
from tests.contract.test_media_api import large
from tests.unit.test_media import encoded

New = Callable[..., Member]


def client(house: House, who: Member) -> Mastodon:
    return Mastodon(access_token=who.token, api_base_url=house.url, version_check_mode="none")


def test_pictures(house: House, newcomer: New) -> None:
    masto = client(house, newcomer())
    small = masto.media_post(encoded("PNG"), mime_type="image/png", description="dots", focus=(0.5, 0.5))
    assert (small.description, small.url is not None, small.meta.focus.x) == ("dots", True, 0.5)
    big = masto.media_post(large(), mime_type="image/jpeg", synchronous=True)
    assert big.url is not None
    assert masto.media_update(small.id, description="other dots").description == "other dots"
    assert masto.media(small.id).description == "other dots"
    with pytest.raises(MastodonNotFoundError):
        client(house, newcomer()).media(big.id)
    said = masto.status_post("two", media_ids=[small])
    assert [m.id for m in said.media_attachments] == [small.id]


def test_polls_and_posts_to_come(house: House, newcomer: New) -> None:
    member = newcomer()
    ines, noor = client(house, member), client(house, newcomer())
    poll = member.post("which?", poll={"options": ["fox", "owl"], "expires_in": 600, "multiple": True})["poll"]
    voted = noor.poll_vote(poll["id"], [0, 1])
    assert (voted.votes_count, voted.voters_count, voted.own_votes, noor.poll(poll["id"]).voted) == (2, 1, [0, 1], True)
    planned = ines.status_post("later", scheduled_at=datetime.now(UTC) + timedelta(hours=2), spoiler_text="soon")
    assert (planned.params.text, planned.params.spoiler_text) == ("later", "soon")
    assert [p.id for p in ines.scheduled_statuses()] == [planned.id]
    moved = ines.scheduled_status_update(planned, datetime.now(UTC) + timedelta(hours=5))
    assert moved.scheduled_at > datetime.now(UTC) + timedelta(hours=4)
    ines.scheduled_status_delete(planned)
    assert ines.scheduled_statuses() == []


def test_search_and_trends(house: House, newcomer: New) -> None:
    member = newcomer()
    masto = client(house, member)
    said = masto.status_post("a wobblegong under #wobblereef")
    found = masto.search("wobblegong")
    assert [s.id for s in found.statuses] == [said.id]
    assert [t.name for t in masto.search("#wobblereef", result_type="hashtags").hashtags] == ["wobblereef"]
    assert masto.search_v2(member.name, result_type="accounts").accounts[0].id == masto.me().id
    assert isinstance(masto.trending_tags(), list)
    assert isinstance(masto.trending_statuses(), list)
    assert isinstance(masto.trending_links(), list)
