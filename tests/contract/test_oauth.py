"""Letting programs in: OAuth 2 as Mastodon's clients speak it, the page that asks, and showing them out again."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from mastodon import Mastodon

from bowerbird.accounts import apps, codes, people, tokens
from bowerbird.core.database import Pool
from tests.conftest import House, Member
from tests.contract.test_people import csrf, sign_in

New = Callable[..., Member]
BACK = "https://client.example/back"
OOB = "urn:ietf:wg:oauth:2.0:oob"


@pytest.fixture
def browser(house: House) -> Iterator[httpx.Client]:
    with house.client(timeout=30) as client:
        yield client


def registered(visitor: httpx.Client, **fields: Any) -> dict[str, Any]:
    answer = visitor.post(
        "/api/v1/apps", json={"client_name": "Nest", "redirect_uris": [BACK, OOB], "scopes": "read write", **fields}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def hidden(page: str) -> dict[str, str]:
    """What the page's first form carries."""
    first = re.search(r'<form[^>]*action="/oauth/authorize">(.*?)</form>', page, re.DOTALL)
    assert first, page
    return {n: html.unescape(v) for n, v in re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', first[1])}


def decide(browser: httpx.Client, decision: str = "yes", **asked: str) -> httpx.Response:
    page = browser.get("/oauth/authorize", params={"response_type": "code", **asked})
    assert page.status_code == 200, page.text
    return browser.post("/oauth/authorize", data={**hidden(page.text), "decision": decision})


def returned(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 303, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def let_in(browser: httpx.Client, visitor: httpx.Client, app: dict[str, Any], scope: str = "read write") -> str:
    code = returned(decide(browser, client_id=app["client_id"], redirect_uri=BACK, scope=scope))["code"]
    return came(visitor, app, code=code).json()["access_token"]


def came(visitor: httpx.Client, app: dict[str, Any], **fields: str) -> httpx.Response:
    sent = {
        "grant_type": "authorization_code",
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
        "redirect_uri": BACK,
    }
    return visitor.post("/oauth/token", data={**sent, **fields})


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_mastodon_py_registers_asks_and_comes_in(house: House, newcomer: New, browser: httpx.Client) -> None:
    ines = newcomer()
    scopes = ["read:accounts", "write:statuses"]
    id_, secret = Mastodon.create_app("toot", scopes=["read", "write"], api_base_url=house.url, website="https://toot.example")
    client = Mastodon(id_, secret, api_base_url=house.url)
    url = client.auth_request_url(scopes=scopes, state="s1", allow_http=True)
    where = url.removeprefix(house.url)
    assert browser.get(where).headers["location"].startswith("/signin?next=/oauth/authorize%3F")
    sign_in(browser, ines.name)
    page = browser.get(where)
    assert "toot" in page.text
    assert "https://toot.example" in page.text
    assert "Change posts" in page.text
    said = browser.post("/oauth/authorize", data={**hidden(page.text), "decision": "yes"})
    assert said.headers["location"].startswith("/oauth/authorize/native?code=")
    code = returned(said)["code"]
    assert code in browser.get(said.headers["location"]).text
    token = client.log_in(code=code, scopes=scopes, allow_http=True)
    assert client.status_post("let in by hand")["account"]["username"] == ines.name
    assert httpx.get(f"{house.url}/api/v1/timelines/home", headers=bearer(token)).status_code == 403
    assert client.app_verify_credentials()["name"] == "toot"
    client.revoke_access_token(allow_http=True)
    assert httpx.get(f"{house.url}/api/v1/apps/verify_credentials", headers=bearer(token)).status_code == 401


def test_a_code_is_for_one_use_one_program_and_one_address(newcomer: New, browser: httpx.Client, visitor: httpx.Client) -> None:
    ines = newcomer()
    sign_in(browser, ines.name)
    app, other = registered(visitor), registered(visitor)
    answer = decide(browser, client_id=app["client_id"], redirect_uri=BACK, scope="read", state="x&y=z")
    assert answer.headers["location"].startswith(BACK)
    assert returned(answer)["state"] == "x&y=z"
    code = returned(answer)["code"]
    assert came(visitor, other, code=code).json()["error"] == "invalid_grant"
    assert came(visitor, app, code=code, redirect_uri=OOB).json()["error"] == "invalid_grant"
    assert came(visitor, app, code=code, client_secret="wrong").status_code == 401
    assert came(visitor, app, code="wrong").json()["error"] == "invalid_grant"
    given = came(visitor, app, code=code)
    assert given.status_code == 200
    assert given.headers["cache-control"] == "no-store"
    assert {**given.json(), "access_token": "", "created_at": 0} == {
        "access_token": "", "token_type": "Bearer", "scope": "read", "created_at": 0,
    }  # fmt: skip
    assert came(visitor, app, code=code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize("method", ["S256", "plain"])
def test_a_challenge_is_held_against_its_verifier(
    newcomer: New, browser: httpx.Client, visitor: httpx.Client, method: str
) -> None:
    ines = newcomer()
    sign_in(browser, ines.name)
    app = registered(visitor)
    verifier = secrets.token_urlsafe(48)
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {"client_id": app["client_id"], "redirect_uri": BACK, "code_challenge_method": method}
    asked["code_challenge"] = digest if method == "S256" else verifier
    code = returned(decide(browser, **asked))["code"]
    assert came(visitor, app, code=code).status_code == 400
    assert came(visitor, app, code=code, code_verifier=secrets.token_urlsafe(48)).json()["error"] == "invalid_grant"
    assert came(visitor, app, code=code, code_verifier=verifier).status_code == 200


def test_no_is_told_and_what_may_not_be_asked_is_refused(newcomer: New, browser: httpx.Client, visitor: httpx.Client) -> None:
    ines = newcomer()
    sign_in(browser, ines.name)
    app = registered(visitor, scopes="read:statuses")
    asked = {"client_id": app["client_id"], "redirect_uri": BACK, "state": "s"}
    assert returned(decide(browser, "no", **asked, scope="read:statuses")) == {
        "error": "access_denied", "error_description": "The resource owner or authorization server denied the request", "state": "s",
    }  # fmt: skip
    for wrong in (
        {"scope": "read"},
        {"scope": "all"},
        {"response_type": "token"},
        {"response_type": "“”"},
        {"code_challenge": "short"},
    ):
        there = browser.get("/oauth/authorize", params={"response_type": "code", **asked, **wrong})
        assert returned(there)["state"] == "s", wrong
        assert returned(there)["error"] in ("invalid_scope", "unsupported_response_type", "invalid_request")
    for nowhere in ({"redirect_uri": BACK + "/x"}, {"redirect_uri": "http://evil.example"}, {"client_id": "nobody"}):
        assert browser.get("/oauth/authorize", params={"response_type": "code", **asked, **nowhere}).status_code == 422
    denied = decide(browser, "no", client_id=app["client_id"], redirect_uri=OOB, scope="read:statuses")
    assert denied.headers["location"] == "/"
    assert browser.post("/oauth/authorize", data={**asked, "decision": "yes"}).status_code == 403  # no CSRF token


def test_the_page_may_send_a_form_on_to_the_program_only(newcomer: New, browser: httpx.Client, visitor: httpx.Client) -> None:
    sign_in(browser, newcomer().name)
    app = registered(visitor, redirect_uris="birdapp://back\nhttps://client.example/back")
    asked = {"client_id": app["client_id"], "response_type": "code", "scope": "read"}
    for address, source in (("birdapp://back", "birdapp:"), (BACK, "https://client.example")):
        policy = browser.get("/oauth/authorize", params={**asked, "redirect_uri": address}).headers["content-security-policy"]
        assert f"form-action 'self' {source};" in policy


def test_signing_in_anew_comes_back_to_the_same_question(newcomer: New, browser: httpx.Client, visitor: httpx.Client) -> None:
    ines, noor = newcomer(), newcomer()
    sign_in(browser, ines.name)
    app = registered(visitor)
    asked = {"client_id": app["client_id"], "redirect_uri": BACK, "response_type": "code", "scope": "read", "force_login": "true"}
    page = browser.get("/oauth/authorize", params=asked).text
    assert "Let it in" not in page
    again = browser.post("/oauth/authorize/again", data={**asked, "csrf": re.findall(r'name="csrf" value="(\w+)"', page)[0]})
    next_ = parse_qs(urlsplit(again.headers["location"]).query)["next"][0]
    assert "force_login" not in next_
    sign_in(browser, noor.name)
    assert f"@{noor.name}" in browser.get(next_).text


def test_a_program_may_come_as_itself(visitor: httpx.Client) -> None:
    app = registered(visitor, scopes="read write:accounts")
    given = visitor.post(
        "/oauth/token", json={"grant_type": "client_credentials", "scope": "read"}, auth=(app["client_id"], app["client_secret"])
    )
    assert given.status_code == 200, given.text
    own = bearer(given.json()["access_token"])
    told = visitor.get("/api/v1/apps/verify_credentials", headers=own).json()
    assert (told["name"], told["redirect_uris"], "client_secret" in told) == ("Nest", [BACK, OOB], False)
    assert visitor.get("/api/v1/timelines/home", headers=own).status_code == 422
    assert visitor.get("/api/v1/timelines/public", headers=own).status_code == 200
    assert (
        visitor.post("/oauth/token", data={"grant_type": "password"}, auth=("a", "b")).json()["error"] == "unsupported_grant_type"
    )
    beyond = {
        "grant_type": "client_credentials",
        "scope": "write",
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
    }
    assert visitor.post("/oauth/token", data=beyond).json()["error"] == "invalid_scope"
    assert (
        visitor.post("/oauth/token", headers={"Authorization": "Basic !"}, data={"grant_type": "client_credentials"}).status_code
        == 401
    )


def test_an_account_is_made_with_a_programs_token(visitor: httpx.Client) -> None:
    app = registered(visitor, scopes="read write:accounts")
    sent = {
        "grant_type": "client_credentials",
        "scope": "read write:accounts",
        "client_id": app["client_id"],
        "client_secret": app["client_secret"],
    }
    own = bearer(visitor.post("/oauth/token", data=sent).json()["access_token"])
    name = f"n{secrets.token_hex(4)}"
    new = {"username": name, "email": f"{name}@example.org", "password": "a long enough one", "agreement": "true", "locale": "en"}
    assert visitor.post("/api/v1/accounts", data=new).status_code == 401
    assert visitor.post("/api/v1/accounts", data={**new, "agreement": "false"}, headers=own).status_code == 422
    made = visitor.post("/api/v1/accounts", data=new, headers=own)
    assert made.status_code == 200, made.text
    me = visitor.get("/api/v1/accounts/verify_credentials", headers=bearer(made.json()["access_token"])).json()
    assert me["username"] == name
    taken = visitor.post("/api/v1/accounts", data=new, headers=own)
    assert (taken.status_code, list(taken.json()["details"])) == (422, ["username"])
    reader = visitor.post("/oauth/token", data={**sent, "scope": "read"}).json()["access_token"]
    assert visitor.post("/api/v1/accounts", data=new, headers=bearer(reader)).status_code == 403


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_name": ""}, {"client_name": "x" * 61}, {"redirect_uris": "javascript:alert(1)"}, {"redirect_uris": ["/relative"]},
        {"redirect_uris": ["https://x.example/#part"]}, {"redirect_uris": []}, {"scopes": "everything"}, {"website": "ftp://x"},
        {"redirect_uris": ["https://[x"]},
    ],
)  # fmt: skip
def test_a_program_that_does_not_fit_is_not_registered(visitor: httpx.Client, wrong: dict[str, Any]) -> None:
    answer = visitor.post("/api/v1/apps", json={"client_name": "Nest", "redirect_uris": BACK, **wrong})
    assert answer.status_code == 422, answer.text


def test_a_program_is_shown_out_by_its_person_only(newcomer: New, browser: httpx.Client, visitor: httpx.Client) -> None:
    ines = newcomer()
    sign_in(browser, ines.name)
    token = let_in(browser, visitor, registered(visitor, client_name="Loud Birds"))
    assert visitor.get("/api/v1/timelines/home", headers=bearer(token)).status_code == 200
    page = browser.get("/settings/account").text
    assert "Loud Birds" in page
    found = re.search(r"Loud Birds.*?/settings/programs/(\d+)/revoke", page, re.DOTALL)
    assert found
    with httpx.Client(base_url=str(visitor.base_url)) as other:
        sign_in(other, newcomer().name)
        mine = csrf(other, "/settings/account")
        assert other.post(f"/settings/programs/{found[1]}/revoke", data={"csrf": mine}).status_code == 404
    done = browser.post(f"/settings/programs/{found[1]}/revoke", data={"csrf": csrf(browser, "/settings/account")})
    assert done.headers["location"] == "/settings/account"
    assert visitor.get("/api/v1/timelines/home", headers=bearer(token)).status_code == 401


def test_only_the_program_itself_gives_its_token_back(newcomer: New, browser: httpx.Client, visitor: httpx.Client) -> None:
    sign_in(browser, newcomer().name)
    app, other = registered(visitor), registered(visitor)
    token = let_in(browser, visitor, app)
    for who in (other, {**app, "client_secret": "wrong"}):
        sent = {"client_id": who["client_id"], "client_secret": who["client_secret"], "token": token}
        assert visitor.post("/oauth/revoke", data=sent).status_code in (400, 401)
    assert visitor.get("/api/v1/timelines/home", headers=bearer(token)).status_code == 200
    sent = {"client_id": app["client_id"], "client_secret": app["client_secret"], "token": token}
    for _ in range(2):
        assert visitor.post("/oauth/revoke", json=sent).status_code == 200
    assert visitor.get("/api/v1/timelines/home", headers=bearer(token)).status_code == 401


def test_scopes_hold_what_is_below_them(newcomer: New, browser: httpx.Client, visitor: httpx.Client) -> None:
    ines, noor = newcomer(), newcomer()
    sign_in(browser, ines.name)
    app = registered(visitor, scopes="read write follow profile")
    token = bearer(let_in(browser, visitor, app, "follow read:statuses"))
    assert visitor.post(f"/api/v1/accounts/{noor.id}/follow", headers=token).status_code == 200
    assert visitor.get("/api/v1/timelines/home", headers=token).status_code == 200
    assert visitor.post("/api/v1/statuses", json={"status": "x"}, headers=token).status_code == 403
    assert visitor.get("/oauth/userinfo", headers=token).status_code == 403
    who = visitor.get("/oauth/userinfo", headers=bearer(let_in(browser, visitor, app, "profile"))).json()
    assert who["preferred_username"] == ines.name


def test_the_house_says_how_it_lets_in(visitor: httpx.Client) -> None:
    told = visitor.get("/.well-known/oauth-authorization-server").json()
    assert told["code_challenge_methods_supported"] == ["S256", "plain"]
    assert told["grant_types_supported"] == ["authorization_code", "client_credentials"]
    assert {"read", "write:statuses", "push", "profile"} <= set(told["scopes_supported"])


def test_a_client_in_a_browser_may_ask(visitor: httpx.Client) -> None:
    asked = {
        "Origin": "https://elk.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    allowed = visitor.options("/api/v1/statuses", headers=asked)
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (204, "*")
    assert (
        visitor.get("/api/v1/timelines/public", headers={"Origin": "https://elk.example"}).headers["access-control-allow-origin"]
        == "*"
    )


async def test_what_nobody_came_for_is_swept_away(visitor: httpx.Client, pool: Pool) -> None:
    app = registered(visitor)
    async with pool.transaction() as db:
        known = await apps.by_client_id(db, app["client_id"])
        assert known
        await apps.sweep(db)
        assert await apps.by_client_id(db, app["client_id"])
        await db.execute("update accounts.apps set id = 77 where id = %s", known.id)
        await apps.sweep(db)
        assert await apps.by_client_id(db, app["client_id"]) is None
        assert await codes.hold(db, "none") is None


async def test_a_program_that_was_let_in_once_stays_known(newcomer: New, visitor: httpx.Client, pool: Pool) -> None:
    ines, app = newcomer(), registered(visitor)
    async with pool.transaction() as db:
        me, known = await people.by_id(db, int(ines.id)), await apps.by_client_id(db, app["client_id"])
        assert known
        await db.execute("update accounts.apps set id = 78 where id = %s", known.id)
        await tokens.create(db, me, ["read"], app_id=78)
        await tokens.revoke_all(db, me)
        await apps.sweep(db)
        assert await apps.by_client_id(db, app["client_id"])
