"""Every call that Mastodon.py has, by three people; what it has and we have not stands here with the reason."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mastodon import Mastodon
from mastodon.errors import MastodonAPIError, MastodonError, MastodonNotFoundError, MastodonServerError

from tests.conftest import House, Member
from tests.contract import test_oauth
from tests.unit.test_media import encoded

New = Callable[..., Member]
browser = test_oauth.browser
NEWER = "newer than Mastodon 4.4, whose API this is"
ELSEWHERE = "a report that a server makes of itself, and we do not"
EXEMPT = {
    **dict.fromkeys((
        "account_collections", "account_in_collections", "collection", "collection_create", "collection_delete", "collection_item_add",
        "collection_item_delete", "collection_item_revoke", "collection_update", "profile", "profile_update",
        "get_async_refresh_info", "get_async_refresh_status", "await_async_refresh",
    ), NEWER),
    **dict.fromkeys((
        "annual_report", "annual_report_generate", "annual_report_read", "annual_report_state", "annual_reports",
    ), ELSEWHERE),
    "stream_open_websocket": "wants one more package; test_streaming.py speaks over a WebSocket with a client of its own",
    "oauth_userinfo": "insists on https; test_oauth.py asks without the library",
    "reports": "gone since Mastodon 2.5: one does not read reports back",
    "set_language": "asks nothing of the server", "clear_caches": "asks nothing of the server",
    "get_supported_version": "asks nothing of the server", "get_status_length": "asks nothing of the server",
    "decode_blurhash": "asks nothing of the server",
}  # fmt: skip


def test_no_call_is_left_out() -> None:
    public = {
        name for name, _ in inspect.getmembers(Mastodon, inspect.isfunction) if name[0] != "_" and not name.startswith("admin_")
    }
    here = [ast.parse(path.read_text()) for path in Path(__file__).parent.glob("test_mastodonpy*.py")]
    driven = {
        node.func.attr
        for tree in here
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    assert sorted(public - driven - set(EXEMPT)) == []
    assert sorted(set(EXEMPT) - public) == []


@dataclass
class Three:
    """Three people, each with the library."""

    ines: Any
    noor: Any
    sam: Any


def client(house: House, member: Member) -> Any:
    return Mastodon(access_token=member.token, api_base_url=house.url, version_check_mode="none")


@pytest.fixture
def us(house: House, newcomer: New) -> Three:
    return Three(*(client(house, newcomer(scopes="read write follow push profile")) for _ in range(3)))


def ids(found: Any) -> list[str]:
    return [one.id for one in found]


def test_oneself(us: Three) -> None:
    me = us.ines.me()
    assert us.ines.account_verify_credentials().id == me.id
    changed = us.ines.account_update_credentials(
        display_name="Ines", note="blue things", avatar=encoded("PNG"), avatar_mime_type="image/png", header=encoded("PNG"),
        header_mime_type="image/png", locked=True, bot=True, discoverable=True, indexable=True, hide_collections=True,
        fields=[("bower", "north of the creek")], default_privacy="unlisted", default_sensitive=True, default_language="de",
    )  # fmt: skip
    assert (changed.display_name, changed.locked, changed.bot, changed.discoverable) == ("Ines", True, True, True)
    assert (changed.source.privacy, changed.source.sensitive, changed.source.language) == ("unlisted", True, "de")
    assert [(f.name, f.value) for f in changed.fields] == [("bower", "north of the creek")]
    assert "blue things" in changed.note
    bare = us.ines.account_delete_avatar()
    assert bare.avatar != changed.avatar
    assert us.ines.account_delete_header().header != changed.header
    assert us.ines.preferences()["posting:default:visibility"] == "unlisted"
    tag = us.ines.featured_tag_create("bluethings")
    assert [t.name for t in us.ines.featured_tags()] == ["bluethings"]
    assert [t.name for t in us.noor.account_featured_tags(me)] == ["bluethings"]
    us.ines.status_post("more #feathers", visibility="public")
    assert "feathers" in [t.name for t in us.ines.featured_tag_suggestions()]
    us.ines.featured_tag_delete(tag)
    assert us.ines.featured_tags() == []
    assert us.ines.tag_feature("feathers").featuring is True
    assert us.ines.tag_unfeature("feathers").featuring is False
    said = us.ines.status_post("read up to here")
    assert us.ines.markers_set("home", said)["home"].last_read_id == said.id
    assert us.ines.markers_get(["home"])["home"].version >= 1
    with pytest.raises(MastodonAPIError, match="awaiting"):  # there is nothing to confirm
        us.ines.email_resend_confirmation()


def test_finding_people(us: Three) -> None:
    ines, noor, sam = us.ines.me(), us.noor.me(), us.sam.me()
    assert us.noor.account(ines).username == ines.username
    assert set(ids(us.noor.accounts([ines, sam]))) == {ines.id, sam.id}
    assert us.noor.account_lookup(ines.acct).id == ines.id
    assert us.noor.account_search(ines.username)[0].id == ines.id
    assert us.noor.account_search(ines.username, following=True) == []
    assert us.noor.follows(ines.username).following is True
    assert ids(us.noor.account_search(ines.username, following=True)) == [ines.id]
    us.sam.account_follow(noor)
    us.sam.account_follow(ines)
    known = us.sam.account_familiar_followers([ines])
    assert [(k.id, ids(k.accounts)) for k in known] == [(ines.id, [noor.id])]
    assert ids(us.ines.account_followers(ines)) == [sam.id, noor.id]
    assert ids(us.ines.account_following(sam)) == [ines.id, noor.id]
    us.ines.account_update_credentials(discoverable=True)
    assert ines.id in ids(us.noor.directory(order="new", local=True, limit=80))
    us.noor.account_unfollow(ines)
    us.ines.account_update_credentials(discoverable=True)
    for suggested in (us.noor.suggestions(), us.noor.suggestions_v1()):
        assert noor.id not in ids(suggested)
    us.noor.suggestion_delete(ines)
    assert ines.id not in [s.account.id for s in us.noor.suggestions_v2()]


def test_how_people_stand_to_each_other(us: Three) -> None:
    ines, noor, sam = us.ines.me(), us.noor.me(), us.sam.me()
    stands = us.noor.account_follow(ines, reblogs=False, notify=True)
    assert (stands.following, stands.showing_reblogs, stands.notifying) == (True, False, True)
    assert us.noor.account_note_set(ines, "met at the creek").note == "met at the creek"
    assert us.noor.account_relationships([ines])[0].note == "met at the creek"
    assert us.noor.account_pin(ines).endorsed is True
    assert ids(us.noor.endorsements()) == [ines.id]
    assert us.noor.account_unpin(ines).endorsed is False
    assert us.noor.account_endorse(ines).endorsed is True
    assert us.noor.account_unendorse(ines).endorsed is False
    assert us.ines.account_remove_from_followers(noor).followed_by is False
    assert us.noor.account_mute(ines, notifications=False, duration=600).muting_notifications is False
    assert ids(us.noor.mutes()) == [ines.id]
    assert us.noor.account_unmute(ines).muting is False
    assert us.noor.account_block(ines).blocking is True
    assert ids(us.noor.blocks()) == [ines.id]
    assert us.noor.account_unblock(ines).blocking is False
    us.noor.domain_block("loud.example")
    assert us.noor.domain_blocks() == ["loud.example"]
    us.noor.domain_unblock("loud.example")
    assert us.noor.domain_blocks() == []
    us.ines.account_update_credentials(locked=True)
    assert us.noor.account_follow(ines).requested is True
    us.sam.account_follow(ines)
    assert set(ids(us.ines.follow_requests())) == {noor.id, sam.id}
    assert us.ines.follow_request_authorize(noor).followed_by is True
    assert us.ines.follow_request_reject(sam).followed_by is False
    assert us.ines.follow_requests() == []
    us.ines.account_block(sam)
    with pytest.raises(MastodonError):
        us.sam.account_follow(ines)


def test_posts(us: Three) -> None:
    said = us.ines.status_post("a #bowl of <blue>", spoiler_text="glass", language="en", idempotency_key="k1")
    assert us.ines.status_post("a #bowl of <blue>", idempotency_key="k1").id == said.id
    assert (said.content, said.sensitive, said.tags[0].name) == (us.noor.status(said).content, True, "bowl")
    assert us.ines.toot("plain").visibility == "public"
    answer = us.noor.status_reply(said, "I see it", untag=False)
    assert (answer.in_reply_to_id, answer.mentions[0].id) == (said.id, us.ines.me().id)
    around = us.sam.status_context(answer)
    assert (ids(around.ancestors), around.descendants) == ([said.id], [])
    assert set(ids(us.sam.statuses([said, answer]))) == {said.id, answer.id}
    changed = us.ines.status_update(said, "a #bowl of green", spoiler_text="glass")
    assert (changed.edited_at is not None, len(us.noor.status_history(said))) == (True, 2)
    assert us.ines.status_source(said).text == "a #bowl of green"
    assert us.noor.status_card(said) is None
    with pytest.raises((MastodonServerError, MastodonAPIError)):
        us.noor.status_translate(said, "de")
    for step, back, field in (
        (us.noor.status_favourite, us.noor.status_unfavourite, "favourited"),
        (us.noor.status_bookmark, us.noor.status_unbookmark, "bookmarked"),
        (us.ines.status_pin, us.ines.status_unpin, "pinned"),
        (us.ines.status_mute, us.ines.status_unmute, "muted"),
    ):
        assert (step(said)[field], back(said)[field]) == (True, False)
    gone = us.ines.status_delete(said, delete_media=True)
    assert gone.text == "a #bowl of green"
    with pytest.raises(MastodonAPIError):
        us.noor.status(said)


def test_reactions_as_the_library_names_them(us: Three) -> None:
    said = us.ines.status_post("like me")
    us.noor.status_favourite(said)
    assert us.noor.status_unfavourite(said).favourites_count == 0
    us.noor.status_favourite(said)
    us.noor.status_bookmark(said)
    us.noor.status_unbookmark(said)
    us.noor.status_bookmark(said)
    assert us.noor.status_reblog(said, visibility="unlisted").reblog.id == said.id
    assert ids(us.ines.status_favourited_by(said)) == ids(us.ines.status_reblogged_by(said)) == [us.noor.me().id]
    assert ids(us.noor.favourites()) == ids(us.noor.bookmarks()) == [said.id]
    assert us.noor.status_unreblog(said).reblogs_count == 0
    us.ines.status_pin(said)
    assert ids(us.noor.account_statuses(us.ines.me(), pinned=True)) == [said.id]
    assert us.ines.status_unpin(said).pinned is False
    assert us.ines.status_mute(said).muted is True
    assert us.ines.status_unmute(said).muted is False
    quote = us.noor.status_post("and I say", quoted_status_id=said)
    assert quote.quote.quoted_status.id == said.id
    assert ids(us.sam.status_quotes(said)) == [quote.id]
    assert us.ines.status_quote_revoke(said, quote).quote.state == "revoked"
    assert us.ines.status_update_quote_approval_policy(said, "nobody").quote_approval.automatic == []


def test_timelines_and_their_pages(us: Three) -> None:
    us.noor.account_follow(us.ines.me())
    said = [us.ines.status_post(f"number {n} #pagefall").id for n in range(5)]
    first = us.noor.timeline_home(limit=2)
    assert ids(first) == said[:2:-1]
    second = us.noor.fetch_next(first)
    assert ids(second) == said[2:0:-1]
    assert ids(us.noor.fetch_previous(second)) == said[:2:-1]
    assert ids(us.noor.fetch_remaining(us.noor.timeline_home(limit=2))) == said[::-1]
    assert str(us.noor.get_pagination_info(first, "next")["max_id"]) == said[3]
    assert [s.id for s in us.noor.pagination_iterator(us.noor.timeline("home", limit=3))] == said[::-1]
    assert [len(p) for p in us.noor.pagination_page_iterator(us.noor.timeline_home(limit=2))] == [2, 2, 1, 0]
    assert ids(us.noor.timeline_home(min_id=said[0], limit=2)) == [said[2], said[1]]
    assert said[-1] in ids(us.noor.timeline_local(limit=40))
    assert said[-1] in ids(us.noor.timeline_public(local=True, limit=40))
    assert us.noor.timeline_public(only_media=True, limit=40, min_id=said[0]) == []
    assert ids(us.noor.timeline_hashtag("pagefall")) == said[::-1]
    assert us.noor.timeline_is_available("public")
    assert us.noor.timeline_link("https://example.org/nothing-here") == []
    shelf = us.noor.list_create("Blue", replies_policy="none")
    us.noor.list_accounts_add(shelf, [us.ines.me()])
    after = us.ines.status_post("for the shelf")
    assert after.id in ids(us.noor.timeline_list(shelf))
    assert ids(us.noor.account_statuses(us.ines.me(), limit=1)) == [after.id]


def test_lists(us: Three) -> None:
    ines = us.ines.me()
    us.noor.account_follow(ines)
    shelf = us.noor.list_create("Blue", replies_policy="none", exclusive=True)
    assert (us.noor.list(shelf).exclusive, shelf.id in ids(us.noor.lists())) == (True, True)
    us.noor.list_accounts_add(shelf, [ines])
    assert ids(us.noor.list_accounts(shelf)) == ids(us.noor.account_lists(ines) and [ines]) == [ines.id]
    assert us.noor.list_update(shelf, "Bluer", replies_policy="list", exclusive=False).title == "Bluer"
    us.noor.list_accounts_delete(shelf, [ines])
    assert us.noor.list_accounts(shelf) == []
    with pytest.raises(MastodonNotFoundError):
        us.sam.list(shelf)
    us.noor.list_delete(shelf)
    assert shelf.id not in ids(us.noor.lists())
