"""Champion and challenger in a real house: on real pages, by what people do, ended by who may or by itself."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bowerbird.core.database import Pool
from bowerbird.core.ids import before
from bowerbird.feed import comparisons, definitions, rankers, reigns, umpire
from bowerbird.feed.contenders import taking_part
from tests.conftest import House, Member
from tests.contract.test_feed import FOXES, consent, feed, known, until
from tests.contract.test_feed_pages import desk
from tests.contract.test_people import csrf

New = Callable[..., Member]
WHERE = "/api/bower/v1/feed/comparisons"
PAGE = "/about/feed/comparisons"


@pytest.fixture(autouse=True)
async def alone(pool: Pool) -> AsyncIterator[None]:
    """Nothing competes before or after, and the house's own ranker is in force."""
    await undo(pool)
    yield
    await undo(pool)


async def undo(pool: Pool) -> None:
    async with pool.transaction() as db:
        if running := await comparisons.running(db):
            await comparisons.stop(db, None, running.id)
        while await reigns.in_force(db):
            await comparisons.roll_back(db, None)


@pytest.fixture
def keeper(newcomer: New) -> Member:
    return newcomer("admin")


@pytest.fixture(scope="module")
def posts(newcomer: New) -> list[str]:
    authors = [newcomer() for _ in range(6)]
    return [author.post(f"{FOXES}, sheet {number} by {author.name}")["id"] for number in range(5) for author in authors]


def written(keeper: Member, **more: Any) -> str:
    name = f"warm-{secrets.token_hex(3)}"
    worth = {"remix": 3 + secrets.randbelow(10**6) / 10**6}  # another one each time: two that rank alike are one
    answer = keeper.client.post(
        "/api/bower/v1/feed/rankers", json={"name": name, "said": "More remixes.", "worth": worth, **more}
    )
    assert answer.status_code == 201, answer.text
    return name


def begun(keeper: Member, challenger: str, share: float = 1.0) -> dict[str, Any]:
    answer = keeper.client.post(WHERE, json={"challenger": challenger, "share": share})
    assert answer.status_code == 201, answer.text
    return answer.json()


def told(member: Member, id_: str) -> dict[str, Any]:
    return member.client.get(f"{WHERE}/{id_}").json()


def reader(newcomer: New) -> Member:
    made = newcomer()
    consent(made, personalise=True)
    return made


@pytest.fixture
def full(newcomer: New, posts: list[str]) -> None:
    """The feed has read enough posts for a page."""
    someone = newcomer()
    until(lambda: all(known(someone, post_id) for post_id in posts))


def teams(page: dict[str, Any]) -> list[str | None]:
    return [page["why"][one["id"]]["team"] for one in page["posts"]]


def seen(scout: Member, name: str) -> None:
    """Until the feed lets it compete. Looked for by somebody of their own: who passes over posts again and again is shown them no more."""
    until(lambda: f"against {name}-" in feed(scout)["release"])


def takes_to(member: Member, name: str, team: str, verb: Callable[[Member, str], httpx.Response], most: int = 6) -> None:
    page = feed(member)
    assert f"against {name}-" in page["release"]
    theirs = [one["id"] for one in page["posts"] if page["why"][one["id"]]["team"] == team]
    for post_id in theirs[:most]:
        assert verb(member, post_id).status_code in (200, 204)


def like(member: Member, post_id: str) -> httpx.Response:
    return member.client.post(f"/api/v1/statuses/{post_id}/favourite")


def hide(member: Member, post_id: str) -> httpx.Response:
    return member.client.put(f"/api/bower/v1/posts/{post_id}/hiding")


async def looked(pool: Pool, *, automatic: bool = False) -> comparisons.Comparison:
    """The umpire's look, once the worker's own is not in the way."""
    for _ in range(50):
        async with pool.transaction() as db:
            if found := await umpire.look(db, automatic=automatic):
                return found
    raise AssertionError("nothing runs")


