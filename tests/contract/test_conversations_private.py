"""Private conversations with the assistant, over HTTP with the embedded model for real."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psutil

from bowerbird.accounts import usage
from bowerbird.assistant import answering, calls
from bowerbird.core.database import Pool
from bowerbird.core.database import json as as_json
from bowerbird.core.ids import before
from tests.conftest import House, Member

New = Callable[..., Member]
BASE = "/api/bower/v1"


def events(client: httpx.Client, message_id: str, since: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    headers = {"Last-Event-ID": since} if since else {}
    with client.stream("GET", f"{BASE}/messages/{message_id}/events", headers=headers, timeout=120) as stream:
        assert stream.status_code == 200
        name = ""
        for line in stream.iter_lines():
            if line.startswith("event: "):
                name = line[7:]
            elif line.startswith("data: "):
                yield name, json.loads(line[6:])


def over(client: httpx.Client, message_id: str) -> dict[str, Any]:
    """The finished answer."""
    *_, (name, last) = events(client, message_id)
    assert name in ("done", "stopped", "failed")
    return last


def begin(member: Member, text: str, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    answer = member.client.post(f"{BASE}/conversations", json={"text": text, **more})
    assert answer.status_code == 202, answer.text
    told = answer.json()
    return told["conversation"], told["messages"][1]


def test_an_answer_is_written_word_by_word_and_says_who_wrote_it(newcomer: New) -> None:
    ann = newcomer()
    conversation, answer = begin(ann, "Say hello to me in one short sentence.")
    text, pieces, name, data = "", 0, "", dict[str, Any]()
    for name, data in events(ann.client, answer["id"]):
        if name == "words":
            text, pieces = text[: data["from"]] + data["text"], pieces + 1
    assert name == "done"
    assert data["text"] == text != ""
    assert pieces > 1
    assert (data["tier"], data["model"]) == ("mini", "smollm2-135m-instruct")
    assert data["why"] == "It is short: Mini. All three are the same small model here."
    assert data["tokens"] > 0
    assert data["prompt_tokens"] > 50
    assert data["seconds"] > 0
    assert data["first_ms"] > 0
    told = ann.client.get(f"{BASE}/assistant").json()
    assert data["prompt_hash"] == told["prompts"]["chat"][-1]["hash"]
    read = ann.client.get(f"{BASE}/conversations/{conversation['id']}").json()
    assert [one["role"] for one in read["messages"]] == ["user", "assistant"]
    assert read["conversation"]["title"] == "Say hello to me in one short sentence."


def test_a_reload_in_mid_stream_goes_on_where_it_was(newcomer: New) -> None:
    ann = newcomer()
    _, answer = begin(ann, "Tell me a story of six sentences about a fox and the sea.")
    has = ""
    for name, data in events(ann.client, answer["id"]):
        if name == "words" and len(has := has[: data["from"]] + data["text"]) > 30:
            break
    rest, data = has, dict[str, Any]()
    for name, data in events(ann.client, answer["id"], str(len(has))):
        if name == "words":
            assert data["from"] > 0, "it began anew"
            rest = rest[: data["from"]] + data["text"]
    assert rest == data["text"]


def test_stop_keeps_what_was_written(newcomer: New) -> None:
    ann = newcomer()
    _, answer = begin(ann, "Write two hundred words about lanterns on the water.")
    for name, _data in events(ann.client, answer["id"]):
        if name == "words":
            break
    stopped = ann.client.post(f"{BASE}/messages/{answer['id']}/stop").json()
    assert stopped["state"] == "stopped"
    assert stopped["text"]
    assert over(ann.client, answer["id"])["text"] == stopped["text"]


async def test_an_answer_that_is_stopped_is_counted_once(newcomer: New, pool: Pool) -> None:
    ann = newcomer()
    _, answer = begin(ann, "Write two hundred words about boats on a river.")
    for name, _data in events(ann.client, answer["id"]):
        if name == "words":
            break
    ann.client.post(f"{BASE}/messages/{answer['id']}/stop")
    used = await noted(pool, ann)
    assert (used.door, used.requests) == ("chat", 1)
    assert used.prompt_tokens > 50
    assert used.tokens > 0
    _, answer = begin(ann, "Name one colour.")
    told = over(ann.client, answer["id"])
    whole = await noted(pool, ann, 2)
    assert (whole.requests, whole.tokens - used.tokens) == (2, told["tokens"])
    assert whole.prompt_tokens - used.prompt_tokens == told["prompt_tokens"] > 0


async def noted(pool: Pool, member: Member, requests: int = 1) -> usage.Used:
    """What a day's answers came to, once so many are counted."""
    async with asyncio.timeout(20):
        while True:
            async with pool.reading() as db:
                if found := [one for one in await usage.of(db, int(member.id)) if one.requests >= requests]:
                    return found[0]
            await asyncio.sleep(0.05)


