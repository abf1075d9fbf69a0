"""Ends of answers: declined, too late, and a talk that began with a picture."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bowerbird.assistant import answering
from bowerbird.core.database import Pool
from tests.conftest import Member, picture_of
from tests.contract.test_conversations_private import BASE, begin, over, proposed

New = Callable[..., Member]


async def test_what_waits_is_declined(newcomer: New, pool: Pool) -> None:
    ann, eve = newcomer(), newcomer()
    _, answer = begin(ann, "/trends")
    over(ann.client, answer["id"])
    id_ = await proposed(pool, answer, "draw", "waiting", timedelta())
    assert eve.client.delete(f"{BASE}/calls/{id_}").status_code == 404
    assert ann.client.delete(f"{BASE}/calls/{id_}").json()["state"] == "declined"
    assert ann.client.post(f"{BASE}/calls/{id_}/press").status_code == 409


async def test_an_answer_that_takes_too_long_ends_as_failed(newcomer: New, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    ann = newcomer()
    _, answer = begin(ann, "/trends")
    over(ann.client, answer["id"])
    monkeypatch.setattr(answering, "ANSWER_S_MAX", 0.0)
    async with pool.transaction() as db:
        await db.execute("update assistant.messages set state = 'queued' where id = %s", int(answer["id"]))
    await answering.answer(pool, int(answer["id"]))
    told = ann.client.get(f"{BASE}/messages/{answer['id']}").json()
    assert (told["state"], told["note"]) == ("failed", "It took too long, and was stopped.")


def test_one_that_begins_with_a_picture_is_called_by_the_first_words(newcomer: New) -> None:
    ann = newcomer()
    media_id = picture_of(ann)["candidates"][0]["media_id"]
    conversation, answer = begin(ann, "", media_ids=[media_id])
    assert conversation["title"] == ""
    over(ann.client, answer["id"])
    said = ann.client.post(f"{BASE}/conversations/{conversation['id']}/messages", json={"text": "/trends of foxes"}).json()
    over(ann.client, said[1]["id"])
    assert ann.client.get(f"{BASE}/conversations/{conversation['id']}").json()["conversation"]["title"] == "of foxes"
