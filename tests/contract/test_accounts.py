"""Accounts through the API: what one says of oneself, and everything that can be between two people."""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from mastodon import Mastodon
from mastodon.errors import MastodonAPIError, MastodonNotFoundError

from bowerbird.api.mastodon.people import account
from bowerbird.core.database import Pool
from bowerbird.gallery import faces
from bowerbird.media import attachments
from bowerbird.social import emojis, mutes
from tests.conftest import House, Member
from tests.unit.test_media import encoded

New = Callable[..., Member]
NOBODY = "1"


@pytest.fixture
def client(house: House) -> Callable[[Member], Mastodon]:
    """Someone's program: Mastodon.py with their token."""
    return lambda member: Mastodon(access_token=member.token, api_base_url=house.url, version_check_mode="none")


Client = Callable[[Member], Mastodon]


def relation(me: Member, other: Member) -> dict[str, object]:
    return me.client.get("/api/v1/accounts/relationships", params={"id[]": [other.id]}).json()[0]


def step(me: Member, other: Member, name: str, **fields: object) -> httpx.Response:
    return me.client.post(f"/api/v1/accounts/{other.id}/{name}", json=fields)


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()]


def test_one_says_of_oneself_what_one_likes(newcomer: New, client: Client) -> None:
    ines, noor = newcomer(), newcomer()
    mine = client(ines)
    mine.account_update_credentials(
        display_name="Ines of the bower", note="I paint foxes. #foxes", locked=True, bot=True, discoverable=False, indexable=False,
        hide_collections=True, fields=[("home", "https://example.org/ines"), ("<b>", "<script>")],
        avatar=io.BytesIO(encoded("PNG")), avatar_mime_type="image/png", header=io.BytesIO(encoded("PNG")), header_mime_type="image/png",
        avatar_description="rows of grey", default_privacy="private", default_sensitive=True, default_language="nl",
        default_quote_policy="followers",
    )  # fmt: skip
    me = mine.account_verify_credentials()
    assert (me.display_name, me.locked, me.bot, me.discoverable, me.indexable, me.noindex) == (
        "Ines of the bower", True, True, False, False, True,
    )  # fmt: skip
    assert [f.name for f in me.fields] == ["home", "<b>"]
    assert me.fields[0].value.startswith('<a href="https://example.org/ines" rel="nofollow')
    assert me.fields[1].value == "&lt;script&gt;"
    assert (me.source.privacy, me.source.sensitive, me.source.language) == ("private", True, "nl")
    raw = ines.client.get("/api/v1/accounts/verify_credentials").json()
    assert (raw["source"]["quote_policy"], raw["source"]["note"], raw["hide_collections"]) == (
        "followers", "I paint foxes. #foxes", True,
    )  # fmt: skip
    assert "/media/" in raw["avatar"]
    assert "/media/" in raw["header"]
    seen = noor.client.get(f"/api/v1/accounts/{ines.id}").json()
    assert "/tags/foxes" in seen["note"]
    assert "source" not in seen
    for picture in ("avatar", "header"):
        assert "/media/" not in ines.client.delete(f"/api/v1/profile/{picture}").json()[picture]
    assert ines.client.delete("/api/v1/profile/password").status_code == 422
    small = ines.client.patch("/api/v1/accounts/update_credentials", json={"bot": False, "fields_attributes": []}).json()
    assert (small["bot"], small["fields"], small["locked"], small["source"]["language"]) == (False, [], True, "nl")
    assert (
        ines.client.patch("/api/v1/accounts/update_credentials", json={"source": {"language": ""}}).json()["source"]["language"]
        is None
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"fields_attributes": [{"name": f"n{n}", "value": "v"} for n in range(5)]}, {"fields_attributes": [{"name": "n", "value": "v" * 256}]},
        {"fields_attributes": [{"name": "", "value": "v"}]}, {"source": {"privacy": "secret"}}, {"source": {"quote_policy": "friends"}},
        {"source": {"language": "12"}}, {"display_name": "x" * 51}, {"note": "x" * 501}, {"locked": "perhaps"}, {"source": 3},
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(newcomer: New, wrong: dict[str, object]) -> None:
    ines = newcomer()
    assert ines.client.patch("/api/v1/accounts/update_credentials", json=wrong).status_code == 422