async def proposed(pool: Pool, answer: dict[str, Any], tool: str, state: calls.State, age: timedelta, **more: Any) -> int:
    """A call in an answer, begun so long ago."""
    async with pool.transaction() as db:
        made = await calls.begin(db, int(answer["id"]), tool, {}, state)
        id_ = before(datetime.now(UTC) - age) + secrets.randbits(20)
        await db.execute("update assistant.calls set id = %s, answer = %s where id = %s", id_, as_json(more), made)
    return id_


async def test_a_press_that_cannot_be_done_ends_as_failed(newcomer: New, pool: Pool) -> None:
    ann = newcomer()
    _, answer = begin(ann, "/trends")
    over(ann.client, answer["id"])
    id_ = await proposed(pool, answer, "of_an_older_version", "waiting", timedelta())
    assert ann.client.post(f"{BASE}/calls/{id_}/press").status_code == 422
    call = ann.client.get(f"{BASE}/messages/{answer['id']}").json()["calls"][-1]
    assert (call["state"], "no tool" in call["answer"]["said"]) == ("failed", True)


async def test_calls_that_were_left_running_are_ended(newcomer: New, pool: Pool) -> None:
    ann = newcomer()
    _, answer = begin(ann, "/trends")
    over(ann.client, answer["id"])
    hour, now = timedelta(hours=1), datetime.now(UTC)
    left = [
        await proposed(pool, answer, "draw", "running", hour),
        await proposed(pool, answer, "draw", "running", hour, pressed_at=(now - hour).isoformat()),
    ]
    kept = [
        await proposed(pool, answer, "draw", "running", timedelta(minutes=1)),
        await proposed(pool, answer, "draw", "running", hour, pressed_at=now.isoformat()),
        await proposed(pool, answer, "draw", "waiting", hour),
    ]
    async with pool.transaction() as db:
        await answering.sweep(db)
        found = {one.id: one for one in (await calls.of(db, [int(answer["id"])]))[int(answer["id"])]}
    assert [(found[id_].state, found[id_].answer["said"][:18]) for id_ in left] == [("failed", "It was interrupted")] * 2
    assert [found[id_].state for id_ in kept] == ["running", "running", "waiting"]


def test_branches(newcomer: New) -> None:
    ann = newcomer()
    conversation, first = begin(ann, "Name one colour.")
    over(ann.client, first["id"])
    second = ann.client.post(f"{BASE}/messages/{first['id']}/sibling", json={"tier": "nano"}).json()
    assert second["sibling_ids"] == [first["id"], second["id"]]
    told = over(ann.client, second["id"])
    assert told["tier"] == "nano", (told["state"], told["note"], told["text"], told["why"])
    said, third = ann.client.post(f"{BASE}/messages/{first['parent_id']}/rewording", json={"text": "Name one animal."}).json()
    assert said["sibling_ids"] == [first["parent_id"], said["id"]]
    over(ann.client, third["id"])
    url = f"{BASE}/conversations/{conversation['id']}"
    assert next(one["text"] for one in ann.client.get(url).json()["messages"]) == "Name one animal."
    assert ann.client.patch(url, json={"head_id": first["id"]}).status_code == 200
    shown = ann.client.get(url).json()["messages"]
    assert [one["id"] for one in shown] == [first["parent_id"], first["id"]]
    everything = ann.client.get(f"{url}/export").json()
    assert len(everything["messages"]) == 5
    assert b"Name one colour." in ann.client.get(f"{url}/export?format=markdown").content


def test_two_at_once_in_one_conversation_are_told_apart(newcomer: New) -> None:
    ann = newcomer()
    conversation, answer = begin(ann, "Write a hundred words about the moon.")
    again = ann.client.post(f"{BASE}/conversations/{conversation['id']}/messages", json={"text": "and the sun"})
    assert again.status_code == 409
    ann.client.post(f"{BASE}/messages/{answer['id']}/stop")


def test_rename_search_archive_delete(newcomer: New) -> None:
    ann = newcomer()
    conversation, answer = begin(ann, "/remember I collect blue glass")
    over(ann.client, answer["id"])
    url = f"{BASE}/conversations/{conversation['id']}"
    assert ann.client.patch(url, json={"title": " Glass \n things "}).json()["title"] == "Glass things"
    other, there = begin(ann, "/trends")
    over(ann.client, there["id"])
    assert [one["id"] for one in ann.client.get(f"{BASE}/conversations").json()] == [other["id"], conversation["id"]]
    assert [one["id"] for one in ann.client.get(f"{BASE}/conversations?limit=1&after={other['id']}").json()] == [
        conversation["id"]
    ]
    assert [one["id"] for one in ann.client.get(f"{BASE}/conversations?q=glass").json()] == [conversation["id"]]
    assert [one["id"] for one in ann.client.get(f"{BASE}/conversations?q=collect").json()] == [conversation["id"]]
    assert ann.client.patch(url, json={"archived": True}).json()["archived"] is True
    assert [one["id"] for one in ann.client.get(f"{BASE}/conversations").json()] == [other["id"]]
    assert [one["id"] for one in ann.client.get(f"{BASE}/conversations?archived=true").json()] == [conversation["id"]]
    assert ann.client.delete(url).status_code == 204
    assert ann.client.get(url).status_code == 404
    assert ann.client.get(f"{BASE}/messages/{answer['id']}").status_code == 404


