"""The toot command line, as it is, against the house: let in by its own login, then nearly everything it can do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import House, Member
from tests.contract import test_oauth
from tests.unit.test_media import encoded

New = Callable[..., Member]
browser = test_oauth.browser
TOOT = str(Path(sys.executable).with_name("toot"))
WITHIN_S = 60


@dataclass
class Toot:
    """Someone at a terminal."""

    folder: Path

    @property
    def env(self) -> dict[str, str]:
        return {**os.environ, "HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder), "COLUMNS": "120", "NO_COLOR": "1"}

    def __call__(self, *words: str, wrong: bool = False) -> str:
        """Type a command; what is on the screen then."""
        done = subprocess.run([TOOT, *words], env=self.env, capture_output=True, text=True, timeout=WITHIN_S, check=False)
        assert (done.returncode != 0) is wrong, done.stdout + done.stderr
        return done.stderr if wrong else done.stdout

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--json"))

    def post(self, text: str, *words: str) -> str:
        """Its id."""
        return self.json("post", text, *words)["id"]


@pytest.fixture
def toot(house: House, tmp_path: Path) -> Callable[[Member], Toot]:
    def let_in(who: Member) -> Toot:
        """As after a login: the file where toot keeps its tokens."""
        home = tmp_path / who.name
        (home / "toot").mkdir(parents=True)
        where = house.url.removeprefix("http://")
        user = {"instance": where, "username": who.name, "access_token": who.token}
        app = {"instance": where, "base_url": house.url, "client_id": "none", "client_secret": "none"}
        kept = {"apps": {where: app}, "users": {f"{who.name}@{where}": user}, "active_user": f"{who.name}@{where}"}
        (home / "toot" / "config.json").write_text(json.dumps(kept))
        return Toot(home)

    return let_in


def test_its_own_login(house: House, newcomer: New, browser: httpx.Client, tmp_path: Path) -> None:
    ines = newcomer()
    terminal = Toot(tmp_path)
    asking = subprocess.Popen(
        [TOOT, "login", "--instance", house.url], env={**terminal.env, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert asking.stdout
    assert asking.stdin
    where = next(line.strip() for line in asking.stdout if line.startswith(house.url)).removeprefix(house.url)
    test_oauth.sign_in(browser, ines.name)
    page = browser.get(where)
    assert "toot" in page.text
    said = browser.post("/oauth/authorize", data={**test_oauth.hidden(page.text), "decision": "yes"})
    rest, _ = asking.communicate(f"n\n{test_oauth.returned(said)['code']}\n", timeout=WITHIN_S)
    assert "Successfully logged in" in rest
    assert f"@{ines.name}" in terminal("whoami")
    assert ines.name in terminal("auth")
    assert "logged out" in terminal("logout", f"{ines.name}@{house.url.removeprefix('http://')}")


def test_posting(newcomer: New, toot: Callable[[Member], Toot], tmp_path: Path) -> None:
    member = newcomer()
    ines = toot(member)
    (tmp_path / "dots.png").write_bytes(encoded("PNG"))
    said = re.search(r"Toot posted: \S+?(\d+)\n", ines("post", "hello from a terminal"))
    assert said
    answer = ines.json("post", "and on", "--reply-last")
    assert answer["in_reply_to_id"] == said[1]
    full = ines.json(
        "post", "look #dots", "--media", str(tmp_path / "dots.png"), "--description", "two dots", "--visibility", "unlisted",
        "--sensitive", "--spoiler-text", "dots ahead", "--language", "en",
    )  # fmt: skip
    assert (full["visibility"], full["spoiler_text"], full["sensitive"], full["language"]) == (
        "unlisted",
        "dots ahead",
        True,
        "en",
    )
    assert [m["description"] for m in full["media_attachments"]] == ["two dots"]
    asked = ines.json(
        "post", "which?", "--poll-option", "fox", "--poll-option", "owl", "--poll-expires-in", "1 hour", "--poll-multiple"
    )
    assert [o["title"] for o in asked["poll"]["options"]] == ["fox", "owl"]
    assert "fox" in ines("polls", "show", asked["poll"]["id"])
    other = toot(newcomer())
    assert "You voted!" in other("polls", "vote", asked["poll"]["id"], "1")
    assert "Toot scheduled for" in ines("post", "later", "--scheduled-in", "2 hours")
    assert [s["params"]["text"] for s in member.client.get("/api/v1/scheduled_statuses").json()] == ["later"]
    uploaded = ines.json("upload", str(tmp_path / "dots.png"), "--description", "kept")
    assert (uploaded["type"], uploaded["description"]) == ("image", "kept")
    assert "hello from a terminal" in ines("status", said[1])
    assert "and on" in ines("thread", said[1])
    assert "deleted" in ines("delete", full["id"])
    assert "Error" in ines("status", full["id"], wrong=True)


def test_what_can_be_done_with_a_post(newcomer: New, toot: Callable[[Member], Toot]) -> None:
    ines, noor = newcomer(), newcomer()
    said = ines.post("a bowl of blue glass")["id"]
    terminal, own = toot(noor), toot(ines)
    for verb in ("favourite", "bookmark", "reblog"):
        assert "✓" in terminal(verb, said)
    assert noor.name in own("reblogged-by", said)
    assert "blue glass" in terminal("bookmarks", "--once")
    assert "blue glass" in terminal("timelines", "favourites", "--no-pager", "--no-clear")
    told = own("notifications")
    assert noor.name in told
    assert "favourited" in told
    for verb in ("unfavourite", "unbookmark", "unreblog"):
        assert "✓" in terminal(verb, said)
    assert terminal.json("status", said)["favourites_count"] == 0
    assert "pinned" in own("pin", said)
    assert "unpinned" in own("unpin", said)
    assert "leared" in own("notifications", "--clear")
    assert noor.name not in own("notifications")


def test_people(newcomer: New, toot: Callable[[Member], Toot]) -> None:
    ines, noor = newcomer(), newcomer()
    terminal = toot(noor)
    assert "now following" in terminal("follow", ines.name)
    assert ines.name in terminal("following", noor.name)
    assert noor.name in terminal("followers", ines.name)
    assert f"@{ines.name}" in terminal("whois", ines.name)
    for verb, back, shelf in (("mute", "unmute", "muted"), ("block", "unblock", "blocked")):
        terminal(verb, ines.name)
        assert ines.name in terminal(shelf)
        terminal(back, ines.name)
        assert "No accounts" in terminal(shelf)
    terminal("follow", ines.name)
    assert "no longer following" in terminal("unfollow", ines.name)
    assert "updated" in terminal(
        "update-account", "--display-name", "Noor", "--note", "I weave", "--locked", "--privacy", "private"
    )
    assert terminal.json("whoami")["source"]["privacy"] == "private"
    ines.follow(noor)
    assert ines.name in terminal("follow-requests", "list")
    assert "✓" in terminal("follow-requests", "accept", ines.name)
    assert ines.name in terminal("followers", noor.name)


def test_lists_tags_search_and_timelines(house: House, newcomer: New, toot: Callable[[Member], Toot]) -> None:
    ines, noor = newcomer(), newcomer()
    terminal = toot(noor)
    noor.follow(ines)
    said = ines.post("a plover at the tidewrack #tidewrack")
    assert "created" in terminal("lists", "create", "Waders")
    assert "Added" in terminal("lists", "add", "Waders", ines.name)
    assert "Waders" in terminal("lists", "list")
    assert ines.name in terminal("lists", "accounts", "Waders")
    for words in (["home"], ["list", "Waders"], ["tag", "tidewrack"], ["public", "--local"], ["account", ines.name]):
        assert "plover" in terminal("timelines", *words, "--no-pager", "--no-clear"), words
    assert "plover" in terminal("timeline", "--once")
    assert "Removed" in terminal("lists", "remove", "Waders", ines.name)
    assert "deleted" in terminal("lists", "delete", "Waders")
    assert "now following #tidewrack" in terminal("tags", "follow", "tidewrack")
    assert "tidewrack" in terminal("tags", "followed")
    assert "tidewrack" in terminal("tags", "info", "tidewrack")
    assert "no longer following" in terminal("tags", "unfollow", "tidewrack")
    assert "now featured" in terminal("tags", "feature", "tidewrack")
    assert "tidewrack" in terminal("tags", "featured")
    assert "no longer featured" in terminal("tags", "unfeature", "tidewrack")
    found = terminal.json("search", "tidewrack")
    assert ([s["id"] for s in found["statuses"]], found["hashtags"][0]["name"]) == ([said["id"]], "tidewrack")
    assert ines.name in terminal("search", ines.name)
    assert "Bowerbird" in terminal("instance") or house.url.removeprefix("http://") in terminal("instance")