def test_people_are_found_by_name_by_beginning_and_among_those_one_follows(
    newcomer: New, client: Client, visitor: httpx.Client
) -> None:
    ines, noor = newcomer(), newcomer()
    mine = client(ines)
    assert mine.account_lookup(f"@{noor.name}").id == noor.id
    assert mine.account(noor.id).acct == noor.name
    assert [a.id for a in mine.accounts([noor.id, ines.id, NOBODY])] == [noor.id, ines.id]
    assert mine.account_search(noor.name[:-1])[0].id == noor.id
    assert mine.account_search(noor.name, following=True) == []
    mine.account_follow(noor.id)
    assert [a.id for a in mine.account_search(noor.name, following=True)] == [noor.id]
    assert mine.account_search("  ") == []
    assert noor.id not in [str(a.id) for a in mine.account_search(noor.name, offset=1)]  # others of like names may come after
    with pytest.raises(MastodonNotFoundError):
        mine.account_lookup("nobody_by_this_name")
    with pytest.raises(MastodonNotFoundError):
        mine.account(NOBODY)
    assert visitor.get("/api/v1/accounts/search", params={"q": "p"}).status_code == 401
    assert visitor.get("/api/v1/accounts", params={"id[]": [ines.id]}).json()[0]["id"] == ines.id
    assert ines.client.get(f"/api/v1/accounts/{noor.id}/identity_proofs").json() == []


def test_a_follow_says_how(newcomer: New, client: Client) -> None:
    ines, noor = newcomer(), newcomer()
    mine = client(ines)
    first = mine.account_follow(noor.id)
    assert (first.following, first.showing_reblogs, first.notifying) == (True, True, False)
    again = mine.account_follow(noor.id, reblogs=False, notify=True)
    assert (again.following, again.showing_reblogs, again.notifying) == (True, False, True)
    assert step(ines, noor, "follow", languages=["nl", "en"]).json()["languages"] == ["nl", "en"]
    kept = step(ines, noor, "follow").json()
    assert (kept["languages"], kept["notifying"]) == (["nl", "en"], True)
    assert step(ines, noor, "follow", languages=[]).json()["languages"] is None
    assert step(ines, noor, "follow", languages=["no such"]).status_code == 422
    assert step(ines, ines, "follow").status_code == 422
    assert mine.account_relationships([noor.id])[0].following is True
    assert relation(noor, ines)["followed_by"] is True
    assert mine.account_unfollow(noor.id).following is False
    assert [n["type"] for n in noor.client.get("/api/v1/notifications").json()] == []


def test_a_locked_account_is_asked_first(newcomer: New, client: Client) -> None:
    ines, noor, sam, kim = newcomer(), newcomer(), newcomer(), newcomer()
    mine = client(ines)
    ines.client.patch("/api/v1/accounts/update_credentials", data={"locked": "true"})
    ines.post("only for those I let in", visibility="private")
    asked = client(noor).account_follow(ines.id, notify=True)
    assert (asked.following, asked.requested) == (False, True)
    assert relation(ines, noor)["requested_by"] is True
    assert noor.home() == []
    assert [n["type"] for n in ines.client.get("/api/v1/notifications").json()] == ["follow_request"]
    assert mine.account_verify_credentials().source.follow_requests_count == 1
    assert [a.id for a in mine.follow_requests()] == [noor.id]
    done = mine.follow_request_authorize(noor.id)
    assert (done.followed_by, done.requested_by) == (True, False)
    assert relation(noor, ines)["notifying"] is True
    assert len(noor.home()) == 1
    client(sam).account_follow(ines.id)
    client(sam).account_unfollow(ines.id)
    assert mine.follow_requests() == []
    client(sam).account_follow(ines.id)
    assert mine.follow_request_reject(sam.id).followed_by is False
    assert relation(sam, ines)["requested"] is False
    for answer in ("authorize", "reject"):
        assert ines.client.post(f"/api/v1/follow_requests/{sam.id}/{answer}").status_code == 404
    assert ines.client.post(f"/api/v1/follow_requests/{sam.id}/perhaps").status_code == 422
    client(kim).account_follow(ines.id)
    client(sam).account_follow(ines.id)
    ines.client.patch("/api/v1/accounts/update_credentials", data={"locked": "false"})
    end = time.monotonic() + 120  # the house's own worker lets them in, one after another
    while not all(relation(who, ines)["following"] for who in (kim, sam)):
        assert time.monotonic() < end
    assert mine.follow_requests() == []


