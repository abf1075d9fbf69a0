"""Every form of the pages, without a browser: forged, signed out, someone else's, malformed and oversized. Never a 500."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.browser.conftest import shown_by
from tests.conftest import PASSWORD, House, Member, picture_of

New = Callable[..., Member]
HUGE = "x" * 300_000


def csrf_in(page: str) -> str:
    found = re.search(r'name="csrf" (?:content|value)="(\w+)"', page)
    assert found
    return found[1]


@dataclass
class Desk:
    """Someone with a session's cookie, who fills in forms."""

    member: Member
    client: httpx.Client
    csrf: str

    def send(self, path: str, /, **fields: Any) -> httpx.Response:
        return self.client.post(path, data={"csrf": self.csrf, **fields})


@pytest.fixture
def desk(house: House, newcomer: New) -> Iterator[Callable[..., Desk]]:
    clients: list[httpx.Client] = []

    def desk(**who: Any) -> Desk:
        member = newcomer(**who)
        client = house.client(timeout=30)
        clients.append(client)
        guest = csrf_in(client.get("/signin").text)
        answer = client.post("/signin", data={"csrf": guest, "login": member.name, "password": PASSWORD, "next": "/bookmarks"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/bookmarks")
        return Desk(member, client, csrf_in(client.get("/settings/profile").text))

    yield desk
    for client in clients:
        client.close()


def forms(post_id: str, picture_id: str, generation_id: str, name: str) -> list[str]:
    return [
        "/posts", f"/posts/{post_id}/edit", *(f"/posts/{post_id}/{verb}" for verb in (
            "like", "unlike", "boost", "unboost", "bookmark", "unbookmark", "delete", "undelete")),
        *(f"/@{name}/{verb}" for verb in (
            "follow", "unfollow", "mute", "unmute", "bell", "hideboosts", "endorse", "unendorse", "remove", "note", "lists", "report", "block",
            "unblock")),
        "/lists", "/lists/12/change", "/lists/12/add", "/lists/12/drop", "/lists/12/remove", "/tags", "/messages/12/unread",
        "/messages/12/remove", "/requests/12", "/notifications/held/12/accept", "/notifications/held/12/dismiss", "/announcements/12/dismiss",
        "/settings/filters", "/settings/filters/12/change", "/settings/filters/12/let", "/settings/filters/12/remove",
        "/settings/data/archive", "/settings/data/bring", "/settings/data/leave",
        "/studio/generations", f"/studio/generations/{generation_id}/cancel", f"/studio/generations/{generation_id}/show",
        f"/pictures/{picture_id}/permit", f"/pictures/{picture_id}/delete",
        *(f"/settings/{name}" for name in ("profile", "privacy", "learning", "password", "invites")),
        "/settings/sessions/1/revoke", "/settings/sessions/others/revoke", "/settings/passkeys/1/remove", "/settings/invites/1/revoke",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def owned(newcomer: New) -> tuple[dict[str, Any], list[str]]:
    """A post with a picture by someone, and every form there is to do something with what they own."""
    owner = newcomer()
    made = picture_of(owner)
    one = made["candidates"][0]
    post = owner.post("not yours", media_ids=[one["media_id"]])
    return {**post, "owner": owner}, forms(post["id"], one["picture_id"], made["id"], owner.name)


@pytest.fixture
def scene(desk: Callable[..., Desk], owned: tuple[dict[str, Any], list[str]]) -> Iterator[tuple[Desk, dict[str, Any], list[str]]]:
    """A stranger at their desk, before what is not theirs. What they had begun to paint is called off."""
    stranger = desk()
    yield stranger, *owned
    for id_ in set(re.findall(r"/studio/generations/(\d+)", stranger.client.get("/studio").text)):
        stranger.send(f"/studio/generations/{id_}/cancel")


def test_forged_and_signed_out(scene: tuple[Desk, dict[str, Any], list[str]], visitor: httpx.Client) -> None:
    stranger, _, paths = scene
    for path in paths:
        assert stranger.client.post(path, data={"text": "forged"}).status_code == 403, path
        assert stranger.client.post(path, data={"csrf": "0" * 64}).status_code == 403, path
        answer = visitor.post(path, data={"text": "nobody"})
        assert (answer.status_code, answer.headers.get("location", "")[:7]) == (303, "/signin"), path
    for path in ("/signin", "/signup", "/signout", "/signin/passkey/begin"):
        assert visitor.post(path, data={"login": "x", "password": "y"}).status_code == 403, path
    for path in ("/settings/passkeys/begin", "/settings/passkeys/finish"):
        assert stranger.client.post(path, json={}).status_code == 403, path


def test_what_is_someone_elses(scene: tuple[Desk, dict[str, Any], list[str]]) -> None:
    stranger, post, paths = scene
    told = {path: stranger.send(path, text="mine now", count="1").status_code for path in paths}
    for path, status in told.items():
        if "/edit" in path or (path.endswith("/delete") and "/posts/" in path):
            assert status == 403, path
        elif "/undelete" in path:
            assert status in (403, 404, 410), path
        elif (
            path.startswith(("/studio/generations/", "/pictures/"))
            or re.search(r"/12(/|$)", path)
            or re.search(r"/(sessions|passkeys|invites)/1/", path)
        ):
            assert status == 404, path
    assert told["/settings/invites"] == 403
    still = post["owner"].client.get(f"/api/v1/statuses/{post['id']}").json()
    assert still["content"] == "<p>not yours</p>"
    for path in (f"/posts/{post['id']}/edit", "/settings/invites"):
        assert stranger.client.get(path).status_code == 403, path


def test_malformed_and_oversized_never_break_anything(scene: tuple[Desk, dict[str, Any], list[str]]) -> None:
    stranger, _, paths = scene
    bad: list[dict[str, Any]] = [
        {}, {"text": HUGE, "prompt": HUGE, "bio": HUGE, "current": HUGE, "new": HUGE},
        dict.fromkeys(("text", "prompt", "display_name", "visibility", "current", "uses_max", "caption"), "\x00\ud7ff💥'; drop table --"),
        {"visibility": "everyone", "text": "x", "reply_to_id": "99999999999999999999"}, {"text": "x", "reply_to_id": "1"},
        {"prompt": "x", "seed": "9" * 40, "count": "-1", "strength": "1e9", "shape": "round", "remix": "7"},
        {"prompt": "x", "seed": "99999999999"}, {"from_candidate": "1", "from_generation": "nonsense"},
        {"candidate_id": "99", "caption": "x"}, {"keep": "private", "candidate_id": "12"},
        {"default_visibility": "nowhere", "remix_default": "maybe"},
        {"uses_max": "9" * 30, "days": "0"}, {"remix": "everybody"}, {"media_id": ["1", "2", "3", "4", "5"]},
    ]  # fmt: skip
    for path in (*paths, "/signin", "/signup"):
        for fields in bad:
            answer = stranger.send(path, **{"count": "1", **fields})
            assert answer.status_code < 500, (path, {k: str(v)[:40] for k, v in fields.items()}, answer.text[:200])
    for path in paths:
        for content, kind in (
            (b"{", "application/json"),
            (b"\xff\xfe--", "multipart/form-data; boundary=x"),
            (b"--x\r\n", "multipart/form-data"),
        ):
            answer = stranger.client.post(path, content=content, headers={"Content-Type": kind, "X-CSRF-Token": stranger.csrf})
            assert answer.status_code < 500, (path, kind, answer.text[:200])


def test_addresses_that_make_no_sense(scene: tuple[Desk, dict[str, Any], list[str]], visitor: httpx.Client) -> None:
    stranger, post, _ = scene
    odd = ("0", "-1", "99999999999999999999", "%00", "abc", "1.5", "%F0%9F%A6%8A", "..%2f..%2fetc%2fpasswd")
    for one in odd:
        for path in (
            "/posts/{}", "/posts/{}/edit", "/posts/{}/history", "/pictures/{}", "/studio/generations/{}", "/studio/generations/{}/live",
            "/studio/generations/{}/card", "/@{}", "/@{}/followers", "/{}", "/{}/x", "/tags/{}", "/settings/{}", "/static/{}",
            "/static/vendor/{}", "/media/{}",
            "/search?q={}&kind=posts", "/search?q={}&kind=people", "/search?q={}", "/?before={}", "/local?before={}", "/notifications?kind={}",
            "/bookmarks?before={}", "/studio?remix={}", "/signin?next={}",
        ):  # fmt: skip
            for who in (stranger.client, visitor):
                with who.stream("GET", path.format(one)) as answer:
                    assert answer.status_code < 500, path.format(one)
    assert stranger.client.get(f"/@{post['owner'].name.upper()}").status_code == 200
    assert stranger.client.get("/signin?next=//elsewhere.example").headers["location"] == "/"


def test_a_post_that_is_refused_keeps_its_words(desk: Callable[..., Desk]) -> None:
    ines = desk()
    answer = ines.send("/posts", text="x" * 1001, spoiler="long")
    assert answer.status_code == 413
    assert "x" * 1001 in answer.text
    assert "1001 characters" in answer.text
    for content in (b"no picture at all", b"\x89PNG\r\n\x1a\n" + b"0" * 400):
        answer = ines.client.post(
            "/posts", data={"csrf": ines.csrf, "text": "kept words"}, files={"pictures": ("a.png", content, "image/png")}
        )
        assert answer.status_code == 422
        assert "kept words" in answer.text
    held = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(held, "PNG")
    files = [("pictures", (f"{n}.png", held.getvalue(), "image/png")) for n in range(5)]
    assert ines.client.post("/posts", data={"csrf": ines.csrf, "text": "five"}, files=files).status_code == 422
    answer = ines.client.post("/posts", data={"csrf": ines.csrf, "text": "four", "alt_3": "teal"}, files=files[:4])
    assert answer.status_code == 303
    page = ines.client.get("/").text
    assert page.count('alt="teal"') == 1
    assert page.count("Origin unknown") == 4


def test_invitations_profile_and_learning(desk: Callable[..., Desk]) -> None:
    admin, ines = desk(role="admin"), desk()
    made = admin.send("/settings/invites", uses_max="5", days="7")
    code = re.search(r"/signup\?invite=([\w-]+)", made.text)
    assert (made.status_code < 400, code is not None) == (True, True)
    later = admin.client.get("/settings/invites").text
    assert code is not None
    assert code[1] not in later
    assert "5 more people" in later
    revoke = re.search(r"/settings/invites/\d+/revoke", later)
    assert revoke
    assert admin.send(revoke[0]).status_code == 303
    assert "No invitations out" in admin.client.get("/settings/invites").text
    assert ines.send("/settings/learning", train_pictures="yes").status_code == 303
    assert 'name="train_pictures" value="yes" checked' in ines.client.get("/settings/learning").text
    said = ines.member.post("about this one")
    assert ines.send(f"/posts/{said['id']}/edit", text="about this one", learn_public_dataset="no").status_code == 303
    page = ines.client.get(f"/posts/{said['id']}/edit").text
    assert '<option value="no" selected>' in page
    assert ">edited<" not in ines.client.get(f"/posts/{said['id']}").text
    assert ines.send("/settings/profile", display_name="Ines Okafor", bio="one\r\ntwo").status_code == 303
    assert "Ines Okafor" in ines.client.get(f"/@{ines.member.name}").text
    assert ines.send("/settings/profile", display_name="x" * 90).status_code == 422


def test_a_private_picture_can_be_deleted_and_a_shown_one_guarded(desk: Callable[..., Desk]) -> None:
    ines = desk()
    shown = shown_by(ines.member, "shown")
    page = f"/pictures/{shown['picture_id']}"
    assert ines.send(f"{page}/permit", remix="no_one").status_code == 303
    assert '<option value="no_one" selected>' in ines.client.get(page).text
    assert ines.send(f"{page}/delete").status_code == 409
    assert ines.send(f"/posts/{shown['id']}/delete").status_code == 303
    assert ines.send(f"/posts/{shown['id']}/undelete").status_code == 303
    assert ines.send(f"/@{ines.member.name}/follow").status_code in (403, 409, 422)
    assert ines.send("/signout").headers["location"] == "/signin"
    assert ines.client.get("/bookmarks").status_code == 303