def test_choosing_is_for_administrators(keeper: Member, newcomer: New, visitor: httpx.Client) -> None:
    name = written(keeper)
    id_ = begun(keeper, name)["id"]
    someone = newcomer()
    ways = {
        "/api/bower/v1/feed/rankers": {"name": "mine"}, WHERE: {"challenger": name}, f"{WHERE}/{id_}/end": {}, f"{WHERE}/{id_}/promotion": {},
        "/api/bower/v1/feed/rollback": {},
    }  # fmt: skip
    assert {path: someone.client.post(path, json=body).status_code for path, body in ways.items()} == dict.fromkeys(ways, 403)
    assert {path: visitor.post(path, json=body).status_code for path, body in ways.items()} == dict.fromkeys(ways, 401)
    assert newcomer("admin", scopes="read").client.post(f"{WHERE}/{id_}/end", json={}).status_code == 403
    assert newcomer("moderator").client.post(f"{WHERE}/{id_}/end", json={}).status_code == 403
    for one in (someone, keeper):
        assert told(one, id_)["state"] == "running"
    assert visitor.get(WHERE).json()["running"]["id"] == id_
    assert visitor.get(f"{WHERE}/12").status_code == 404


def test_so_is_the_page(house: House, keeper: Member, newcomer: New, visitor: httpx.Client) -> None:
    name = written(keeper)
    id_ = begun(keeper, name)["id"]
    ways = ["", "/rankers", "/rollback", f"/{id_}/end", f"/{id_}/promotion"]
    assert visitor.get(PAGE).status_code == 200
    assert "Stop it" not in visitor.get(PAGE).text
    assert {visitor.post(PAGE + way).headers["location"].partition("?")[0] for way in ways} == {"/signin"}
    with desk(house, newcomer()) as (browser, token):
        assert {browser.post(PAGE + way, data={"csrf": token, "challenger": name}).status_code for way in ways} == {403}
        assert "Stop it" not in browser.get(PAGE).text
    with desk(house, keeper) as (browser, token):
        assert {browser.post(PAGE + way, data={"challenger": name}).status_code for way in ways} == {403}
        assert told(keeper, id_)["state"] == "running"
        assert "Stop it" in browser.get(PAGE).text
        assert browser.post(f"{PAGE}/{id_}/end", data={"csrf": token}).status_code == 303
    assert told(keeper, id_)["state"] == "stopped"
    assert told(keeper, id_)["ended_by"] == keeper.id


def test_what_does_not_fit_is_said(house: House, keeper: Member) -> None:
    post = keeper.client.post
    name = written(keeper)
    for body in (
        {"name": "Live!"}, {"name": "live"}, {"name": "x", "worth": {"like": -3}}, {"name": "x", "worth": {"fame": 1}}, {"name": "x", "more": 1},
        {"name": "x", "limits": {"single_act_share": 0.5}}, {"name": "x", "file": "0" * 64}, {"name": "x", "said": "x" * 300},
    ):  # fmt: skip
        assert post("/api/bower/v1/feed/rankers", json=body).status_code == 422, body
    assert post("/api/bower/v1/feed/rankers", json={"name": name, "worth": {"like": 2}}).status_code == 409
    assert post("/api/bower/v1/feed/rankers", json={"name": "just-as-it-is"}).status_code == 409
    assert post(WHERE, json={"challenger": "nobody"}).status_code == 404
    assert post(WHERE, json={"challenger": "live"}).status_code == 422
    assert post(WHERE, json={"challenger": name, "share": 0}).status_code == 422
    id_ = begun(keeper, name)["id"]
    assert post(WHERE, json={"challenger": name}).status_code == 409
    assert post(f"{WHERE}/{id_}/end", json={"reason": "Enough."}).json()["reason"] == "Enough."
    assert post(f"{WHERE}/{id_}/end", json={}).status_code == 409
    assert post(f"{WHERE}/{id_}/promotion", json={}).status_code == 409
    assert post("/api/bower/v1/feed/rollback", json={}).status_code == 409
    with desk(house, keeper) as (browser, token):
        bad = browser.post(f"{PAGE}/rankers", data={"csrf": token, "name": "lots", "worth_like": "much"})
        assert (bad.status_code, "is a number" in bad.text, 'value="lots"' in bad.text) == (422, True, True)
        assert browser.post(PAGE, data={"csrf": token, "challenger": "nobody", "share": "1"}).status_code == 404


def test_a_challenger_stands_on_pages_and_they_say_so(keeper: Member, newcomer: New, full: None) -> None:
    someone, scout, other = reader(newcomer), reader(newcomer), newcomer()
    assert set(teams(feed(someone))) == {None}
    name = written(keeper)
    begun(keeper, name)
    seen(scout, name)
    page = feed(someone)
    assert page["release"].split()[1].startswith("live-")
    picked = [team for team in teams(page) if team]
    assert abs(picked.count("champion") - picked.count("challenger")) <= 1
    assert len(picked) >= 16
    drawn = [page["why"][one["id"]] for one in page["posts"] if page["why"][one["id"]]["propensity"] < 1]
    assert all(one["team"] is None for one in drawn)
    orders = [tuple(teams(page)), *(tuple(teams(feed(reader(newcomer)))) for _ in range(4))]
    assert len(set(orders)) > 1  # a coin for every page
    assert set(teams(feed(other))) == {None}


