"""A piece of a private conversation made public: to the letter what was shown, and nothing that is not the sharer's to tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from tests.conftest import Member
from tests.contract.test_conversations_private import BASE, begin, over

New = Callable[..., Member]


def shown(member: Member, answer: dict[str, Any], *ids: str) -> dict[str, Any]:
    told = member.client.post(f"{BASE}/conversations/{answer['conversation_id']}/preview", json={"message_ids": list(ids)})
    assert told.status_code == 200, told.text
    return told.json()


def share(member: Member, answer: dict[str, Any], text: str, *ids: str, **more: Any) -> httpx.Response:
    return member.client.post(
        f"{BASE}/conversations/{answer['conversation_id']}/shares", json={"message_ids": list(ids), "text": text, **more}
    )


def test_what_is_shared_is_what_was_shown_and_nothing_else(newcomer: New, visitor: httpx.Client) -> None:
    ann = newcomer()
    _, answer = begin(ann, "/trends")
    told = over(ann.client, answer["id"])
    _, second = ann.client.post(
        f"{BASE}/conversations/{told['conversation_id']}/messages", json={"text": "/post My secret plan"}
    ).json()
    over(ann.client, second["id"])
    preview = shown(ann, told, answer["parent_id"])
    assert preview["text"] == "“/trends”"
    assert preview["audience"] == "everyone"
    posted = share(ann, told, preview["text"], answer["parent_id"]).json()
    status = visitor.get(f"/api/v1/statuses/{posted['post_id']}").json()
    assert "“/trends”" in status["content"]
    assert status["application"]["name"] == "a conversation with bower"
    page = visitor.get(posted["url"]).text
    assert "secret plan" not in page
    assert told["conversation_id"] not in page
    assert visitor.get(f"{BASE}/conversations/{told['conversation_id']}").status_code == 401


def test_names_and_private_quotes_are_taken_out(newcomer: New) -> None:
    ann, bea = newcomer(), newcomer()
    ann.follow(bea)
    word = f"tessellate{ann.id[-6:]}"
    secret = bea.post(f"We meet at the {word} bridge at nine sharp", visibility="private")
    ann.client.post(f"/api/v1/statuses/{secret['id']}/favourite")  # what one likes one finds again
    _, answer = begin(ann, f"/search {word}")
    told = over(ann.client, answer["id"])
    assert "nine sharp" in told["text"], "she may see it herself"
    preview = shown(ann, told, told["id"])
    assert "nine sharp" not in preview["text"]
    assert bea.name not in preview["text"]
    assert preview["quotes"] == 1
    quoting = share(ann, told, f"Bower: we meet at the {word} bridge at nine", told["id"], anyway=True)
    assert quoting.status_code == 422
    assert "not public" in quoting.json()["detail"]
    naming = share(ann, told, f"Thanks to @{bea.name}", told["id"])
    assert naming.status_code == 422
    assert share(ann, told, f"Thanks to @{bea.name}", told["id"], anyway=True).status_code == 201


def test_personal_data_is_told_first(newcomer: New) -> None:
    ann = newcomer()
    _, answer = begin(ann, "/remember write to ann.larsen@bluemail.dk")
    told = over(ann.client, answer["id"])
    preview = shown(ann, told, told["parent_id"])
    assert [one["kind"] for one in preview["findings"]] == ["email"]
    assert share(ann, told, preview["text"], told["parent_id"]).status_code == 422
    assert share(ann, told, preview["text"], told["parent_id"], anyway=True).status_code == 201


def test_nobody_shares_what_is_not_theirs(newcomer: New) -> None:
    ann, eve = newcomer(), newcomer()
    _, answer = begin(ann, "/trends")
    told = over(ann.client, answer["id"])
    assert (
        eve.client.post(f"{BASE}/conversations/{told['conversation_id']}/preview", json={"message_ids": [told["id"]]}).status_code
        == 404
    )
    assert share(eve, told, "x", told["id"]).status_code == 404
    _, own = begin(eve, "/trends")
    mine = over(eve.client, own["id"])
    assert share(eve, mine, "x", told["id"]).status_code == 404
    assert share(ann, told, "", told["id"]).status_code == 422
    assert share(ann, told, "x").status_code == 422
    assert share(ann, told, "x" * 1001, told["id"]).status_code == 413
