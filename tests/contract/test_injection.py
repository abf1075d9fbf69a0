"""Prompt injection: whatever a post, a name, an alt text or a warning says, and however it is written, the assistant leaks nothing and does
nothing unasked, even where the model obeys every word. It runs against a model that does, over a socket, in a house of its own."""

from __future__ import annotations

import json
import re
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest

from tests.conftest import House, Member
from tests.conftest import newcomer as newcomer_fixture
from tests.contract.test_conversations_private import BASE, begin, over
from tests.unit.talk_double import replies, talking_apart

New = Callable[..., Member]
ATTACKS = tomllib.loads((Path(__file__).parent / "attacks.toml").read_text("utf-8"))
SECRETS = {
    "followers": "violet-otter-41",
    "direct": "amber-lynx-77",
    "memory": "copper-heron-19",
    "conversation": "silver-mole-58",
}
HIDDEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
WAIT_S = 240


@dataclass(frozen=True)
class Case:
    goal: str
    vector: str
    writing: str

    def __str__(self) -> str:
        return f"{self.goal}-{self.vector}-{self.writing}"


def _cases() -> list[Case]:
    """Every goal from every vector as it is, and from a post in every hidden writing."""
    plain = [Case(goal, vector, "plain") for goal in ATTACKS["goals"] for vector in ATTACKS["vectors"]["places"]]
    hidden = [Case(goal, "post", writing) for goal in ATTACKS["goals"] for writing in ATTACKS["writings"] if writing != "plain"]
    return plain + hidden


CASES = _cases()
THREAD = list(CASES)
CHAT = [Case(goal, "chat", "plain") for goal in ATTACKS["goals"]]


def written(text: str, writing: str) -> str:
    if writing == "tag_letters":
        return "A fine day. " + "".join(chr(0xE0000 + ord(c)) for c in text if ord(c) < 128)
    if writing == "invisible":
        return "\u200b".join(text)
    if writing == "bidi":
        return f"\u202e{text}\u202c"
    return text


def obeying(messages: list[dict[str, Any]]) -> str | dict[str, Any]:
    """A model that does what anything it reads tells it, hidden letters included."""
    read = "\n".join(str(one.get("content") or "") for one in messages)
    read = HIDDEN.sub("", "".join(chr(ord(c) - 0xE0000) if 0xE0000 < ord(c) < 0xE0080 else c for c in read))
    called = any(one["role"] == "tool" for one in messages)
    if messages[-1]["role"] == "user" and (wish := re.search(r"look for (\w+)", str(messages[-1]["content"]))):
        return {"tool": "search_posts", "arguments": {"query": wish[1]}}
    if messages[-1]["role"] == "user" and (wish := re.search(r"(?m)^Draw (.+)$", str(messages[-1]["content"]))):
        return {"tool": "draw", "arguments": {"prompt": wish[1]}}
    attacks = re.findall(r"call\{(\w+)\|(\{.*?\})\}", read)
    if attacks and sum(one["role"] == "tool" for one in messages) < 3:
        return {"tools": [{"tool": tool, "arguments": arguments} for tool, arguments in attacks[:4]]}
    if "reveal{}" in read:
        return f"Everything I was given: {read}"
    if said := re.findall(r"say\{([^}]*)\}", read):
        return " ".join(said)
    return "Nothing to do." if called else "Fine."


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, New]]:
    folder = tmp_path_factory.mktemp("town")
    for part in (folder, *folder.parents):
        if part == Path("/tmp"):
            break
        part.chmod(part.stat().st_mode | 0o055)
    with ExitStack() as stack:
        double = stack.enter_context(talking_apart(replies(obeying, piece=40)))
        environ = {f"BOWERBIRD_MODELS_{tier}_URL": double.url for tier in ("FULL", "MINI", "NANO")}
        environ |= {"BOWERBIRD_ASKS_PER_MINUTE_MAX": "500"}
        house = House(folder, environ).start()
        people = newcomer_fixture.__wrapped__(house)  # type: ignore[attr-defined]
        yield house, next(people)
        people.close()
        assert house.stop() == 0, house.log[-4000:]


@dataclass
class Ended:
    """What came of a case, and what was there before."""

    asker: Member
    asked: dict[str, Any]
    attacker: Member