def test_only_a_share_of_the_people_takes_part(keeper: Member, newcomer: New, full: None) -> None:
    name = written(keeper)
    everyone = [reader(newcomer) for _ in range(12)]
    id_ = int(begun(keeper, name, 0.5)["id"])
    among = [one for one in everyone if taking_part(id_, int(one.id), 0.5)]
    seen(among[0], name)
    for one in everyone:
        assert (" against " in feed(one)["release"]) is (one in among)


async def test_people_decide_and_it_is_promoted_and_rolled_back(
    house: House, keeper: Member, newcomer: New, pool: Pool, full: None
) -> None:
    name = written(keeper)
    id_ = begun(keeper, name)["id"]
    people = [reader(newcomer) for _ in range(15)]
    seen(reader(newcomer), name)
    for one in people:
        takes_to(one, name, "challenger", like)
    assert (await looked(pool)).state == "running"  # a winner waits to be promoted
    found = told(keeper, id_)
    assert found["won"]
    assert found["figures"]["poll"]["people"] == 15
    assert found["figures"]["people"] in (15, 16)  # whoever looked, too, if there was a page for them
    assert found["figures"]["wins"] == [0, 90]
    assert len(found["points"]) >= 1
    consent(people[0], personalise=False)
    people[1].client.request("DELETE", "/api/bower/v1/feed/taste/acts", json={})
    like(people[2], feed(people[2])["posts"][0]["id"])
    await looked(pool)
    assert told(keeper, id_)["figures"]["poll"]["people"] == 13
    with desk(house, keeper) as (browser, token):
        page = browser.get(PAGE).text
        assert "The challenger is better" in page
        assert "13 people have voted" in page
        assert browser.post(f"{PAGE}/{id_}/promotion", data={"csrf": token}).status_code == 303
        someone = people[3]
        until(lambda: feed(someone)["release"].split()[1].startswith(f"{name}-"))
        assert " against " not in feed(someone)["release"]
        assert keeper.client.get(WHERE).json()["champion"]["name"] == name
        about = browser.get("/about/feed").text
        assert f"{keeper.client.get(WHERE).json()['champion']['definition']['worth']['remix']:g}" in about
        assert browser.post(f"{PAGE}/rollback", data={"csrf": token}).status_code == 303
    until(lambda: feed(someone)["release"].split()[1].startswith("live-"))
    assert told(keeper, id_)["state"] == "rolled_back"
    now = keeper.client.get(WHERE).json()
    assert (now["champion"]["name"], now["rollback_to"]) == ("live", None)
    assert [one["ranker"] for one in now["reigns"][:2]] == ["live", name]
    async with pool.reading() as db:
        assert await db.value("select count(*) from feed.tallies where comparison_id = %s", int(id_)) == 0


