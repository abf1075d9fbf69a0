"""The other half of what Mastodon.py can do: what one is told, filters, pictures, search, the house and its doors."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from mastodon import Mastodon, StreamListener
from mastodon.errors import MastodonNotFoundError

from bowerbird.core.database import Pool
from bowerbird.social import announcements
from tests.conftest import PASSWORD, House, Member
from tests.contract import test_mastodonpy, test_oauth
from tests.contract.test_mastodonpy import Three, ids
from tests.contract.test_media_api import large
from tests.unit.test_media import encoded

New = Callable[..., Member]
browser, us = test_oauth.browser, test_mastodonpy.us


def test_what_one_is_told(us: Three) -> None:
    said = us.ines.status_post("tell me")
    us.noor.status_favourite(said)
    us.sam.status_favourite(said)
    answer = us.noor.status_reply(said, "you are told")
    assert us.ines.notifications_unread_count().count == 3
    told = us.ines.notifications()
    assert [n.type for n in told] == ["mention", "favourite", "favourite"]
    assert us.ines.notifications(id=told[0]).status.id == answer.id
    assert ids(us.ines.notifications(types=["mention"])) == [told[0].id]
    grouped = us.ines.grouped_notifications(grouped_types=["favourite"])
    group = next(g for g in grouped.notification_groups if g.type == "favourite")
    assert (group.notifications_count, len(group.sample_account_ids)) == (2, 2)
    assert us.ines.grouped_notification(group.group_key).notification_groups[0].group_key == group.group_key
    assert {a.id for a in us.ines.grouped_notification_accounts(group.group_key)} == {us.noor.me().id, us.sam.me().id}
    assert us.ines.unread_grouped_notifications_count() == 2
    us.ines.dismiss_grouped_notification(group.group_key)
    assert [n.type for n in us.ines.notifications()] == ["mention"]
    us.ines.notifications_dismiss(told[0])
    us.sam.status_favourite(us.ines.status_post("again"))
    us.ines.notifications_clear()
    assert us.ines.notifications() == []


def test_strangers_wait_at_the_gate(us: Three) -> None:
    strict = us.ines.update_notifications_policy(for_not_following="filter")
    assert (strict.for_not_following, us.ines.notifications_policy().for_not_followers) == ("filter", "accept")
    name = us.ines.me().username
    for who in (us.noor, us.sam):
        who.status_post(f"@{name} hello")
    assert us.ines.notifications() == []
    waiting = us.ines.notification_requests()
    assert {r.account.id for r in waiting} == {us.noor.me().id, us.sam.me().id}
    first, second = waiting
    assert us.ines.notification_request(first).id == first.id
    us.ines.accept_notification_request(first)
    us.ines.dismiss_notification_request(second)
    assert [n.account.id for n in us.ines.notifications()] == [first.account.id]
    assert us.ines.notification_requests() == []
    assert us.ines.notifications_merged() is True
    again = us.noor if second.account.id == us.noor.me().id else us.sam
    again.status_post(f"@{name} hello again")
    us.ines.dismiss_multiple_notification_requests(us.ines.notification_requests())
    assert us.ines.notification_requests() == []
    again.status_post(f"@{name} and once more")
    us.ines.accept_multiple_notification_requests(us.ines.notification_requests())
    assert {n.account.id for n in us.ines.notifications()} == {first.account.id, second.account.id}


def test_filters_of_both_ages(us: Three) -> None:
    us.noor.account_follow(us.ines.me())
    said = us.ines.status_post("the spoons are here")
    kept = us.noor.create_filter_v2(
        "Cutlery", ["home"], "warn", expires_in=600, keywords_attributes=[{"keyword": "forks", "whole_word": True}]
    )
    word = us.noor.add_filter_keyword_v2(kept, "spoons", whole_word=True)
    assert {w.keyword for w in us.noor.filter_keywords_v2(kept)} == {"forks", "spoons"}
    assert us.noor.timeline_home()[0].filtered[0].keyword_matches == ["spoons"]
    us.noor.delete_filter_keyword_v2(word)
    assert us.noor.timeline_home()[0].filtered == []
    held = us.noor.add_filter_status_v2(kept, said)
    assert us.noor.filter_status_v2(held).status_id == said.id
    assert ids(us.noor.filter_statuses_v2(kept)) == [held.id]
    assert us.noor.timeline_home()[0].filtered[0].status_matches == [said.id]
    us.noor.delete_filter_status_v2(held)
    assert us.noor.update_filter_v2(kept, title="Knives", context=["public"], filter_action="hide").title == "Knives"
    assert (us.noor.filter_v2(kept).filter_action, ids(us.noor.filters_v2())) == ("hide", [kept.id])
    us.noor.delete_filter_v2(kept)
    assert us.noor.filters_v2() == []
    old = us.noor.filter_create("spoons", ["home"], whole_word=True, expires_in=600)
    assert us.noor.filter(old).phrase == "spoons"
    assert us.noor.filters_apply([said], us.noor.filters(), "home") == []
    assert us.noor.filter_update(old, phrase="ladles").phrase == "ladles"
    us.noor.filter_delete(old)
    assert us.noor.filters() == []


def test_pictures_polls_and_later(us: Three) -> None:
    picture = us.ines.media_post(encoded("PNG"), mime_type="image/png", description="dots", focus=(0.5, 0.5))
    assert us.ines.media_update(picture, description="other dots", focus=(0, 0)).description == "other dots"
    assert us.ines.media(picture).url
    big = us.ines.media_post(
        large(), mime_type="image/jpeg", synchronous=True, thumbnail=encoded("PNG"), thumbnail_mime_type="image/png"
    )
    said = us.ines.status_post("two", media_ids=[picture, big])
    told = us.ines.generate_media_edit_attributes(picture, description="dots again")
    edited = us.ines.status_update(said, "two", media_attributes=[told])
    assert edited.media_attachments[0].description == "dots again"
    asked = us.ines.status_post("which?", poll=us.ines.make_poll(["fox", "owl"], 600, multiple=True, hide_totals=True))
    assert us.noor.poll_vote(asked.poll, [0, 1]).own_votes == [0, 1]
    assert (us.noor.poll(asked.poll).voted, us.sam.poll(asked.poll).voted) == (True, False)
    at = datetime.now(UTC) + timedelta(hours=2)
    planned = us.ines.status_post("later", scheduled_at=at, media_ids=[us.ines.media_post(encoded("PNG"), mime_type="image/png")])
    assert (us.ines.scheduled_status(planned).params.text, ids(us.ines.scheduled_statuses())) == ("later", [planned.id])
    assert us.ines.scheduled_status_update(planned, at + timedelta(hours=1)).scheduled_at > at
    with pytest.raises(MastodonNotFoundError):
        us.noor.scheduled_status(planned)
    us.ines.scheduled_status_delete(planned)
    assert us.ines.scheduled_statuses() == []


def test_between_few(us: Three) -> None:
    us.ines.status_post(f"@{us.noor.me().username} come by", visibility="direct")
    talk = us.noor.conversations()[0]
    assert (talk.unread, ids(talk.accounts)) == (True, [us.ines.me().id])
    assert us.noor.conversations_read(talk).unread is False


def test_search_tags_and_trends(us: Three) -> None:
    said = us.ines.status_post("a quagglefin under #quaggle")
    assert ids(us.noor.search("quagglefin").statuses) == [said.id]
    assert ids(us.noor.search_v2("quagglefin", result_type="statuses", account_id=us.ines.me()).statuses) == [said.id]
    assert us.noor.search_v1("#quaggle").hashtags == ["quaggle"]
    assert us.noor.tag_follow("quaggle").following is True
    assert [t.name for t in us.noor.followed_tags()] == ["quaggle"]
    assert said.id not in ids(us.noor.timeline_home())  # followed after it was said
    assert (later := us.ines.status_post("more #quaggle")).id in ids(us.noor.timeline_home()), later
    assert (us.noor.tag("quaggle").following, us.noor.tag_unfollow("quaggle").following) == (True, False)
    for found in (us.noor.trending_tags(limit=5), us.noor.trending_statuses(), us.noor.trending_links(), us.noor.trends()):
        assert isinstance(found, list)


async def test_the_house(us: Three, pool: Pool, house: House) -> None:
    assert us.ines.instance().domain == us.ines.instance_v1().uri == us.ines.instance_v2().domain
    assert us.ines.retrieve_mastodon_version().startswith("4.4")
    assert us.ines.verify_minimum_version("4.3.0")
    assert isinstance(us.ines.get_approx_server_time(), datetime)
    assert len(us.ines.instance_activity()) == 12
    assert (us.ines.instance_peers(), us.ines.instance_domain_blocks()) == ([], [])
    assert us.ines.instance_health() is True
    assert us.ines.instance_nodeinfo().software.name == "bowerbird"
    assert isinstance(us.ines.instance_rules(), list)
    assert us.ines.instance_extended_description().content
    assert {"en"} <= {one.code for one in us.ines.instance_languages()}
    assert us.ines.instance_translation_languages() == {}
    assert isinstance(us.ines.instance_terms_of_service().content, str)
    assert isinstance(us.ines.custom_emojis(), list)
    assert us.ines.oauth_authorization_server_info().issuer.rstrip("/") == house.url
    async with pool.transaction() as db:
        await announcements.announce(db, "the creek is high")
    told = next(a for a in us.ines.announcements() if "creek" in a.content)
    us.ines.announcement_reaction_create(told, "💙")
    assert [(r.name, r.me) for r in next(a for a in us.ines.announcements() if a.id == told.id).reactions] == [("💙", True)]
    us.ines.announcement_reaction_delete(told, "💙")
    us.ines.announcement_dismiss(told)
    assert told.id not in ids(us.ines.announcements())
    said = us.noor.status_post("buy now")
    report = us.ines.report(us.noor.me(), status_ids=[said], comment="selling", category="spam", forward=False)
    assert (report.category, report.status_ids, report.target_account.id) == ("spam", [said.id], us.noor.me().id)


def test_push(us: Three) -> None:
    private, public = us.ines.push_subscription_generate_keys()
    made = us.ines.push_subscription_set(
        "https://push.example.org/1", public, mention_events=True, follow_events=False, policy="followed", standard=True
    )
    assert (made.alerts.mention, made.alerts.follow, made.policy) == (True, False, "followed")
    assert us.ines.push_subscription_update(follow_events=True, policy="all").alerts.follow is True
    assert us.ines.push_subscription().id == made.id
    us.ines.push_subscription_delete()
    with pytest.raises(MastodonNotFoundError):
        us.ines.push_subscription()
    with pytest.raises(ValueError, match=r".*"):  # what is not encrypted for us cannot be read; test_push.py reads what is
        us.ines.push_subscription_decrypt_push(b"x" * 64, private, "salt=AAAAAAAAAAAAAAAAAAAAAA", "dh=AAAA;p256ecdsa=AAAA")


def test_streams(us: Three) -> None:
    assert us.ines.stream_healthy()
    shelf = us.ines.list_create("Live")
    ears = StreamListener()
    handles = [
        us.ines.stream_user(ears, run_async=True), us.ines.stream_user_notifications(ears, run_async=True),
        us.ines.stream_public(ears, run_async=True), us.ines.stream_local(ears, run_async=True),
        us.ines.stream_hashtag("live", ears, run_async=True), us.ines.stream_list(shelf, ears, run_async=True),
        us.ines.stream_direct(ears, run_async=True),
    ]  # fmt: skip
    assert all(handle.is_alive() for handle in handles)
    with ThreadPoolExecutor(len(handles)) as pool:  # each ends with the next sign of life
        list(pool.map(lambda handle: handle.close(), handles))


def test_doors(house: House, newcomer: New, browser: httpx.Client, tmp_path: Path) -> None:
    ines = newcomer()
    id_, secret = Mastodon.create_app("library", scopes=["read", "write"], api_base_url=house.url)
    program = Mastodon(id_, secret, api_base_url=house.url, version_check_mode="none")
    where = program.auth_request_url(scopes=["read"], allow_http=True).removeprefix(house.url)
    test_oauth.sign_in(browser, ines.name)
    said = browser.post("/oauth/authorize", data={**test_oauth.hidden(browser.get(where).text), "decision": "yes"})
    program.log_in(code=test_oauth.returned(said)["code"], scopes=["read"], allow_http=True, to_file=str(tmp_path / "kept"))
    assert program.me().username == ines.name
    assert program.app_verify_credentials().name == "library"
    program.persistable_login_credentials()
    program.revoke_access_token(allow_http=True)
    assert httpx.get(f"{house.url}/healthz").status_code == 200
    fresh = Mastodon(id_, secret, api_base_url=house.url, version_check_mode="none")
    name = f"made_{ines.id[-8:]}"
    fresh.create_account(name, PASSWORD, f"{name}@example.org", agreement=True, scopes=["read", "write"])
    assert fresh.me().username == name
