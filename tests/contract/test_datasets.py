"""From consented signals to a dataset and a receipt: nothing goes in that was not permitted, and everybody sees exactly what of theirs did."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.robotparser import RobotFileParser

import httpx
import pyarrow.parquet as pq
import pytest

from bowerbird.accounts import people
from bowerbird.accounts.people import Person
from bowerbird.assistant import conversations, messages
from bowerbird.core.database import Database, Pool
from bowerbird.core.ids import new_id
from bowerbird.core.paging import Page
from bowerbird.core.settings import Settings
from bowerbird.events import consent, kinds, log
from bowerbird.learning.datasets import building, export, files, ledger, receipts, sieve
from tests.conftest import House, Member
from tests.contract.test_archive import packed

New = Callable[..., Member]


async def answered(db: Database, me: Person, question: str, *answers: str) -> tuple[int, list[int]]:
    """A conversation with one question and finished answers to it, as the house writes them: (its id, the ids of the answers)."""
    conversation = await conversations.begin(db, me, "")
    asked, ids = new_id(), list[int]()
    await db.execute(
        "insert into assistant.messages (id, conversation_id, role, text) values (%s, %s, 'user', %s)",
        asked,
        conversation.id,
        question,
    )
    for answer in answers:
        ids.append(new_id())
        await db.execute(
            """insert into assistant.messages (id, conversation_id, parent_id, role, text, state, tier, model)
               values (%s, %s, %s, 'assistant', %s, 'done', 'mini', 'test')""",
            ids[-1], conversation.id, asked, answer,
        )  # fmt: skip
        await log.record(
            db,
            kinds.AnswerGiven(
                actor_id=me.id, item_id=conversation.id, message_id=asked, answer_id=ids[-1], tier="mini", model="test"
            ),
        )
    return conversation.id, ids


async def somebody(db: Database, name: str) -> Person:
    return await people.create(db, name, email=None, password=None)


@pytest.fixture
def where(tmp_path: Path) -> Settings:
    return Settings(data_dir=str(tmp_path))


def rows(folder: Path, split: str = "train") -> list[dict[str, Any]]:
    return pq.read_table(folder / "data" / f"{split}-00000-of-00001.parquet").to_pylist()


def everything(folder: Path) -> list[dict[str, Any]]:
    return [row for split in files.SPLITS for row in rows(folder, split)]


async def test_a_thumb_teaches_with_its_question_and_the_rest_of_the_conversation_only_where_that_is_allowed(
    db: Database, where: Settings
) -> None:
    ines = await somebody(db, "ines_teaches")
    await consent.say(db, ines.id, {"train_assistant_feedback": True})
    _, (good, bad) = await answered(db, ines, "What is a linocut?", "A print from a cut block of lino.", "A kind of soup.")
    await messages.rate(db, ines, good, 1)
    await messages.rate(db, ines, bad, -1)
    built, folder = await building.build(db, where)
    own = [row for row in everything(folder) if row["person"] == sieve.person_key(_secret(where), ines.id)]
    assert sorted(row["kind"] for row in own) == ["disliked", "liked", "pair"]
    pair = next(row for row in own if row["kind"] == "pair")
    assert pair["prompt"] == [{"role": "user", "content": "What is a linocut?"}]
    assert (pair["chosen"], pair["rejected"]) == ("A print from a cut block of lino.", "A kind of soup.")
    assert not any(row["public"] for row in own)
    assert built.facts.people >= 1


def _secret(where: Settings) -> str:
    return (where.home / "secrets" / "datasets").read_text()


async def test_without_consent_nothing_enters(db: Database, where: Settings) -> None:
    noor = await somebody(db, "noor_silent")
    _, (good,) = await answered(db, noor, "Why is the sky blue?", "Because short waves scatter more.")
    await messages.rate(db, noor, good, 1)
    await consent.say(db, noor.id, {"train_assistant_feedback": True})  # too late for what was
    await building.build(db, where)
    told = await receipts.of(db, noor.id, Page())
    assert [[entry.reason for entry in one.entries] for one in told] == [["before_consent"]]


async def test_who_withdraws_was_never_there(db: Database, where: Settings) -> None:
    ines, noor = await somebody(db, "ines_stays"), await somebody(db, "noor_leaves")
    await consent.say(db, ines.id, {"train_assistant_feedback": True})
    _, (good,) = await answered(db, ines, "Which brush for washes?", "A large round one.")
    await messages.rate(db, ines, good, 1)
    before, folder = await building.build(db, where)
    alone = {file.name: file.read_bytes() for file in (folder / "data").iterdir()}
    await consent.say(db, noor.id, {"train_assistant_feedback": True})
    _, (hers,) = await answered(db, noor, "Which paper for washes?", "Cold pressed, 300 gsm.")
    await messages.rate(db, noor, hers, 1)
    both, with_her = await building.build(db, where)
    assert both.hash != before.hash
    assert both.items == before.items + 1
    assert not folder.exists()  # only the newest is kept
    await consent.say(db, noor.id, {"train_assistant_feedback": False})
    part = await receipts.part(db, noor.id)
    assert (part.items, part.leaving) == (1, 1)
    after, folder = await building.build(db, where)
    assert (after.id, after.hash) == (before.id, before.hash)
    assert {file.name: file.read_bytes() for file in (folder / "data").iterdir()} == alone
    assert not with_her.exists()
    told = await receipts.of(db, noor.id, Page())
    assert {entry.reason for one in told for entry in one.entries if entry.dataset_id == after.id} == {"withdrawn"}
    assert (await receipts.part(db, noor.id)).items == 0


async def test_what_looks_private_is_left_out_and_nobody_counts_twice(db: Database, where: Settings) -> None:
    ines = await somebody(db, "ines_repeats")
    await consent.say(db, ines.id, {"train_assistant_feedback": True})
    for answer in ("Write to me at ines.marsh@mailbox.org.", "Use less water.", "use LESS water!"):
        _, (id_,) = await answered(db, ines, "How do I keep edges crisp?", answer)
        await messages.rate(db, ines, id_, 1)
    await building.build(db, where)
    told = await receipts.of(db, ines.id, Page())
    assert sorted(entry.reason for one in told for entry in one.entries) == ["", "personal_data", "repeated"]


async def test_a_whole_conversation_goes_along_only_with_leave(db: Database, where: Settings) -> None:
    ines = await somebody(db, "ines_talks")
    await consent.say(
        db, ines.id, {"train_assistant_feedback": True, "train_assistant_conversations": True, "public_dataset": True}
    )
    conversation_id, (first,) = await answered(db, ines, "I paint birds.", "What kind?")
    asked, answer = new_id(), new_id()
    await db.execute(
        "insert into assistant.messages (id, conversation_id, parent_id, role, text) values (%s, %s, %s, 'user', 'Herons.')",
        asked, conversation_id, first,
    )  # fmt: skip
    await db.execute(
        """insert into assistant.messages (id, conversation_id, parent_id, role, text, state)
           values (%s, %s, %s, 'assistant', 'Begin with the neck.', 'done')""",
        answer, conversation_id, asked,
    )  # fmt: skip
    await log.record(
        db,
        kinds.AnswerGiven(
            actor_id=ines.id, item_id=conversation_id, message_id=asked, answer_id=answer, tier="mini", model="test"
        ),
    )
    await messages.rate(db, ines, answer, 1)
    _, folder = await building.build(db, where)
    row = next(row for row in everything(folder) if row["chosen"] == "Begin with the neck.")
    assert [turn["content"] for turn in row["prompt"]] == ["I paint birds.", "What kind?", "Herons."]
    assert row["public"] is True
    await consent.say_of_item(db, ines.id, "conversation", conversation_id, {"train_assistant_feedback": False})
    _, folder = await building.build(db, where)
    assert not any(row["chosen"] == "Begin with the neck." for row in everything(folder))


async def test_public_posts_teach_and_what_is_for_few_never_does(house: House, newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    assert ines.client.put("/api/bower/v1/consents", json={"train_assistant_posts": True}).status_code == 200
    ines.post("Herons stand where the reeds bend, and nothing hurries.")
    ines.post("Only for those who follow me: the nest is by the mill.", visibility="private")
    built = await asyncio.to_thread(house.command, "learn", "dataset", "assistant", "--json")
    assert built["items"] >= 1
    folder = Path(built["folder"])
    said = [row["chosen"] for row in everything(folder)]
    assert "Herons stand where the reeds bend, and nothing hurries." in said
    assert not any("the mill" in text for text in said)
    card = json.loads((folder / "card.json").read_text())
    assert card["hash"] == built["dataset"]
    assert "train-*.parquet" in (folder / "README.md").read_text()
    told = ines.client.get("/api/bower/v1/receipts").json()
    assert sorted((len(one["datasets"]), [left["reason"] for left in one["left_out"]]) for one in told["receipts"]) == [
        (0, ["not_public"]),
        (1, []),
    ]
    assert told["part"] == {"items": 1, "leaving": 0, "datasets": 1}
    assert told["next"] is None
    assert ines.client.post("/api/bower/v1/export").status_code == 202
    whole = await asyncio.to_thread(lambda: ines.client.get(packed(ines)["url"]).content)
    with zipfile.ZipFile(io.BytesIO(whole)) as found:
        taken = json.loads(found.read("receipts.json"))["receipts"]
    assert {one["id"] for one in taken} == {one["id"] for one in told["receipts"]}
    assert {entry["hash"] for one in taken for entry in one["entries"]} == {built["dataset"]}
    again = await asyncio.to_thread(house.command, "learn", "dataset", "assistant", "--json")
    assert again["dataset"] == built["dataset"]
    public = ines.client.get(f"/api/bower/v1/learning/datasets/{built['id']}").json()
    assert public["card"]["hash"] == built["dataset"]
    assert built["id"] in [one["id"] for one in ines.client.get("/api/bower/v1/learning/datasets").json()["datasets"]]
    assert ines.client.get("/api/bower/v1/learning/datasets/1").status_code == 404
    async with pool.reading() as db:
        newest = await ledger.newest(db)
    assert newest is not None
    assert str(newest.id) == built["id"]


def test_machines_are_told_that_nothing_here_is_for_training(house: House, visitor: httpx.Client, newcomer: New) -> None:
    post = newcomer().post("a heron, for eyes only")
    for path in ("/", f"/posts/{post['id']}", f"/api/v1/statuses/{post['id']}", "/healthz"):
        assert visitor.get(path).headers["Content-Usage"] == "train-ai=n", path
    rules = RobotFileParser()
    rules.parse(visitor.get("/robots.txt").text.splitlines())
    page = f"{house.url}/posts/{post['id']}"
    assert rules.can_fetch("a search engine", page)
    assert not rules.can_fetch("GPTBot", page)
    assert "Content-Usage: train-ai=n" in visitor.get("/robots.txt").text.splitlines()


async def test_only_what_may_leave_the_house_is_exported(db: Database, where: Settings, tmp_path: Path) -> None:
    ines, noor = await somebody(db, "ines_open"), await somebody(db, "noor_closed")
    await consent.say(db, ines.id, {"train_assistant_feedback": True, "public_dataset": True})
    await consent.say(db, noor.id, {"train_assistant_feedback": True})
    for me in (ines, noor):
        _, (good, bad) = await answered(db, me, f"What is gesso, asks {me.username}?", "A ground for paint.", "A cheese.")
        await messages.rate(db, me, good, 1)
        await messages.rate(db, me, bad, -1)
    _, folder = await building.build(db, where)
    told = export.write("assistant", folder, tmp_path / "out")
    assert sum(lines for name, lines in told.items() if name.startswith("dpo")) == 1
    text = "".join(file.read_text() for file in (tmp_path / "out").iterdir())
    assert "ines_open" in text
    assert "noor_closed" not in text
    lines = [json.loads(line) for file in (tmp_path / "out").glob("kto-*.jsonl") for line in file.read_text().splitlines()]
    assert sorted(line["label"] for line in lines) == [False, True]
    pair = next(json.loads(line) for file in (tmp_path / "out").glob("dpo-*.jsonl") for line in file.read_text().splitlines())
    assert pair["chosen"] == [{"role": "assistant", "content": "A ground for paint."}]


async def test_a_signal_is_taken_back_by_its_owner_only_and_that_can_be_undone(house: House, newcomer: New, pool: Pool) -> None:
    ines, noor = newcomer(), newcomer()
    ines.client.put("/api/bower/v1/consents", json={"train_assistant_posts": True})
    ines.post("Light over the marsh, and one heron.")
    await asyncio.to_thread(house.command, "learn", "dataset", "assistant", "--json")
    receipt = ines.client.get("/api/bower/v1/receipts").json()["receipts"][0]
    assert receipt["standing"] is True
    path = f"/api/bower/v1/receipts/{receipt['id']}/withdrawal"
    assert noor.client.put(path).status_code == 404
    assert noor.client.delete(path).status_code == 404
    async with httpx.AsyncClient(base_url=house.url) as nobody:
        assert (await nobody.put(path)).status_code == 401
    assert ines.client.put(path).status_code == 204
    told = ines.client.get("/api/bower/v1/receipts").json()
    assert told["receipts"][0]["standing"] is False
    assert told["part"]["leaving"] == 1
    assert ines.client.delete(path).status_code == 204
    assert ines.client.get("/api/bower/v1/receipts").json()["receipts"][0]["standing"] is True
    ines.client.put(path)
    await asyncio.to_thread(house.command, "learn", "dataset", "assistant", "--json")
    entries = ines.client.get("/api/bower/v1/receipts").json()["receipts"][0]
    assert entries["left_out"][0]["reason"] == "not_this_one"
    liked = noor.client.get("/api/bower/v1/receipts").json()
    assert liked["receipts"] == []


def test_what_was_learned_is_a_page_for_everyone(house: House, newcomer: New, visitor: httpx.Client) -> None:
    page = visitor.get("/learning")
    assert page.status_code == 200
    assert "What the network learned" in page.text
    assert "Sign in" in page.text
    for path in ("releases", "runs", "datasets"):
        assert list(visitor.get(f"/api/bower/v1/learning/{path}").json()) == [path]