def test_a_follower_can_be_sent_away(newcomer: New, client: Client) -> None:
    ines, noor = newcomer(), newcomer()
    noor.follow(ines)
    ines.post("seen")
    assert client(ines).account_remove_from_followers(noor.id).followed_by is False
    assert noor.home() == []
    assert relation(noor, ines)["following"] is False


def test_a_block_is_listed_and_ends_requests_too(newcomer: New, client: Client) -> None:
    ines, noor = newcomer(), newcomer()
    ines.client.patch("/api/v1/accounts/update_credentials", data={"locked": "true"})
    noor.follow(ines)
    mine = client(ines)
    assert mine.account_block(noor.id).blocking is True
    assert relation(noor, ines)["blocked_by"] is True
    assert relation(noor, ines)["requested"] is False
    assert [a.id for a in mine.blocks()] == [noor.id]
    assert mine.account_unblock(noor.id).blocking is False
    assert mine.blocks() == []


async def test_a_mute_keeps_away_for_a_while(newcomer: New, client: Client, pool: Pool) -> None:
    ines, noor = newcomer(), newcomer()
    ines.follow(noor)
    said = noor.post("again and again")
    mine = client(ines)
    muted = mine.account_mute(noor.id, notifications=True, duration=3600)
    assert (muted.muting, muted.muting_notifications, muted.following) == (True, True, True)
    assert relation(ines, noor)["muting_expires_at"]
    assert ines.home() == []
    assert ines.client.get(f"/api/v1/statuses/{said['id']}").status_code == 200
    noor.client.post(f"/api/v1/accounts/{ines.id}/follow")
    assert ines.client.get("/api/v1/notifications").json() == []
    listed = ines.client.get("/api/v1/mutes").json()
    assert [(a["id"], a["mute_expires_at"] is not None) for a in listed] == [(noor.id, True)]
    assert mine.mutes()[0].id == noor.id
    changed = mine.account_mute(noor.id, notifications=False)
    assert (changed.muting, changed.muting_notifications) == (True, False)
    noor.post(f"hello @{ines.name}")
    assert [n["type"] for n in ines.client.get("/api/v1/notifications").json()] == ["mention"]
    async with pool.transaction() as db:
        await db.execute("update social.mutes set until = now() - interval '1 second' where account_id = %s", int(ines.id))
    assert relation(ines, noor)["muting"] is False
    assert len(ines.home()) == 2
    async with pool.transaction() as db:
        assert await mutes.sweep(db) >= 1
    mine.account_mute(noor.id)
    assert mine.account_unmute(noor.id).muting is False
    assert step(ines, ines, "mute").status_code == 422
    assert step(ines, noor, "mute", duration=-1).status_code == 422


def test_notes_and_recommendations(newcomer: New, client: Client) -> None:
    ines, noor = newcomer(), newcomer()
    mine = client(ines)
    assert mine.account_note_set(noor.id, "met at the fair").note == "met at the fair"
    assert relation(ines, noor)["note"] == "met at the fair"
    assert relation(noor, ines)["note"] == ""
    assert step(ines, noor, "note", comment="x" * 2001).status_code == 413
    assert mine.account_note_set(noor.id, "").note == ""
    assert step(ines, noor, "pin").status_code == 403
    ines.follow(noor)
    assert mine.account_pin(noor.id).endorsed is True
    assert mine.account_unpin(noor.id).endorsed is False
    assert mine.account_endorse(noor.id).endorsed is True
    assert [a.id for a in mine.endorsements()] == [noor.id]
    assert ids(noor.client.get(f"/api/v1/accounts/{ines.id}/endorsements")) == [noor.id]
    assert mine.account_unendorse(noor.id).endorsed is False
    mine.account_endorse(noor.id)
    mine.account_unfollow(noor.id)
    assert mine.endorsements() == []
    assert step(ines, noor, "adore").status_code == 422