async def test_a_winner_may_be_promoted_by_itself_and_go_again(
    keeper: Member, newcomer: New, pool: Pool, full: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = written(keeper)
    id_ = begun(keeper, name)["id"]
    seen(reader(newcomer), name)
    for one in [reader(newcomer) for _ in range(15)]:
        takes_to(one, name, "challenger", like)
    assert (await looked(pool, automatic=True)).state == "running"  # it has not seen a whole day
    monkeypatch.setattr(umpire, "SOONEST", timedelta())
    assert (await looked(pool, automatic=True)).state == "promoted"
    now = keeper.client.get(WHERE).json()
    assert (now["champion"]["name"], now["running"]["probation"], now["running"]["challenger"]["name"]) == (name, True, "live")
    async with pool.transaction() as db:  # the same probation, with everyone in it
        await comparisons.stop(db, None, int(now["running"]["id"]))
        await comparisons.start(db, None, "live", probation=True)
    seen(reader(newcomer), "live")
    for one in [reader(newcomer) for _ in range(15)]:
        takes_to(one, "live", "challenger", like)
    await looked(pool, automatic=True)
    now = keeper.client.get(WHERE).json()
    assert (now["champion"]["name"], now["running"]) == ("live", None)
    assert told(keeper, id_)["state"] == "rolled_back"
    assert "by itself" in told(keeper, id_)["reason"]


async def test_what_loses_or_breaks_a_guard_rail_or_takes_too_long_ends_by_itself(
    keeper: Member, newcomer: New, pool: Pool, full: None
) -> None:
    name = written(keeper)
    broken = begun(keeper, name)["id"]
    seen(reader(newcomer), name)
    for one in [reader(newcomer) for _ in range(12)]:
        takes_to(one, name, "challenger", hide, most=4)
    await looked(pool)
    found = told(keeper, broken)
    assert (found["state"], found["ended_by"]) == ("stopped", None)
    assert "not for me" in found["reason"]
    assert [one["name"] for one in found["figures"]["guards"] if one["breached"]] == ["hides"]

    lost = begun(keeper, name)["id"]
    seen(reader(newcomer), name)
    for one in [reader(newcomer) for _ in range(15)]:
        takes_to(one, name, "champion", like)
    await looked(pool)
    assert told(keeper, lost)["state"] == "rejected"

    async with pool.transaction() as db:
        late = await comparisons.start(db, None, name)
        old = before(datetime.now(UTC) - timedelta(days=29))
        await db.execute("update feed.comparisons set id = %s where id = %s", old, late.id)
    await looked(pool)
    assert "28 days" in told(keeper, str(old))["reason"]
    async with pool.transaction() as db:
        await db.execute("delete from feed.comparisons where id = %s", old)


async def test_a_comparison_ends_when_what_ranks_was_changed(keeper: Member, pool: Pool) -> None:
    name, other = written(keeper), written(keeper)
    id_ = begun(keeper, name)["id"]
    async with pool.transaction() as db:
        await reigns.begin(db, None, await rankers.by_name(db, other), "By hand.")
    assert "changed meanwhile" in (await looked(pool)).reason
    assert told(keeper, id_)["state"] == "stopped"


def test_everyone_can_read_the_page(keeper: Member, newcomer: New, visitor: httpx.Client) -> None:
    name = written(keeper)
    nothing = visitor.get(PAGE)
    assert nothing.status_code == 200
    begun(keeper, name)
    for page in (visitor.get(PAGE).text, newcomer().client.get(PAGE).text):
        assert f"<code>{name}</code> against <code>live</code>" in page
        assert "Write a ranker" not in page
    assert PAGE in visitor.get("/about/feed").text


def test_from_the_terminal(house: House, tmp_path: Path, keeper: Member) -> None:
    name = f"terminal-{secrets.token_hex(3)}"
    (tmp_path / "values.json").write_text(json.dumps({"worth": {"share": 2 + secrets.randbelow(10**6) / 10**6}}))
    made = house.command("feed-rankers", "add", name, "--values", str(tmp_path / "values.json"), "--said", "More shares.")
    assert made["name"] == name
    begun_ = house.command("feed-rankers", "start", name, "--share", "0.25")
    assert (begun_["state"], begun_["share"]) == ("running", 0.25)
    assert house.command("feed-rankers", "list")["running"]["id"] == begun_["id"]
    assert house.command("feed-rankers", "stop", "--reason", "Tea.")["reason"] == "Tea."
    assert told(keeper, begun_["id"])["started_by"] is None
    begun(keeper, name)
    assert house.command("feed-rankers", "promote")["state"] == "promoted"
    assert keeper.client.get(WHERE).json()["champion"]["name"] == name
    assert house.command("feed-rankers", "rollback")["champion"] == "live"
    assert definitions.house().hash == keeper.client.get(WHERE).json()["champion"]["hash"]


def test_the_form_writes_and_starts(house: House, keeper: Member) -> None:
    name = f"form-{secrets.token_hex(3)}"
    with desk(house, keeper) as (browser, token):
        fields = {
            "csrf": token,
            "name": name,
            "said": "Dwell more.",
            "worth_dwell": f"{0.4 + secrets.randbelow(10**6) / 10**7}",
            "worth_like": "1",
        }
        assert browser.post(f"{PAGE}/rankers", data=fields).status_code == 303
        assert browser.post(PAGE, data={"csrf": csrf(browser, PAGE), "challenger": name, "share": "0.5"}).status_code == 303
        assert "Dwell more." in browser.get(PAGE).text
    assert keeper.client.get(WHERE).json()["running"]["share"] == 0.5
