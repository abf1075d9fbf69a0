"""What the house says of itself, and what it tells everyone: instance documents, rules, announcements, emoji, markers, reports."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from mastodon import Mastodon

from bowerbird import __version__
from bowerbird.accounts import contact
from bowerbird.core.database import Pool
from bowerbird.core.errors import Invalid
from bowerbird.moderation import reports, rules
from bowerbird.social import announcements, usage
from tests.conftest import House, Member
from tests.unit.test_media import encoded

New = Callable[..., Member]


def test_the_instance_is_what_is_configured(house: House, newcomer: New, visitor: httpx.Client) -> None:
    newcomer(role="admin")
    two, one = visitor.get("/api/v2/instance").json(), visitor.get("/api/v1/instance").json()
    assert two["domain"] == one["uri"] == f"localhost:{house.port}"
    assert two["version"] == one["version"] == f"4.4.0 (compatible; Bowerbird {__version__})"
    assert two["api_versions"] == {"mastodon": 6}
    fits = two["configuration"]
    assert fits["statuses"]["max_characters"] == one["configuration"]["statuses"]["max_characters"] == 1000
    assert fits["polls"]["max_options"] == 4
    assert fits["urls"]["streaming"] == one["urls"]["streaming_api"] == f"ws://localhost:{house.port}"
    assert len(fits["vapid"]["public_key"]) == 87
    assert fits["translation"] == {"enabled": False}
    assert (two["registrations"]["enabled"], one["registrations"]) == (True, True)
    assert two["contact"]["account"]["id"] == one["contact_account"]["id"]
    assert one["stats"]["user_count"] >= 1
    assert two["usage"]["users"]["active_month"] >= 0


def test_mastodon_py_reads_the_house(house: House, newcomer: New) -> None:
    client = Mastodon(access_token=newcomer().token, api_base_url=house.url, version_check_mode="created")
    assert client.instance_v2().title == client.instance_v1().title == "Bowerbird"
    assert client.instance_peers() == client.instance_domain_blocks() == []
    assert len(client.instance_activity()) == 12
    assert client.instance_rules() is not None
    assert "Bowerbird" in client.instance_extended_description().content
    assert client.instance_translation_languages() == {}
    assert [language.code for language in client.instance_languages()] == ["en"]
    assert client.instance_health()
    assert client.instance_nodeinfo().software.name == "bowerbird"
    assert client.custom_emojis() is not None
    assert client.preferences()["posting:default:visibility"] == "public"


@pytest.mark.parametrize(
    "document", ["privacy_policy", "terms_of_service", "terms_of_service/2026-11-22", "extended_description"]
)
def test_the_house_says_what_it_keeps(visitor: httpx.Client, document: str) -> None:
    answer = visitor.get(f"/api/v1/instance/{document}")
    assert answer.status_code == 200
    assert "{name}" not in answer.json()["content"]
    assert visitor.get("/api/v1/instance/terms_of_service/1999-01-01").status_code == 404


def test_well_known_things(house: House, newcomer: New, visitor: httpx.Client) -> None:
    ines = newcomer()
    link = visitor.get("/.well-known/nodeinfo").json()["links"][0]["href"]
    assert visitor.get(link.removeprefix(house.url)).json()["usage"]["users"]["total"] >= 1
    who = {"resource": f"acct:{ines.name}@localhost:{house.port}"}
    assert visitor.get("/.well-known/webfinger", params=who).json()["aliases"] == [f"{house.url}/@{ines.name}"]
    for nobody in ("acct:nobody@elsewhere.example", f"acct:nobody@localhost:{house.port}", ""):
        assert visitor.get("/.well-known/webfinger", params={"resource": nobody}).status_code == 404


async def test_usage_is_counted_and_kept(pool: Pool) -> None:
    usage._kept.clear()
    async with pool.reading() as db:
        first = await usage.now(db)
        assert first.people >= first.active_half_year >= first.active_month
        assert await usage.now(db) is first
        weeks = await usage.weeks(db)
        assert await usage.weeks(db) is weeks
    assert [(a.begins_at - b.begins_at).days for a, b in itertools.pairwise(weeks)] == [7] * 11


def test_rules_and_announcements_from_the_terminal(house: House, newcomer: New, visitor: httpx.Client) -> None:
    made = house.command("admin", "rule", "add", "Credit whose picture you remix", "--hint", "The link is enough.")
    assert {**made, "translations": {}} in visitor.get("/api/v1/instance/rules").json()
    assert house.command("admin", "rule", "remove", made["id"]) == {"removed": made["id"]}
    assert made["id"] not in [rule["id"] for rule in visitor.get("/api/v2/instance").json()["rules"]]
    told = house.command("admin", "announce", "New paint is in #house", "--until", "2099-01-01")
    client = Mastodon(access_token=newcomer().token, api_base_url=house.url)
    found = next(a for a in client.announcements() if str(a.id) == told["id"])
    assert found.content.startswith("<p>New paint is in")
    assert (found.read, [tag["name"] for tag in found.tags]) == (False, ["house"])
    client.announcement_reaction_create(found, "🎨")
    client.announcement_reaction_create(found, "🎨")
    reaction = next(a for a in client.announcements() if a.id == found.id).reactions[0]
    assert (reaction.name, reaction.count, reaction.me) == ("🎨", 1, True)
    client.announcement_reaction_delete(found, "🎨")
    client.announcement_dismiss(found)
    assert found.id not in [a.id for a in client.announcements()]
    assert house.command("admin", "withdraw", told["id"]) == {"withdrawn": told["id"]}


async def test_an_announcement_has_its_time_and_its_bounds(newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    async with pool.transaction() as db:
        past = await announcements.announce(db, "over", ends_at=datetime.now(UTC) - timedelta(minutes=1))
        now = await announcements.announce(db, "now")
        with pytest.raises(Invalid):
            await announcements.announce(db, " ")
    shown = [a["id"] for a in ines.client.get("/api/v1/announcements").json()]
    assert (str(past) in shown, str(now) in shown) == (False, True)
    where = f"/api/v1/announcements/{now}"
    for name in "😀😁😂🤣😃😄😅😆":
        assert ines.client.put(f"{where}/reactions/{name}").status_code == 200
    assert ines.client.put(f"{where}/reactions/😇").status_code == 422
    for wrong in ("a", "1", ":nothing:"):
        assert ines.client.put(f"{where}/reactions/{wrong}").status_code == 422
    for method, path in (("POST", "/dismiss"), ("PUT", "/reactions/😀"), ("DELETE", "/reactions/😀")):
        assert ines.client.request(method, f"/api/v1/announcements/12{path}").status_code == 404


def test_an_emoji_of_the_house(house: House, visitor: httpx.Client, tmp_path: Path) -> None:
    code = f"bower_{secrets.token_hex(3)}"
    (tmp_path / "bird.png").write_bytes(encoded("PNG"))
    assert house.command("admin", "emoji", code, str(tmp_path / "bird.png"), "--category", "birds") == {"shortcode": code}
    until = datetime.now(UTC) + timedelta(seconds=60)
    while not (found := [e for e in visitor.get("/api/v1/custom_emojis").json() if e["shortcode"] == code]):
        assert datetime.now(UTC) < until  # other processes keep the list for a while
    assert found[0]["category"] == "birds"
    assert visitor.get(found[0]["url"].removeprefix(house.url)).status_code == 200


def test_markers_agree_across_programs(house: House, newcomer: New) -> None:
    client = Mastodon(access_token=newcomer().token, api_base_url=house.url)
    moved = client.markers_set(["home", "notifications"], ["12", "34"])
    assert (str(moved["home"].last_read_id), moved["home"].version) == ("12", 1)
    assert str(client.markers_get(["notifications"])["notifications"].last_read_id) == "34"
    assert client.markers_set(["home"], ["13"])["home"].version == 2


def test_a_marker_that_moved_on_is_not_moved_back(newcomer: New) -> None:
    ines = newcomer()
    for id_ in ("5", "6"):
        ines.client.post("/api/v1/markers", json={"home": {"last_read_id": id_}})
    stale: dict[str, Any] = {"home": {"last_read_id": "7", "version": 1}}
    assert ines.client.post("/api/v1/markers", json=stale).status_code == 409
    assert ines.client.get("/api/v1/markers", params={"timeline[]": "home"}).json()["home"]["last_read_id"] == "6"
    assert ines.client.post("/api/v1/markers", json={"home": {"last_read_id": "x"}}).status_code == 422


def test_a_report_reaches_the_moderators(house: House, newcomer: New) -> None:
    ines, noor, sam = newcomer(), newcomer(), newcomer()
    bad, private = noor.post("buy my birds"), noor.post("psst", visibility="direct")
    client = Mastodon(access_token=ines.token, api_base_url=house.url)
    made = client.report(noor.id, status_ids=[bad["id"]], comment="it sells birds", category="spam")
    assert (str(made.target_account.id), made.category, made.action_taken) == (noor.id, "spam", False)
    waiting = [r for r in house.command("admin", "report", "list") if r["id"] == str(made.id)]  # type: ignore[index]
    assert waiting[0]["posts"] == [bad["id"]]  # type: ignore[index]
    assert house.command("admin", "report", "close", str(made.id)) == {"closed": str(made.id)}
    for wrong, status in (
        ({"status_ids": [private["id"]]}, 404), ({"category": "dull"}, 422), ({"rule_ids": ["12"]}, 422), ({"account_id": "12"}, 404),
        ({"status_ids": [sam.post("mine")["id"]]}, 404), ({"comment": "x" * 1001}, 422),
    ):  # fmt: skip
        assert ines.client.post("/api/v1/reports", json={"account_id": noor.id, **wrong}).status_code == status, wrong


async def test_rules_have_bounds_and_reports_are_found(newcomer: New, pool: Pool) -> None:
    newcomer(role="admin")
    async with pool.transaction() as db:
        rule = await rules.add(db, "Be kind")
        with pytest.raises(Invalid):
            await rules.add(db, "x" * 301)
        assert await contact.person(db)
        assert isinstance(await reports.waiting(db), list)
        await rules.remove(db, rule.id)
