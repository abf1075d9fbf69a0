"""Notifications through the API: one by one, told together, held back by a policy, let through."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from mastodon import Mastodon
from mastodon.errors import MastodonNotFoundError

from bowerbird.api.mastodon.notifications import USUAL
from bowerbird.core.database import Pool
from bowerbird.social import notifications
from tests.conftest import House, Member
from tests.contract.test_people import sign_in

New = Callable[..., Member]


def program(house: House, member: Member) -> Mastodon:
    return Mastodon(access_token=member.token, api_base_url=house.url, version_check_mode="none")


def told(member: Member, **params: object) -> list[tuple[str, str]]:
    """(type, who) of someone's notifications, newest first."""
    answer = member.client.get("/api/v1/notifications", params=params)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.text
    return [(n["type"], n["account"]["id"]) for n in answer.json()]


def like(member: Member, said: dict[str, str], what: str = "favourite") -> None:
    assert member.client.post(f"/api/v1/statuses/{said['id']}/{what}").status_code == 200


def test_kinds_and_people_are_chosen(house: House, newcomer: New) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    said = ines.post("a fox")
    like(noor, said)
    like(sam, said, "reblog")
    noor.follow(ines)
    noor.post(f"@{ines.name} hello")
    everything = [("mention", noor.id), ("follow", noor.id), ("reblog", sam.id), ("favourite", noor.id)]
    assert told(ines) == everything
    mine = program(house, ines)
    assert [n.type for n in mine.notifications(types=["mention", "reblog"])] == ["mention", "reblog"]
    assert [n.type for n in mine.notifications(exclude_types=["favourite"])] == ["mention", "follow", "reblog"]
    assert [n.type for n in mine.notifications(account_id=sam.id)] == ["reblog"]
    page = mine.notifications(limit=2)
    assert [n.type for n in mine.fetch_next(page)] == ["reblog", "favourite"]
    assert mine.notifications_unread_count()["count"] == 4
    one = mine.notifications(id=page[0].id)
    assert (one.type, one.account.id, one.status.account.id) == ("mention", noor.id, noor.id)
    mine.notifications_dismiss(page[0].id)
    assert told(ines) == everything[1:]
    assert ines.client.post("/api/v1/notifications/dismiss", data={"id": page[1].id}).status_code == 200
    assert told(ines) == everything[2:]
    mine.notifications_clear()
    assert told(ines) == []


def test_likes_and_follows_are_told_together(house: House, newcomer: New) -> None:
    ines, fans = newcomer(), [newcomer() for _ in range(3)]
    first, second = ines.post("one"), ines.post("two")
    for fan in fans:
        like(fan, first)
        fan.follow(ines)
    like(fans[0], second)
    fans[0].post(f"@{ines.name} well done")
    mine = program(house, ines)
    found = mine.grouped_notifications()
    assert [(g.type, g.notifications_count) for g in found.notification_groups] == [
        ("mention", 1), ("favourite", 1), ("follow", 3), ("favourite", 3),
    ]  # fmt: skip
    latest = list(reversed([fan.id for fan in fans]))
    group = found.notification_groups[3]
    assert group.sample_account_ids == latest
    assert (group.group_key, group.status_id) == (f"favourite-{first['id']}", first["id"])
    assert {a.id for a in found.accounts} | {a.id for a in found.partial_accounts} == set(latest)
    assert {s.id for s in found.statuses} >= {first["id"], second["id"]}
    assert mine.unread_grouped_notifications_count() == 4
    single = ines.client.get("/api/v2/notifications", params={"grouped_types[]": ["favourite"]}).json()["notification_groups"]
    assert [g["type"] for g in single] == ["mention", "favourite", "follow", "favourite", "follow", "follow"]
    assert mine.grouped_notification(single[2]["group_key"]).notification_groups[0].notifications_count == 1
    only = ines.client.get("/api/v2/notifications", params={"types[]": ["follow"], "expand_accounts": "full"}).json()
    assert [(g["type"], g["notifications_count"]) for g in only["notification_groups"]] == [("follow", 3)]
    assert len(only["accounts"]) == 3
    assert [a.id for a in mine.grouped_notification_accounts(group.group_key)] == latest
    page = ines.client.get("/api/v2/notifications", params={"limit": 2})
    older = page.json()["notification_groups"][-1]["page_min_id"]
    assert f"max_id={older}" in page.headers["link"]
    rest = ines.client.get("/api/v2/notifications", params={"max_id": older}).json()["notification_groups"]
    assert [g["type"] for g in rest] == ["follow", "favourite"]
    upward = ines.client.get("/api/v2/notifications", params={"min_id": rest[0]["page_max_id"], "limit": 1}).json()
    assert [g["most_recent_notification_id"] for g in upward["notification_groups"]] == [older]
    deep = ines.client.get("/api/v2/notifications", params={"max_id": rest[0]["page_min_id"]}).json()["notification_groups"]
    assert [g["group_key"] for g in deep] == [group.group_key]
    mine.dismiss_grouped_notification(group.group_key)
    with pytest.raises(MastodonNotFoundError):
        mine.grouped_notification(group.group_key)
    assert len(mine.grouped_notifications().notification_groups) == 3