def test_a_choice_of_tier_is_remembered(newcomer: New) -> None:
    ann = newcomer()
    conversation, answer = begin(ann, "Hello.")
    over(ann.client, answer["id"])
    assert ann.client.patch(f"{BASE}/conversations/{conversation['id']}", json={"tier": "nano"}).json()["tier"] == "nano"
    _, there = ann.client.post(f"{BASE}/conversations/{conversation['id']}/messages", json={"text": "And again."}).json()
    told = over(ann.client, there["id"])
    assert told["tier"] == "nano"
    assert told["why"].startswith("You chose Nano.")
    new, late = begin(ann, "A new one.")
    assert new["tier"] == "nano"
    over(ann.client, late["id"])
    assert ann.client.patch(f"{BASE}/conversations/{conversation['id']}", json={"tier": "huge"}).status_code == 422


def test_search_cites_and_nobody_reads_what_is_not_theirs(newcomer: New) -> None:
    ann, bea, eve = newcomer(), newcomer(), newcomer()
    word = f"zephyrine{bea.id[-6:]}"
    open_ = bea.post(f"The {word} lantern on the hill")
    bea.post(f"My secret {word} diary", visibility="private")
    _, answer = begin(ann, f"/search {word}")
    told = over(ann.client, answer["id"])
    assert told["sources"][0]["id"] == open_["id"]
    assert told["sources"][0]["url"] == f"/posts/{open_['id']}"
    assert f"@{bea.name}" in told["text"]
    assert "[1]" in told["text"]
    assert "diary" not in json.dumps(told)
    [call] = told["calls"]
    assert (call["tool"], call["asked"], call["state"]) == ("search_posts", {"query": word}, "done")
    assert told["model"] is None
    assert told["why"] == "A tool answered; no model spoke."
    for path in (f"messages/{answer['id']}", f"messages/{answer['id']}/events", f"conversations/{told['conversation_id']}"):
        assert eve.client.get(f"{BASE}/{path}").status_code == 404
    for method, path in (
        ("POST", f"messages/{answer['id']}/sibling"), ("POST", f"messages/{answer['id']}/stop"), ("PUT", f"messages/{answer['id']}/rating"),
        ("POST", f"messages/{answer['parent_id']}/rewording"), ("DELETE", f"conversations/{told['conversation_id']}"),
        ("POST", f"conversations/{told['conversation_id']}/messages"), ("GET", f"conversations/{told['conversation_id']}/export"),
    ):  # fmt: skip
        sent = {"text": "x", "thumb": 1} if method != "GET" else None
        assert eve.client.request(method, f"{BASE}/{path}", json=sent).status_code == 404, path


def test_words_are_understood_without_a_command(newcomer: New) -> None:
    ann, bea = newcomer(), newcomer()
    word = f"quillwort{bea.id[-6:]}"
    open_ = bea.post(f"A boat called {word}")
    _, answer = begin(ann, f"Find posts about {word}")
    told = over(ann.client, answer["id"])
    assert told["calls"][0]["tool"] == "search_posts"
    assert told["sources"][0]["id"] == open_["id"]


def test_drawing_goes_through_the_studio(newcomer: New) -> None:
    ann = newcomer()
    _, answer = begin(ann, "Draw a red boat at night")
    told = over(ann.client, answer["id"])
    [call] = told["calls"]
    assert call["tool"] == "draw"
    assert call["asked"] == {"prompt": "a red boat at night"}
    generation = ann.client.get(f"{BASE}/generations/{call['answer']['generation_id']}").json()
    assert generation["prompt"] == "a red boat at night"
    assert len(generation["candidates"]) == 2


def test_what_a_rule_forbids_is_not_drawn_for_the_assistant_either(newcomer: New) -> None:
    ann = newcomer()
    _, answer = begin(ann, "/draw a naked child")
    told = over(ann.client, answer["id"])
    [call] = told["calls"]
    assert call["state"] == "failed"
    assert "generation_id" not in call["answer"]
    assert told["text"]


def test_a_draft_is_nothing_but_a_draft(newcomer: New) -> None:
    ann = newcomer()
    _, answer = begin(ann, "/post Blue hour over the harbour")
    told = over(ann.client, answer["id"])
    assert told["calls"][0]["answer"]["draft"] == "Blue hour over the harbour"
    assert ann.client.get(f"/api/v1/accounts/{ann.id}/statuses").json() == []


