"""People: the doors by which they come in, what they may change, what they let others and models do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import httpx
import pytest

from bowerbird.accounts import sessions
from bowerbird.core.database import Pool
from bowerbird.core.errors import Invalid, TooMany
from bowerbird.core.settings import settings
from bowerbird.events import log
from tests.conftest import PASSWORD, House, Member, picture_of

New = Callable[..., Member]


@pytest.fixture
def browser(house: House) -> Iterator[httpx.Client]:
    """A browser without scripts: cookies, forms, redirects."""
    with house.client(timeout=30) as client:
        yield client


def csrf(browser: httpx.Client, page: str = "/signin") -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', browser.get(page, follow_redirects=True).text)
    assert found
    return found[1]


def sign_in(browser: httpx.Client, name: str, password: str = PASSWORD) -> httpx.Response:
    return browser.post("/signin", data={"csrf": csrf(browser), "login": name, "password": password, "next": "/settings"})


def test_sign_up_in_and_out(browser: httpx.Client) -> None:
    form = {"csrf": csrf(browser, "/signup"), "username": "Wren_1", "email": "wren@example.org", "password": "long enough, wren"}
    assert browser.post("/signup", data=form).status_code == 303
    assert "Wren_1" in browser.get("/@wren_1").text
    token = csrf(browser, "/settings/account")
    assert browser.post("/signout", data={"csrf": token}).headers["location"] == "/signin"
    assert browser.get("/settings/account").headers["location"].startswith("/signin?next=")
    assert sign_in(browser, "wren_1", "long enough, wren").headers["location"] == "/settings"
    assert sign_in(browser, "WREN@example.org", "long enough, wren").status_code == 303


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"username": "a"}, "2 to 30"), ({"username": "a b"}, "2 to 30"), ({"username": "admin"}, "kept"), ({"email": "x"}, "e-mail"),
        ({"password": "short"}, "8 to"), ({"password": "aaaaaaaaaaaa"}, "guess"),
    ],
)  # fmt: skip
def test_a_sign_up_that_does_not_fit_says_why(browser: httpx.Client, change: dict[str, str], said: str) -> None:
    form = {
        "csrf": csrf(browser, "/signup"),
        "username": "fits_well",
        "email": "fits@example.org",
        "password": "long enough, wren",
        **change,
    }
    answer = browser.post("/signup", data=form)
    assert answer.status_code == 422
    assert said in answer.text


def test_names_are_taken_whatever_their_case(browser: httpx.Client, newcomer: New) -> None:
    ines = newcomer()
    form = {
        "csrf": csrf(browser, "/signup"),
        "username": ines.name.upper(),
        "email": "u@example.org",
        "password": "long enough, wren",
    }
    assert "taken" in browser.post("/signup", data=form).text


def test_a_wrong_password_and_an_unknown_name_are_told_apart_by_nothing(browser: httpx.Client, newcomer: New) -> None:
    ines = newcomer()
    answers = [sign_in(browser, name, "not the one") for name in (ines.name, "nobody_here")]
    assert [a.status_code for a in answers] == [422, 422]
    assert "do not belong together" in answers[0].text
    assert "do not belong together" in answers[1].text


async def test_guessing_is_stopped_for_the_name_and_for_the_address(newcomer: New, pool: Pool) -> None:
    ines, noor = newcomer(), newcomer()
    limit = settings().sign_in_attempts_max

    async def guess(name: str, address: str, password: str = "a wrong guess") -> type[Exception] | None:
        try:
            await sessions.sign_in(pool, name, password, device="test", address=address)
        except (Invalid, TooMany) as stopped:
            return type(stopped)
        return None

    for number in range(limit):
        assert await guess(ines.name, f"192.0.2.{number}") is Invalid
    assert await guess(ines.name, "192.0.2.99", PASSWORD) is TooMany  # even the right one, until the window is over
    for number in range(limit):
        assert await guess(f"nobody_{number}", "198.51.100.7") is Invalid
    assert await guess(noor.name, "198.51.100.7", PASSWORD) is TooMany
    assert await guess(noor.name, "198.51.100.8", PASSWORD) is None


def test_every_form_needs_its_token(browser: httpx.Client, newcomer: New) -> None:
    ines = newcomer()
    said = ines.post("x")
    for path in ("/signin", "/signup"):
        assert browser.post(path, data={"login": ines.name, "password": PASSWORD}).status_code == 403
    sign_in(browser, ines.name)
    paths = [
        "/posts", f"/posts/{said['id']}/like", f"/posts/{said['id']}/delete", f"/@{ines.name}/follow", "/settings/profile",
        "/settings/learning", "/settings/password", "/studio/generations", "/signout", "/settings/sessions/others/revoke",
        "/settings/passkeys/begin",
    ]  # fmt: skip
    for path in paths:
        for token in ("", "0" * 64):
            assert browser.post(path, data={"csrf": token, "text": "forged"}).status_code == 403, path
    api = browser.post("/api/v1/statuses", json={"status": "forged"})  # the cookie alone opens no API
    assert api.status_code == 403
    assert "forged" not in browser.get(f"/@{ines.name}?tab=posts").text


def test_a_redirect_never_leads_away(browser: httpx.Client, newcomer: New) -> None:
    ines = newcomer()
    for where in ("https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        form = {"csrf": csrf(browser), "login": ines.name, "password": PASSWORD, "next": where}
        assert browser.post("/signin", data=form).headers["location"] == "/"
        browser.cookies.clear()


def test_sessions_are_seen_and_revoked_by_their_owner_only(house: House, browser: httpx.Client, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    sign_in(browser, ines.name)
    with house.client() as phone, house.client() as other:
        sign_in(phone, ines.name)
        sign_in(other, noor.name)
        ids = re.findall(r"/settings/sessions/(\d+)/revoke", browser.get("/settings/account").text)
        assert ids
        assert (
            other.post(f"/settings/sessions/{ids[0]}/revoke", data={"csrf": csrf(other, "/settings/account")}).status_code == 404
        )
        assert phone.get("/settings/account").status_code == 200
        token = csrf(browser, "/settings/account")
        assert browser.post("/settings/sessions/others/revoke", data={"csrf": token}).status_code == 303
        assert phone.get("/settings/account").status_code == 303
        assert browser.get("/settings/account").status_code == 200


def test_a_new_password_needs_the_old_one_and_signs_others_out(house: House, browser: httpx.Client, newcomer: New) -> None:
    ines = newcomer()
    sign_in(browser, ines.name)
    token = csrf(browser, "/settings/account")
    wrong = browser.post("/settings/password", data={"csrf": token, "current": "nope nope", "new": "a newer password"})
    assert (wrong.status_code, "not right" in wrong.text) == (422, True)
    assert (
        browser.post("/settings/password", data={"csrf": token, "current": PASSWORD, "new": "a newer password"}).status_code
        == 303
    )
    with house.client() as phone:
        assert sign_in(phone, ines.name).status_code == 422
        assert sign_in(phone, ines.name, "a newer password").status_code == 303


def test_only_an_administrator_invites(browser: httpx.Client, house: House, newcomer: New) -> None:
    ines, head = newcomer(), newcomer(role="admin")
    sign_in(browser, ines.name)
    assert browser.get("/settings/invites").status_code == 403
    made = browser.post("/settings/invites", data={"csrf": csrf(browser, "/settings/account"), "uses_max": "1", "days": "3"})
    assert made.status_code == 403
    with house.client() as desk:
        sign_in(desk, head.name)
        page = desk.post("/settings/invites", data={"csrf": csrf(desk, "/settings/invites"), "uses_max": "1", "days": "3"})
        code = re.search(r"/signup\?invite=([\w-]+)", page.text)
        assert code
    for number, status in ((1, 303), (2, 422)):
        with house.client() as guest:
            form = {
                "csrf": csrf(guest, "/signup"),
                "username": f"guest_{number}",
                "email": f"g{number}@example.org",
                "password": "long enough, wren",
            }
            assert guest.post("/signup", data={**form, "invite": code[1]}).status_code == status


def test_consent_is_off_by_default_written_down_and_kept_to_its_purpose(newcomer: New) -> None:
    ines = newcomer()
    where = "/api/bower/v1/consents"
    assert set(ines.client.get(where).json().values()) == {None}
    assert ines.client.put(where, json={"train_pictures": True, "personalise": False}).json()["train_pictures"] is True
    assert ines.client.put(where, json={"train_everything": True}).status_code == 422
    assert ines.client.put(where, json={"train_pictures": "yes"}).status_code == 422
    assert ines.client.put(where, json={"train_pictures": None}).json()["train_pictures"] is None


async def test_the_gate_lets_through_what_was_consented_to_then_and_now(newcomer: New, pool: Pool) -> None:
    ines, noor = newcomer(), newcomer()
    where = "/api/bower/v1/consents"

    async def learnable() -> set[str]:
        async with pool.reading() as db:
            ours = [
                e
                for e in await log.learnable(db, "train_assistant_posts", limit=500)
                if e.actor_id in (int(ines.id), int(noor.id))
            ]
        return {str(e.item_id) for e in ours}

    before = ines.post("said before consent")
    ines.client.put(where, json={"train_assistant_posts": True})
    after, private, excepted, deleted = (
        ines.post("said after"), ines.post("private", visibility="private"), ines.post("not this one"), ines.post("deleted later"),
    )  # fmt: skip
    noor.post("never asked")
    ines.client.put(f"/api/bower/v1/posts/{excepted['id']}/consents", json={"train_assistant_posts": False})
    ines.client.delete(f"/api/v1/statuses/{deleted['id']}")
    assert await learnable() == {after["id"]}
    assert before["id"] != private["id"]
    assert noor.client.put(f"/api/bower/v1/posts/{after['id']}/consents", json={"train_pictures": True}).status_code == 403
    ines.client.put(where, json={"train_assistant_posts": False})
    assert await learnable() == set()


async def test_the_log_tells_what_happened(newcomer: New, pool: Pool) -> None:
    ines, noor = newcomer(), newcomer()
    ines.client.put("/api/bower/v1/consents", json={"train_picture_picks": True})
    generation = picture_of(ines)
    candidate = generation["candidates"][0]
    ines.client.post(f"/api/bower/v1/generations/{generation['id']}/choice", json={"candidate_id": candidate["id"]})
    picture_of(ines)
    said = ines.post("shown", media_ids=[candidate["media_id"]])
    noor.client.post(f"/api/v1/statuses/{said['id']}/favourite")
    noor.client.post(f"/api/v1/accounts/{ines.id}/follow")
    noor.client.post(f"/api/v1/accounts/{ines.id}/block")
    async with pool.reading() as db:
        events = [(e.kind, e.data, e.consents) for e in reversed(await log.of_actor(db, int(ines.id)))]
        others = [e.kind for e in reversed(await log.of_actor(db, int(noor.id)))]
    assert [kind for kind, _, _ in events] == [
        "AccountCreated",
        "GenerationAsked",
        "CandidatePicked",
        "GenerationAsked",
        "PostPublished",
    ]
    assert events[2][1] == {"picked": int(candidate["picture_id"]), "offered": [int(candidate["picture_id"])]}
    assert events[2][2] == ["train_picture_picks"]
    assert (events[1][1]["again"], events[3][1]["again"]) == (False, True)
    assert others == ["AccountCreated", "PostLiked", "AccountFollowed", "AccountHidden"]


def test_uploads_are_bounded_described_and_ones_own(newcomer: New) -> None:
    from tests.unit.test_media import encoded

    ines, noor = newcomer(), newcomer()
    media = ines.client.post("/api/v1/media", files={"file": ("x.png", encoded("PNG"))}, data={"description": "grey rows"}).json()
    assert (media["description"], media["meta"]["original"]["size"]) == ("grey rows", "120x80")
    where = f"/api/v1/media/{media['id']}"
    assert noor.client.put(where, data={"description": "mine now"}).status_code == 404
    assert ines.client.put(where, data={"description": "x" * 1501}).status_code == 422
    assert ines.client.put(where, data={"focus": "a,b"}).status_code == 422
    assert ines.client.put(where, data={"description": "rows", "focus": "0.5,-0.5"}).json()["meta"]["focus"] == {
        "x": 0.5,
        "y": -0.5,
    }
    assert noor.client.post("/api/v1/statuses", json={"status": "x", "media_ids": [media["id"]]}).status_code == 422
    assert ines.client.post("/api/v1/media", files={"file": ("x.png", b"not a picture")}).status_code == 422
    assert ines.client.post("/api/v1/media", files={"file": ("x.png", b"\x89PNG" + bytes(17_000_000))}).status_code == 413
    assert ines.client.post("/api/v1/media", data={"file": "text"}).status_code == 422
    status = ines.post("four?", media_ids=[media["id"]])
    assert status["media_attachments"][0]["bower"] is None
    image = ines.client.get(httpx.URL(media["url"]).path)
    again = ines.client.get(httpx.URL(media["url"]).path, headers={"If-None-Match": image.headers["etag"]})
    assert (image.status_code, again.status_code) == (200, 304)
    for wrong in ("0" * 64, "..%2f..%2fsecrets", "abc"):
        assert ines.client.get(f"/media/{wrong}").status_code == 404
