"""The chat's pages over HTTP, without scripts: whose they are, what forms they take, and that nothing a model writes does harm."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import PASSWORD, House, Member
from tests.contract.test_conversations_private import BASE, begin, over
from tests.contract.test_people import csrf, sign_in
from tests.unit.talk_double import TalkDouble, replies, talking_apart
from tests.unit.test_markdown import HOSTILE

New = Callable[..., Member]


@contextmanager
def seated(house: House, name: str) -> Generator[httpx.Client]:
    """A browser in which somebody is signed in."""
    with house.client(timeout=60) as browser:
        assert sign_in(browser, name).status_code == 303
        yield browser


def post(browser: httpx.Client, path: str, **fields: Any) -> httpx.Response:
    return browser.post(path, data={"csrf": csrf(browser, "/chat"), **fields})


def test_a_conversation_from_its_first_word_to_its_end(house: House, newcomer: New) -> None:
    ann = newcomer()
    with seated(house, ann.name) as browser:
        assert "What shall we make of today?" in browser.get("/chat").text
        assert 'value="' not in browser.get("/chat?say=%22%3E%3Cscript%3E").text.split("</textarea>")[0].split("<textarea")[1]
        began = post(browser, "/chat", text="/remember I collect blue glass", tier="nano")
        assert began.status_code == 303
        where = began.headers["location"]
        page = browser.get(where).text
        [answer] = re.findall(r'id="turn-(\d+)" data-answer', page)
        over(ann.client, answer)
        page = browser.get(where).text
        assert "I keep that." in page
        assert "Kept: “I collect blue glass”" in page
        assert re.search(r'value="nano" checked', page)
        assert post(browser, f"{where}/title", title="Glass <b>things</b>").status_code == 303
        page = browser.get(where).text
        assert "Glass &lt;b&gt;things&lt;/b&gt;" in page
        assert "Glass &lt;b&gt;" in browser.get("/chat?q=collect").text
        assert "Nothing fits" in browser.get("/chat/all?q=herons").text
        assert browser.get(f"{where}/export").text.startswith("# Glass <b>things</b>")
        assert len(browser.get(f"{where}/export?format=json").json()["messages"]) == 2
        assert post(browser, f"{where}/archive").headers["location"] == "/chat"
        assert f"{where}/unarchive" in browser.get("/chat").text, "an undo passes by"
        assert f'href="{where}"' not in browser.get("/chat").text
        assert where in browser.get("/chat?archived=1").text
        post(browser, f"{where}/unarchive")
        post(browser, f"{where}/tier", tier="mini")
        assert re.search(r'value="mini"[^>]* checked', browser.get("/chat").text), "remembered for the next"
        assert post(browser, f"{where}/delete").status_code == 303
        assert browser.get(where).status_code == 404


def test_answers_are_asked_again_reworded_compared_and_rated(house: House, newcomer: New) -> None:
    ann = newcomer()
    conversation, first = begin(ann, "/trends")
    over(ann.client, first["id"])
    where = f"/chat/{conversation['id']}"
    with seated(house, ann.name) as browser:
        assert post(browser, f"/chat/messages/{first['id']}/again", tier="").headers["location"] == where
        [second] = re.findall(r'id="turn-(\d+)" data-answer', browser.get(where).text)
        assert second != first["id"]
        over(ann.client, second)
        page = browser.get(where).text
        assert "2/2" in page
        beside = browser.get(f"/chat/messages/{second}/compare").text
        assert beside.count("Go on with this one") == 2
        post(browser, f"/chat/messages/{first['id']}/show")
        assert f'id="turn-{first["id"]}"' in browser.get(where).text
        post(browser, f"/chat/messages/{first['id']}/rate", thumb="-1", reason=["too_long"], note="shorter <i>please</i>")
        page = browser.get(where).text
        assert re.search(r'value="too_long" checked', page)
        assert "shorter &lt;i&gt;please&lt;/i&gt;" in page
        assert post(browser, f"/chat/messages/{first['parent_id']}/reword", text="/post A quiet evening").status_code == 303
        [third] = re.findall(r'id="turn-(\d+)" data-answer', browser.get(where).text)
        over(ann.client, third)
        page = browser.get(where).text
        assert 'href="/write?text=A%20quiet%20evening"' in page
        assert "A quiet evening" in browser.get("/write?text=A%20quiet%20evening").text
        assert ann.client.get(f"/api/v1/accounts/{ann.id}/statuses").json() == []


def test_a_stranger_finds_nothing_and_a_forged_form_does_nothing(house: House, newcomer: New, visitor: httpx.Client) -> None:
    ann, eve = newcomer(), newcomer()
    conversation, answer = begin(ann, "/post My secret plan")
    over(ann.client, answer["id"])
    where, message = f"/chat/{conversation['id']}", f"/chat/messages/{answer['id']}"
    reads = [where, f"{where}/share", f"{where}/export", f"{where}/export?format=json", f"{message}/compare", f"{message}/live"]
    writes = [
        f"{where}/messages", f"{where}/title", f"{where}/tier", f"{where}/archive", f"{where}/delete", f"{where}/share",
        *(f"{message}/{verb}" for verb in ("stop", "again", "reword", "show", "rate")),
    ]  # fmt: skip
    for path in [*reads, "/chat", "/chat/all", "/settings/assistant", "/settings/assistant/export"]:
        turned = visitor.get(path)
        assert (turned.status_code, turned.headers["location"][:8]) == (303, "/signin?"), path
    with seated(house, eve.name) as browser:
        for path in reads:
            found = browser.get(path)
            assert found.status_code == 404, path
            assert "secret plan" not in found.text
        for path in writes:
            assert post(browser, path, text="x", title="x", message=answer["id"]).status_code == 404, path
        assert "secret plan" not in browser.get("/chat").text
    with seated(house, ann.name) as browser:
        for path in [*writes, "/chat", "/settings/assistant/memory", "/settings/assistant/delete"]:
            assert browser.post(path, data={"text": "x", "title": "x", "sure": "1"}).status_code == 403, path
        assert post(browser, f"{where}/nonsense").status_code == 404
        assert post(browser, f"{message}/nonsense").status_code == 404
        assert browser.get(where).status_code == 200


def test_what_is_shown_is_what_is_shared(house: House, newcomer: New) -> None:
    ann = newcomer()
    conversation, answer = begin(ann, "/remember write to ann.larsen@bluemail.dk about the lanterns")
    over(ann.client, answer["id"])
    where = f"/chat/{conversation['id']}"
    with seated(house, ann.name) as browser:
        page = browser.get(f"{where}/share?chosen=1&message={answer['parent_id']}").text
        assert "<mark>ann.larsen@bluemail.dk</mark>" in page
        assert "Tick at least one message" in browser.get(f"{where}/share?chosen=1").text
        text = "Lanterns, then."
        refused = post(browser, f"{where}/share", message=answer["parent_id"], text="write to ann.larsen@bluemail.dk")
        assert refused.status_code == 422
        assert "Share it anyway" in refused.text
        assert "write to ann.larsen@bluemail.dk</textarea>" in refused.text
        long = post(browser, f"{where}/share", message=answer["parent_id"], text="x" * 1001)
        assert "1 character too many" in long.text
        shared = post(browser, f"{where}/share", message=answer["parent_id"], text=text)
        assert shared.status_code == 303
        assert text in browser.get(shared.headers["location"]).text
        assert "Shared to feed" in browser.get("/chat").text
    [status] = ann.client.get(f"/api/v1/accounts/{ann.id}/statuses").json()
    assert status["content"] == f"<p>{text}</p>"


def test_memory_is_read_changed_and_switched_off_in_the_settings(house: House, newcomer: New) -> None:
    ann = newcomer()
    page = "/settings/assistant"
    with seated(house, ann.name) as browser:
        assert post(browser, f"{page}/facts", text="I like <blue>").status_code == 303
        [fact] = re.findall(r"/settings/assistant/fact/(\d+)", browser.get(page).text)
        assert 'value="I like &lt;blue&gt;"' in browser.get(page).text
        post(browser, f"{page}/fact/{fact}", text="I like green")
        assert [one["text"] for one in ann.client.get(f"{BASE}/memory").json()["facts"]] == ["I like green"]
        assert post(browser, f"{page}/facts", text=" ").status_code == 422
        post(browser, f"{page}/memory")
        assert ann.client.get(f"{BASE}/memory").json()["on"] is False
        post(browser, f"{page}/tier", tier="full")
        assert re.search(r'value="full"[^>]* checked', browser.get("/chat").text)
        post(browser, f"{page}/fact/{fact}", then="forget")
        assert ann.client.get(f"{BASE}/memory").json()["facts"] == []
        for words in ("/trends", "/post one"):
            _, answer = begin(ann, words)
            over(ann.client, answer["id"])
        lines = browser.get(f"{page}/export").text.splitlines()
        assert len(lines) == 2
        assert post(browser, f"{page}/delete").status_code == 422
        assert post(browser, f"{page}/delete", sure="1").status_code == 303
        assert ann.client.get(f"{BASE}/conversations").json() == []


class Scripted:
    """A model that says what it was told to, one thing after the other, the last again and again."""

    def __init__(self) -> None:
        self.said: list[Any] = ["Hello."]

    async def __call__(self, double: TalkDouble, asked: dict[str, Any], writer: Any) -> None:
        now = self.said.pop(0) if len(self.said) > 1 else self.said[0]
        await replies(lambda _messages: now)(double, asked, writer)


@pytest.fixture(scope="module")
def script() -> Scripted:
    return Scripted()


@pytest.fixture(scope="module")
def elsewhere(script: Scripted, tmp_path_factory: pytest.TempPathFactory) -> Generator[House]:
    folder: Path = tmp_path_factory.mktemp("chat")
    folder.chmod(0o755)
    with talking_apart(script) as endpoint:
        environ = {
            f"BOWERBIRD_MODELS_{tier}_{what}": value
            for tier in ("FULL", "MINI", "NANO")
            for what, value in {"URL": endpoint.url, "MODEL": "<img src=x onerror=alert(1)>", "KEY": "k"}.items()
        }
        one = House(folder, {**environ, "BOWERBIRD_ASKS_PER_MINUTE_MAX": "1000"}).start()
        yield one
        assert one.stop() == 0


@pytest.fixture(scope="module")
def bea(elsewhere: House) -> str:
    name = f"p{secrets.token_hex(4)}"
    elsewhere.command("admin", "account", "create", name, "--email", f"{name}@example.org", "--password", PASSWORD)
    return name


def finished(browser: httpx.Client, where: str) -> str:
    """The page once the answer is written: its stream ends then."""
    answer = re.findall(r'id="turn-(\d+)" data-answer', browser.get(where).text)[-1]
    with browser.stream("GET", f"/chat/messages/{answer}/live") as stream:
        assert any(line == "event: done" for line in stream.iter_lines())
    return browser.get(where).text


def test_nothing_hostile_reaches_a_page_or_its_stream(elsewhere: House, script: Scripted, bea: str) -> None:
    with seated(elsewhere, bea) as browser:
        for number in range(0, len(HOSTILE), 10):
            script.said = ["\n\n".join(["Hear, hear.", *HOSTILE[number : number + 10]])]
            began = post(browser, "/chat", text=f"<script>alert({number})</script>")
            page = finished(browser, began.headers["location"])
            [answer] = re.findall(r'id="turn-(\d+)" data-answer', page)
            pushed = browser.get(f"/chat/messages/{answer}/live").text
            for seen in (page, pushed, browser.get(f"{began.headers['location']}/share").text):
                assert not re.search(r"<script>|<img src=x|<svg/|<iframe|<style>\*|<object|<math", seen)
                assert not re.search(r"href=[\"']?\s*(javascript|data|vbscript):", seen, re.IGNORECASE)
                assert not re.search(r"<[a-z][^>]*\son(error|load|toggle|mouseover)=", seen, re.IGNORECASE)
            assert "Hear, hear." in pushed
            assert "Hear, hear." in page


def test_what_a_model_proposes_waits_for_a_press(elsewhere: House, script: Scripted, bea: str) -> None:
    with seated(elsewhere, bea) as browser:
        for verb, after in (("press", "Kept: “owes me”"), ("decline", "You said no")):
            script.said = [{"tool": "remember", "arguments": {"fact": "owes me"}}, "As you like."]
            where = post(browser, "/chat", text="What a fine day it is today").headers["location"]
            page = finished(browser, where)
            [call] = re.findall(r"/chat/calls/(\d+)/press\"", page)[:1]
            assert "nothing is done until you press" in page
            assert 'value="owes me"' not in browser.get("/settings/assistant").text or verb == "decline"
            assert post(browser, f"/chat/calls/{call}/{verb}").headers["location"] == where
            assert after in browser.get(where).text
            assert post(browser, f"/chat/calls/{call}/press").status_code == 409
        assert browser.get("/settings/assistant").text.count('value="owes me"') == 1


def test_switched_off_it_says_so_and_offers_nothing(elsewhere: House, script: Scripted, bea: str) -> None:
    with seated(elsewhere, bea) as browser:
        assert "/chat/all" in browser.get("/chat").text
        [where, *_] = re.findall(r'href="(/chat/\d+)"', browser.get("/chat").text)
    elsewhere.stop()
    elsewhere.environ["BOWERBIRD_ASSISTANT"] = "off"
    elsewhere.start()
    with seated(elsewhere, bea) as browser:
        page = browser.get("/chat").text
        assert "switched it off" in page
        assert "<textarea" not in page
        assert 'title="@bower"' not in browser.get("/local").text
        token = re.findall(r'name="csrf" content="([0-9a-f]{64})"', page)[0]
        assert browser.post("/chat", data={"csrf": token, "text": "Hello"}).status_code == 403
        assert browser.get(where).status_code == 200
        assert "Again" not in browser.get(where).text
        assert "switched the assistant off" in browser.get("/settings/assistant").text