def test_memory_is_read_edited_switched_off(newcomer: New) -> None:
    ann, eve = newcomer(), newcomer()
    _, answer = begin(ann, "Remember that my cat is called Plume.")
    assert over(ann.client, answer["id"])["calls"][0]["tool"] == "remember"
    told = ann.client.get(f"{BASE}/memory").json()
    assert told["on"] is True
    assert [one["text"] for one in told["facts"]] == ["my cat is called Plume."]
    [fact] = told["facts"]
    assert eve.client.put(f"{BASE}/memory/{fact['id']}", json={"text": "x"}).status_code == 404
    assert eve.client.delete(f"{BASE}/memory/{fact['id']}").status_code == 404
    assert (
        ann.client.put(f"{BASE}/memory/{fact['id']}", json={"text": "my cat is called Quill."}).json()["text"]
        == "my cat is called Quill."
    )
    assert ann.client.put(f"{BASE}/memory", json={"on": False}).json() == {"on": False}
    _, refused = begin(ann, "/remember I like tea")
    assert over(ann.client, refused["id"])["calls"][0]["state"] == "failed"
    assert ann.client.post(f"{BASE}/memory", json={"text": "I like tea"}).status_code == 200
    assert ann.client.delete(f"{BASE}/memory/{fact['id']}").status_code == 204
    assert [one["text"] for one in ann.client.get(f"{BASE}/memory").json()["facts"]] == ["I like tea"]


def test_thumbs_with_reasons(newcomer: New) -> None:
    ann = newcomer()
    _, answer = begin(ann, "/trends")
    over(ann.client, answer["id"])
    url = f"{BASE}/messages/{answer['id']}/rating"
    told = ann.client.put(url, json={"thumb": -1, "reasons": ["too_long", "not_true"], "note": "no"}).json()
    assert (told["thumb"], told["thumb_reasons"], told["thumb_note"]) == (-1, ["not_true", "too_long"], "no")
    assert ann.client.put(url, json={"thumb": 2}).status_code == 422
    assert ann.client.put(url, json={"thumb": 1, "reasons": ["because"]}).status_code == 422
    assert ann.client.put(f"{BASE}/messages/{answer['parent_id']}/rating", json={"thumb": 1}).status_code == 422


def test_bad_input_is_told(newcomer: New) -> None:
    ann = newcomer()
    assert ann.client.post(f"{BASE}/conversations", json={"text": "  "}).status_code == 422
    assert ann.client.post(f"{BASE}/conversations", json={"text": "x" * 8_001}).status_code == 413
    assert ann.client.post(f"{BASE}/conversations", json={"text": "x", "media_ids": ["12"]}).status_code == 422
    assert ann.client.post(f"{BASE}/conversations", json={"text": "x", "tier": "huge"}).status_code == 422
    assert ann.client.get(f"{BASE}/conversations").json() == []


def test_what_no_longer_fits_is_summed_up_visibly(newcomer: New) -> None:
    ann = newcomer()
    long = "I want to tell you of my garden. " + "There are roses and a pond and a wall of old bricks. " * 60
    conversation, answer = begin(ann, long)
    ann.client.post(f"{BASE}/messages/{answer['id']}/stop")
    for number in range(2):
        _, answer = ann.client.post(
            f"{BASE}/conversations/{conversation['id']}/messages", json={"text": f"And {number} more. " + long}
        ).json()
        ann.client.post(f"{BASE}/messages/{answer['id']}/stop")
        over(ann.client, answer["id"])
    _, answer = ann.client.post(
        f"{BASE}/conversations/{conversation['id']}/messages", json={"text": "In one word: what is it about?"}
    ).json()
    assert over(ann.client, answer["id"])["state"] == "done"
    summary = ann.client.get(f"{BASE}/conversations/{conversation['id']}").json()["conversation"]["summary"]
    assert summary
    assert summary.startswith("- I want to tell you of my garden.")


def test_a_worker_that_dies_loses_no_answer(newcomer: New, house: House) -> None:
    ann = newcomer()
    _, answer = begin(ann, "Write two hundred words about a bridge.")
    for name, _data in events(ann.client, answer["id"]):
        if name == "words":
            break
    assert house.process
    [worker] = [one for one in psutil.Process(house.process.pid).children(recursive=True) if one.cmdline()[-1:] == ["work"]]
    worker.kill()
    until, told = time.monotonic() + 90, dict[str, Any]()
    while time.monotonic() < until:
        told = ann.client.get(f"{BASE}/messages/{answer['id']}").json()
        if told["state"] == "done":
            break
        time.sleep(0.5)
    assert told["state"] == "done"
    assert told["text"]
