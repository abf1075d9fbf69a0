"""A piece of a private conversation made public: to the letter what was shown, and nothing that is not the sharer's to tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from bowerbird.core.database import Pool
from tests.conftest import Member
from tests.contract.test_conversations_private import BASE, begin, over
from tests.unit.test_media import encoded

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
    assert share(ann, told, f"Thanks to @{bea.name}", told["id"], names=True).status_code == 201


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


def read_by(ann: Member, bea: Member, *posts: dict[str, Any]) -> dict[str, Any]:
    """A conversation in which Ann has searched posts of Bea's that she may see, by their first word."""
    for post in posts:
        ann.client.post(f"/api/v1/statuses/{post['id']}/favourite")
    _, answer = begin(ann, f"/explain /posts/{posts[0]['id']}")
    told = over(ann.client, answer["id"])
    assert told["sources"], told
    return told


def friends(newcomer: New) -> tuple[Member, Member]:
    ann, bea = newcomer(), newcomer()
    ann.follow(bea)
    return ann, bea


def refused(told: httpx.Response) -> bool:
    return told.status_code == 422 and "not public" in told.json()["detail"]


def test_warnings_descriptions_and_options_are_no_less_private_than_words(newcomer: New) -> None:
    ann, bea = friends(newcomer)
    media = bea.client.post(
        "/api/v2/media",
        files={"file": ("x.png", encoded("PNG"), "image/png")},
        data={"description": "My passport on the kitchen table"},
    ).json()["id"]
    pictured = bea.post("Look", visibility="private", media_ids=[media])
    warned = bea.post(
        "Nothing else", visibility="private", spoiler_text="Divorce papers signed on Tuesday", in_reply_to_id=pictured["id"]
    )
    bea.post(
        "Which", visibility="private", in_reply_to_id=warned["id"], poll={"options": ["Marry the gardener", "Flee"], "expires_in": 600}
    )  # fmt: skip
    told = read_by(ann, bea, pictured)
    assert len(told["sources"]) == 3
    for words in ("my PASSPORT on the kitchen table!", "divorce papers signed on tuesday", "She will marry the gardener"):
        assert refused(share(ann, told, f"Bower: {words}", told["id"], anyway=True, names=True)), words
    assert share(ann, told, "Bower: a picture of something.", told["id"]).status_code == 201


def test_short_sentences_and_edited_words_are_quotes_too(newcomer: New) -> None:
    ann, bea = friends(newcomer)
    post = bea.post("Meet me. At five. By dock. Bring saffron gold.", visibility="private")
    told = read_by(ann, bea, post)
    assert bea.client.put(f"/api/v1/statuses/{post['id']}", json={"status": "Never mind"}).status_code == 200
    for words in (
        "Meet me. At five. By dock. Bring saffron gold.", "Meet me, at five [1] by dock", "So. Bring saffron gold.", "Meet me at fi\u200bve by dock!",
        "never mind",
    ):  # fmt: skip
        assert refused(share(ann, told, words, told["id"], anyway=True, names=True)), words
    kept = share(ann, told, "I will meet you at the market. Bring bread.", told["id"])
    assert kept.status_code == 201, kept.text


def test_what_another_branch_read_is_not_told_either(newcomer: New) -> None:
    ann, bea = friends(newcomer)
    secret = bea.post("The lighthouse keeper hides silver under seven stones", visibility="private")
    told = read_by(ann, bea, secret)
    asked = ann.client.get(f"{BASE}/conversations/{told['conversation_id']}").json()["messages"][0]["id"]
    _, later = ann.client.post(f"{BASE}/conversations/{told['conversation_id']}/messages", json={"text": "/help"}).json()
    second = over(ann.client, later["id"])  # it came after what was read, the other branch did not
    reworded = ann.client.post(f"{BASE}/messages/{asked}/rewording", json={"text": "/trends"})
    assert reworded.status_code in (200, 201, 202), reworded.text
    last = over(ann.client, reworded.json()[1]["id"])
    assert refused(share(ann, told, "The keeper hides silver under seven stones", second["id"], last["id"]))


def test_the_previews_own_words_are_not_refused(newcomer: New) -> None:
    ann, bea = newcomer(), newcomer()
    _, answer = begin(ann, "/help")
    told = over(ann.client, answer["id"])
    assert share(ann, told, f"Bower: Kites fly well.\n\n{ann.name}: They do.", told["id"]).status_code == 201
    assert share(ann, told, f"{bea.name}: They do.", told["id"], anyway=True).status_code == 422
    both = f"{bea.name}: write to ann.larsen@bluemail.dk"
    assert share(ann, told, both, told["id"], names=True).status_code == 422
    assert share(ann, told, both, told["id"], anyway=True).status_code == 422
    assert share(ann, told, both, told["id"], anyway=True, names=True).status_code == 201


async def test_sharing_counts_as_posting(newcomer: New, pool: Pool) -> None:
    ann = newcomer()
    _, answer = begin(ann, "/trends")
    told = over(ann.client, answer["id"])
    assert share(ann, told, "Kites.", told["id"]).status_code == 201
    async with pool.transaction() as db:
        assert await db.value("select sum(used) from core.limits where what = %s", f"post:{ann.id}") == 1
        for bucket in (0, 1):  # this window, and the next, which may begin meanwhile
            await db.execute(
                """insert into core.limits (what, bucket, used, until) select what, max(bucket) + %s, 60, now() + interval '10 min' from core.limits
                   where what = %s and used < 60 group by what on conflict (what, bucket) do update set used = 60""",
                1 - bucket, f"post:{ann.id}",
            )  # fmt: skip
    assert share(ann, told, "Kites again.", told["id"]).status_code == 429