def test_circles_are_paged_and_can_be_hidden(newcomer: New, client: Client, visitor: httpx.Client) -> None:
    ines, others = newcomer(), [newcomer() for _ in range(3)]
    for other in others:
        other.follow(ines)
    page = client(ines).account_followers(ines.id, limit=2)
    assert [a.id for a in page] == [others[2].id, others[1].id]
    rest = client(ines).fetch_next(page)
    assert [a.id for a in rest] == [others[0].id]
    assert ids(visitor.get(f"/api/v1/accounts/{others[0].id}/following")) == [ines.id]
    assert client(ines).account_following(others[0].id)[0].id == ines.id
    counted = visitor.get(f"/api/v1/accounts/{ines.id}").json()
    assert (counted["followers_count"], counted["following_count"]) == (3, 0)
    ines.client.patch("/api/v1/accounts/update_credentials", json={"hide_collections": True})
    assert ids(visitor.get(f"/api/v1/accounts/{ines.id}/followers")) == []
    assert len(ids(ines.client.get(f"/api/v1/accounts/{ines.id}/followers"))) == 3
    assert visitor.get(f"/api/v1/accounts/{NOBODY}/followers").status_code == 404


def test_the_numbers_beside_a_name_are_kept_in_step(newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()

    def numbers(who: Member) -> tuple[int, int, int]:
        said = ines.client.get(f"/api/v1/accounts/{who.id}").json()
        return said["statuses_count"], said["followers_count"], said["following_count"]

    ines.follow(noor)
    noor.follow(ines)
    said = ines.post("one")
    ines.post("between us", visibility="private")
    ines.client.post(f"/api/v1/statuses/{said['id']}/reblog")
    assert numbers(ines) == (1, 1, 1)
    beside = ines.client.get(f"/api/v1/statuses/{ines.post('two')['id']}").json()["account"]
    assert beside["statuses_count"] >= 1  # beside a post as they were some seconds ago
    assert beside["last_status_at"] is not None
    assert numbers(ines) == (2, 1, 1)
    ines.client.delete(f"/api/v1/statuses/{said['id']}")
    ines.client.post(f"/api/v1/accounts/{noor.id}/block")
    assert (numbers(ines), numbers(noor)) == ((1, 0, 0), (0, 0, 0))


def test_familiar_followers_and_suggestions(newcomer: New, client: Client) -> None:
    ines, noor, sam, kim = newcomer(), newcomer(), newcomer(), newcomer()
    ines.follow(noor)
    noor.follow(sam)
    mine = client(ines)
    familiar = mine.account_familiar_followers(sam.id)
    assert [(f.id, [a.id for a in f.accounts]) for f in familiar] == [(sam.id, [noor.id])]
    with_why = {s.account.id: s["sources"] for s in mine.suggestions_v2()}
    assert with_why[sam.id] == ["friends_of_friends"]
    assert not {ines.id, noor.id} & set(with_why)
    assert sam.id in [a.id for a in mine.suggestions_v1()]
    mine.suggestion_delete(sam.id)
    assert sam.id not in ids(ines.client.get("/api/v1/suggestions?limit=80"))
    assert ines.client.delete(f"/api/v1/suggestions/{NOBODY}").status_code == 404
    noor.client.patch("/api/v1/accounts/update_credentials", json={"hide_collections": True})
    assert mine.account_familiar_followers(sam.id)[0].accounts == []
    assert kim.client.get("/api/v1/accounts/familiar_followers", params={"id[]": [sam.id]}).json()[0]["accounts"] == []


def test_the_directory_holds_those_who_want_to_be_found(newcomer: New, client: Client, visitor: httpx.Client) -> None:
    ines, noor = newcomer(), newcomer()
    ines.post("here I am")
    assert visitor.get("/api/v1/directory").json()[0]["id"] == ines.id
    assert visitor.get("/api/v1/directory", params={"order": "new"}).json()[0]["id"] == noor.id
    assert visitor.get("/api/v1/directory", params={"order": "new", "offset": 1}).json()[0]["id"] == ines.id
    ines.client.patch("/api/v1/accounts/update_credentials", json={"discoverable": False})
    assert ines.id not in [a.id for a in client(noor).directory(limit=80)]


def test_tags_are_followed_and_shown(newcomer: New, client: Client, visitor: httpx.Client) -> None:
    ines, noor = newcomer(), newcomer()
    mine = client(ines)
    ines.post("a #Kestrel over the #heath")
    assert mine.tag_follow("Kestrel").following is True
    assert [t.name for t in mine.followed_tags()] == ["kestrel"]
    tag = mine.tag("kestrel")
    assert (tag.following, [int(day.uses) for day in tag.history], int(tag.history[0].accounts)) == (
        True,
        [1, 0, 0, 0, 0, 0, 0],
        1,
    )
    assert "following" not in visitor.get("/api/v1/tags/kestrel").json()
    assert noor.client.get("/api/v1/tags/kestrel").json()["following"] is False
    assert mine.tag_unfollow("kestrel").following is False
    for wrong in ("12", "a b", "%20"):
        assert ines.client.post(f"/api/v1/tags/{wrong}/follow").status_code == 404
    assert ines.client.post("/api/v1/tags/kestrel/adore").status_code == 422
    assert {t.name for t in mine.featured_tag_suggestions()} == {"kestrel", "heath"}
    shown = mine.featured_tag_create("Kestrel")
    assert (shown.name, int(shown.statuses_count)) == ("kestrel", 1)
    assert mine.featured_tag_create("kestrel").id == shown.id
    assert [t["name"] for t in visitor.get(f"/api/v1/accounts/{ines.id}/featured_tags").json()] == ["kestrel"]
    assert noor.client.delete(f"/api/v1/featured_tags/{shown.id}").status_code == 404
    mine.featured_tag_delete(shown.id)
    assert mine.featured_tags() == []
    assert ines.client.post("/api/v1/tags/heath/feature").json()["featuring"] is True
    assert ines.client.post("/api/v1/tags/heath/unfeature").json()["featuring"] is False
    assert ines.client.post("/api/v1/featured_tags", json={"name": "not a tag"}).status_code == 422


def test_domains_are_kept_and_answered(newcomer: New, client: Client) -> None:
    ines = newcomer()
    mine = client(ines)
    mine.domain_block("Noisy.example")
    assert mine.domain_blocks() == ["noisy.example"]
    with pytest.raises(MastodonAPIError):
        mine.domain_block("not a domain")
    mine.domain_unblock("noisy.example")
    assert ines.client.get("/api/v1/domain_blocks").json() == []


async def test_emoji_of_the_house_stand_beside_a_name(newcomer: New, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    ines = newcomer()
    code = f"fox_{ines.id[-6:]}"
    ines.client.patch("/api/v1/accounts/update_credentials", json={"display_name": f"Ines :{code}: :none_such:"})
    made = await attachments.prepare(encoded("PNG"))
    async with pool.transaction() as db:
        await emojis.add(db, code, made)
        monkeypatch.setattr(emojis, "_kept", (0.0, {}))  # they are kept in mind for a while
        face = (await faces.of(db, [int(ines.id)]))[int(ines.id)]
    said = account(face)["emojis"]
    assert [(e["shortcode"], "/media/" in e["url"]) for e in said] == [(code, True)]


def test_many_who_follow_each_other_at_once_are_all_counted(newcomer: New) -> None:
    crowd = [newcomer() for _ in range(5)]
    pairs = [(one, other) for one in crowd for other in crowd if one is not other]
    with ThreadPoolExecutor(8) as hands:
        assert {answer.status_code for answer in hands.map(lambda pair: step(*pair, "follow"), pairs)} == {200}
        counted = [one.client.get(f"/api/v1/accounts/{one.id}").json() for one in crowd]
        assert [(c["followers_count"], c["following_count"]) for c in counted] == [(4, 4)] * 5
        assert {answer.status_code for answer in hands.map(lambda pair: step(*pair, "block"), pairs)} == {200}
    counted = [one.client.get(f"/api/v1/accounts/{one.id}").json() for one in crowd]
    assert [(c["followers_count"], c["following_count"]) for c in counted] == [(0, 0)] * 5