def test_another_persons_notification_is_not_there(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    said = ines.post("mine")
    like(noor, said)
    id_ = ines.client.get("/api/v1/notifications").json()[0]["id"]
    assert noor.client.get(f"/api/v1/notifications/{id_}").status_code == 404
    assert noor.client.post(f"/api/v1/notifications/{id_}/dismiss").status_code == 404
    for key in (f"favourite-{said['id']}", f"ungrouped-{id_}"):
        assert noor.client.get(f"/api/v2/notifications/{key}").status_code == 404
        assert noor.client.get(f"/api/v2/notifications/{key}/accounts").status_code == 404
        assert noor.client.post(f"/api/v2/notifications/{key}/dismiss").status_code == 200
        assert ines.client.get(f"/api/v2/notifications/{key}").status_code == 200
    assert told(ines) == [("favourite", noor.id)]


def test_strangers_wait_until_they_are_let_through(house: House, newcomer: New) -> None:
    ines, noor, sam, kim = newcomer(), newcomer(), newcomer(), newcomer()
    mine = program(house, ines)
    assert mine.notifications_policy().for_not_following == "accept"
    changed = mine.update_notifications_policy(for_not_following="filter")
    assert (changed.for_not_following, changed.for_not_followers) == ("filter", "accept")
    ines.follow(kim)
    hello = noor.post(f"@{ines.name} hello")
    sam.post(f"@{ines.name} buy this")
    kim.post(f"@{ines.name} tea?")
    assert told(ines) == [("mention", kim.id)]
    assert told(ines, include_filtered="true") == [("mention", kim.id), ("mention", sam.id), ("mention", noor.id)]
    assert told(ines, account_id=noor.id) == [("mention", noor.id)]
    assert mine.notifications_unread_count()["count"] == 1
    summary = mine.notifications_policy().summary
    assert (int(summary.pending_requests_count), int(summary.pending_notifications_count)) == (2, 2)
    waiting = mine.notification_requests()
    assert [(r.account.id, int(r.notifications_count)) for r in waiting] == [(sam.id, 1), (noor.id, 1)]
    assert mine.notification_request(waiting[1].id).last_status.id == hello["id"]
    for request in waiting:
        assert kim.client.get(f"/api/v1/notifications/requests/{request.id}").status_code == 404
        for answer in ("accept", "dismiss"):
            assert kim.client.post(f"/api/v1/notifications/requests/{request.id}/{answer}").status_code == 404
    mine.accept_notification_request(waiting[1].id)
    mine.dismiss_notification_request(waiting[0].id)
    assert mine.notifications_merged() is True
    assert told(ines, include_filtered="true") == [("mention", kim.id), ("mention", noor.id)]
    noor.post(f"@{ines.name} thank you")
    assert told(ines)[0] == ("mention", noor.id)
    sam.post(f"@{ines.name} buy this now")
    requests = [r.id for r in mine.notification_requests()]
    mine.accept_multiple_notification_requests(requests)
    assert told(ines)[0] == ("mention", sam.id)
    newcomer().post(f"@{ines.name} me too")
    mine.dismiss_multiple_notification_requests([r.id for r in mine.notification_requests()])
    assert mine.notification_requests() == []
    assert ines.client.post("/api/v1/notifications/requests/accept", json={"id": []}).status_code == 404
    assert ines.client.post("/api/v1/notifications/requests/perhaps", json={"id": []}).status_code == 422


@pytest.mark.parametrize("which", ["not_followers", "new_accounts", "private_mentions"])
def test_each_part_of_a_policy(newcomer: New, which: str) -> None:
    ines, noor = newcomer(), newcomer()
    for verdict, seen in (("drop", 0), ("filter", 1)):
        assert ines.client.patch("/api/v2/notifications/policy", json={f"for_{which}": verdict}).status_code == 200
        noor.post(f"@{ines.name} {verdict}", visibility="direct")
        assert told(ines) == []
        assert len(told(ines, include_filtered="true")) == seen
    if which == "private_mentions":
        mine = ines.post(f"@{noor.name} what is it?", visibility="direct")
        noor.post(f"@{ines.name} an answer", visibility="direct", in_reply_to_id=mine["id"])
        assert told(ines) == [("mention", noor.id)]


def test_the_first_version_of_a_policy(newcomer: New) -> None:
    ines = newcomer()
    assert (
        ines.client.put("/api/v1/notifications/policy", json={"filter_new_accounts": True}).json()["filter_new_accounts"] is True
    )
    assert ines.client.get("/api/v1/notifications/policy").json() == {
        "filter_not_following": False, "filter_not_followers": False, "filter_new_accounts": True, "filter_private_mentions": False,
        "filter_limited_accounts": False, "summary": {"pending_requests_count": 0, "pending_notifications_count": 0},
    }  # fmt: skip
    assert ines.client.get("/api/v2/notifications/policy").json()["for_new_accounts"] == "filter"
    assert ines.client.patch("/api/v2/notifications/policy", json={"for_new_accounts": "burn"}).status_code == 422


async def test_a_poll_ends_a_post_changes_a_thread_is_muted(newcomer: New, pool: Pool) -> None:
    ines, noor = newcomer(), newcomer()
    said, me, other = ines.post("which one?"), int(ines.id), int(noor.id)
    post_id = int(said["id"])
    async with pool.transaction() as db:
        await notifications.tell(db, me, "poll", me, post_id)
        await notifications.tell(db, me, "like", me, post_id)
        await notifications.tell_each(db, [me, other], "update", me, post_id)
        await notifications.tell_each(db, [me, other], "update", me, post_id)
        await notifications.tell(db, other, "status", me, post_id)
    assert told(ines) == [("poll", ines.id)]
    assert sorted(told(noor)) == [("status", ines.id), ("update", ines.id)]
    assert ines.client.post(f"/api/v1/statuses/{said['id']}/mute").status_code == 200
    noor.post(f"@{ines.name} this one", in_reply_to_id=said["id"])
    assert told(ines) == [("poll", ines.id)]


async def test_every_kind_has_its_words_on_the_page(house: House, newcomer: New, pool: Pool) -> None:
    ines, noor = newcomer(), newcomer()
    said = noor.post("what it is about")
    async with pool.transaction() as db:
        for kind in notifications.KINDS:
            await notifications.tell(db, int(ines.id), kind, int(noor.id), None if "follow" in kind else int(said["id"]))
    assert len(told(ines)) == len(USUAL)
    page = alerts(house, ines)
    assert page.status_code == 200
    assert page.text.count('class="news unread"') == len(notifications.KINDS)


def alerts(house: House, member: Member) -> httpx.Response:
    """The page of alerts, as its owner sees it."""
    with house.client(timeout=30) as browser:
        assert sign_in(browser, member.name).status_code == 303
        return browser.get("/notifications")
