"""What the assistant knows of somebody goes into their archive, and goes when they do."""

from __future__ import annotations

import io
import json
import time
import zipfile
from collections.abc import Callable

from tests.conftest import Member
from tests.contract.test_archive import packed
from tests.contract.test_asked import ask
from tests.contract.test_asked import over as answered
from tests.contract.test_conversations_private import BASE, begin, over
from tests.contract.test_leaving import leave

New = Callable[..., Member]


def test_the_archive_holds_conversations_facts_and_questions(newcomer: New) -> None:
    ann = newcomer()
    conversation, answer = begin(ann, "/remember I like blue glass")
    over(ann.client, answer["id"])
    answered(ann, ask(ann, ann.post("The sea is blue."), "check"))
    assert ann.client.post(f"{BASE}/export").status_code == 202
    with zipfile.ZipFile(io.BytesIO(ann.client.get(packed(ann)["url"]).content)) as found:
        held = {name: json.loads(found.read(f"{name}.json")) for name in ("conversations", "memory", "asked")}
    assert [one["id"] for one in held["conversations"]] == [conversation["id"]]
    assert next(one["text"] for one in held["conversations"][0]["messages"]) == "/remember I like blue glass"
    assert [one["text"] for one in held["memory"]] == ["I like blue glass"]
    assert [(one["task"], one["aloud"]) for one in held["asked"]] == [("check", False)]


def test_what_was_answered_to_somebody_goes_with_them(newcomer: New) -> None:
    ann, bea = newcomer(), newcomer()
    told = answered(ann, ask(ann, bea.post("Is the moon made of paper?"), "check", aloud=True))
    reply = bea.client.get(f"/api/v1/statuses/{told['answer_id']}")
    assert ann.name in reply.json()["content"]
    assert leave(ann).status_code in (200, 202, 204)
    gone = reply
    for _ in range(300):
        gone = bea.client.get(f"/api/v1/statuses/{told['answer_id']}")
        if gone.status_code != 200:
            break
        time.sleep(0.1)
    assert gone.status_code in (404, 410)