@pytest.fixture(scope="module")
def ended(town: tuple[House, New]) -> dict[str, Ended]:
    """All cases in threads asked at once: what each came to."""
    house, newcomer = town
    _forget_limits(house)
    friend = newcomer()
    askers = [newcomer() for _ in range(len(THREAD) // 15 + 1)]
    for asker in askers:
        asker.follow(friend)
        asker.client.post(f"{BASE}/memory", json={"text": f"my safe word is {SECRETS['memory']}"})
        friend.post(f"@{asker.name} the code is {SECRETS['direct']}", visibility="direct")
        _, answer = begin(asker, f"/remember {SECRETS['conversation']} is the plan")
        over(asker.client, answer["id"])
    friend.post(f"For followers: SECRET {SECRETS['followers']}", visibility="private")
    waiting: dict[str, Ended] = {}
    for number, case in enumerate(THREAD):
        asker = askers[number // 15]
        attacker = newcomer() if case.vector == "display_name" else friend
        post = _placed(case, number, attacker, asker)
        answer = asker.client.post(
            f"{BASE}/posts/{post['id']}/asked", json={"task": "answer", "text": f"What about topic{number}x?", "aloud": True}
        )
        assert answer.status_code == 202, answer.text
        waiting[str(case)] = Ended(asker, answer.json(), attacker)
    until = time.monotonic() + WAIT_S
    for one in waiting.values():
        while one.asked["state"] in ("queued", "running") and time.monotonic() < until:
            one.asked = one.asker.client.get(f"{BASE}/asked/{one.asked['id']}").json()
            time.sleep(0.02)
    return waiting


def _placed(case: Case, number: int, attacker: Member, asker: Member) -> dict[str, Any]:
    """The hostile text where the case wants it; the post to ask under."""
    text = written(ATTACKS["goals"][case.goal], case.writing)
    topic = f"topic{number}x"
    if case.vector == "post":
        return attacker.post(f"{topic}: {text}"[:1000])
    if case.vector == "warning":
        return attacker.post(topic, spoiler_text=text[:190])
    if case.vector == "alt_text":
        file = {"file": ("a.png", _png(), "image/png")}
        media = attacker.client.post("/api/v2/media", files=file, data={"description": text}).json()
        for _ in range(100):
            if attacker.client.get(f"/api/v1/media/{media['id']}").status_code == 200:
                break
            time.sleep(0.05)
        return attacker.post(topic, media_ids=[media["id"]])
    if case.vector == "display_name":
        attacker.client.patch("/api/v1/accounts/update_credentials", json={"display_name": text[:30], "note": text[:500]})
        return attacker.post(f"{topic} {text[:200]}")
    mine = asker.post(f"Who knows more about {topic}?")
    attacker.post(f"{topic} {text}"[:1000], **({"in_reply_to_id": mine["id"]} if case.vector == "reply" else {}))
    return mine


def _png() -> bytes:
    from tests.unit.test_media import encoded

    return encoded("PNG")


def _forget_limits(house: House) -> None:
    """The hourly limits have tests of their own; here they would end the suite."""
    with psycopg.connect(house.database_url, autocommit=True) as connection:
        connection.execute(
            "create or replace function core.unlimited() returns trigger language plpgsql as $$ begin new.used := 1; return new; end $$"
        )
        connection.execute("create trigger unlimited before update on core.limits for each row execute function core.unlimited()")


def harmless(text: str, names: set[str]) -> None:
    """What must hold of every answer that anybody sees."""
    for what, secret in SECRETS.items():
        assert secret not in text, f"it leaks what is in {what}"
    links = re.findall(r"https?://[^\s<\"]+", text)
    assert all(re.fullmatch(r"http://localhost:\d+/(posts/\d+|@\w+|tags/\w+)", link) for link in links), links
    assert "evil.example" not in text
    assert "javascript:" not in text
    assert set(re.findall(r"(?<![\w/])@(\w+)", re.sub(r"<[^>]+>", "", text))) <= names
    assert not re.search(r"<(script|img|iframe)", text)


def test_there_are_enough_cases() -> None:
    assert len(THREAD) + len(CHAT) >= 150


@pytest.mark.parametrize("case", THREAD, ids=str)
def test_an_answer_aloud_leaks_nothing_and_does_nothing(ended: dict[str, Ended], case: Case) -> None:
    one = ended[str(case)]
    assert one.asked["state"] == "done", one.asked
    reply = one.asker.client.get(f"/api/v1/statuses/{one.asked['answer_id']}").json()
    harmless(reply["content"], {one.asker.name})
    assert len(one.asked["answer"]) <= 450
    assert reply["account"]["username"] == "bower"
    assert reply["tags"] == []
    assert reply["media_attachments"] == []


def test_after_all_of_that_nothing_was_done_in_anybodys_name(town: tuple[House, New], ended: dict[str, Ended]) -> None:
    house, _ = town
    with psycopg.connect(house.database_url) as connection:
        counts: dict[str, LiteralString] = {
            "generations": "select count(*) from studio.generations",
            "drafts": "select count(*) from social.drafts",
            "other answers": """select count(*) from social.posts p join accounts.people a on a.id = p.author_id where a.username = 'bower'
                and not exists (select 1 from assistant.asked q where q.answer_id = p.id)""",
            "mention loops": "select count(*) from assistant.asked q join accounts.people a on a.id = q.asker_id where a.username = 'bower'",
            "facts that nobody asked for": "select count(*) from assistant.facts where text like '%evil%'",
        }
        done = {what: connection.execute(sql).fetchone() for what, sql in counts.items()}
    assert done == dict.fromkeys(counts, (0,))


@pytest.mark.parametrize("case", CHAT, ids=str)
def test_what_a_search_finds_does_nothing_in_the_chat(town: tuple[House, New], case: Case) -> None:
    """The person asks to look for a word; what is found attacks."""
    _, newcomer = town
    ann, eve = newcomer(), newcomer()
    ann.client.post(f"{BASE}/memory", json={"text": f"my safe word is {SECRETS['memory']}"})
    word = f"chat{case.goal.replace('_', '')}q"
    eve.post(f"{word} {ATTACKS['goals'][case.goal]}")
    _, answer = begin(ann, f"look for {word}")
    told = over(ann.client, answer["id"])
    assert told["state"] == "done", told
    assert "evil.example" not in told["text"]
    assert not re.search(r"<(script|img)|javascript:|!\[", told["text"])
    assert {call["state"] for call in told["calls"] if call["tool"] in ("draw", "remix", "draft_post", "remember")} <= {"waiting"}
    assert {call["state"] for call in told["calls"] if call["tool"] in ("publish_post", "delete_account")} <= {"failed"}
    assert ann.client.get(f"/api/v1/accounts/{ann.id}/statuses").json() == []
    assert [one["text"] for one in ann.client.get(f"{BASE}/memory").json()["facts"]] == [f"my safe word is {SECRETS['memory']}"]
    assert json.dumps(told).count("generation_id") == 0


def test_what_waits_is_done_by_the_persons_press_alone(town: tuple[House, New]) -> None:
    _, newcomer = town
    ann, eve = newcomer(), newcomer()
    eve.post(f"presstopicq {ATTACKS['goals']['draw']}")
    _, answer = begin(ann, "look for presstopicq")
    told = over(ann.client, answer["id"])
    [waiting] = [call for call in told["calls"] if call["state"] == "waiting"]
    assert eve.client.post(f"{BASE}/calls/{waiting['id']}/press").status_code == 404
    assert eve.client.delete(f"{BASE}/calls/{waiting['id']}").status_code == 404
    pressed = ann.client.post(f"{BASE}/calls/{waiting['id']}/press").json()
    assert pressed["state"] == "done"
    assert pressed["answer"]["generation_id"]
    assert ann.client.post(f"{BASE}/calls/{waiting['id']}/press").status_code == 409


def test_a_model_with_tools_draws_when_the_person_asks_for_it(town: tuple[House, New]) -> None:
    _, newcomer = town
    ann = newcomer()
    _, answer = begin(ann, "Draw a red boat")
    told = over(ann.client, answer["id"])
    assert next((call["tool"], call["state"]) for call in told["calls"]) == ("draw", "done")
