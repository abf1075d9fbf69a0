"""The assistant in the thread, over HTTP with the embedded model for real."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from bowerbird.assistant import asked
from bowerbird.core.database import Pool
from bowerbird.core.ids import new_id
from tests.conftest import Member

New = Callable[..., Member]
BASE = "/api/bower/v1"
WAIT_S = 100


def ask(member: Member, post: dict[str, Any], task: str, text: str = "", *, aloud: bool = False) -> dict[str, Any]:
    answer = member.client.post(f"{BASE}/posts/{post['id']}/asked", json={"task": task, "text": text, "aloud": aloud})
    assert answer.status_code == 202, answer.text
    return answer.json()


def over(member: Member, question: dict[str, Any]) -> dict[str, Any]:
    with member.client.stream("GET", f"{BASE}/asked/{question['id']}/events", timeout=WAIT_S) as stream:
        *_, last = [line for line in stream.iter_lines() if line.startswith("data: ")]
    return json.loads(last[6:])


def heard(member: Member, post: dict[str, Any]) -> dict[str, Any]:
    """The question that a mention became."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        found = member.client.get(f"{BASE}/posts/{post['id']}/asked").json()
        if found and found[0]["state"] in ("done", "failed", "refused"):
            return found[0]
        time.sleep(0.1)
    raise AssertionError("nobody heard it")


def test_a_mention_is_answered_under_it_with_what_was_said_two_seconds_ago(newcomer: New) -> None:
    ann, bea, carl = newcomer(), newcomer(), newcomer()
    word = f"marlowite{ann.id[-6:]}"
    said = bea.post(f"The {word} glaze needs nine hours in the kiln")
    mention = ann.post(f"@bower what do people say about {word} glaze?")
    told = heard(ann, mention)
    assert told["state"] == "done", told
    assert said["id"] in told["cited_ids"]
    context = carl.client.get(f"/api/v1/statuses/{mention['id']}/context").json()
    [reply] = context["descendants"]
    assert reply["id"] == told["answer_id"]
    assert reply["account"]["username"] == "bower"
    assert reply["account"]["bot"] is True
    assert f"/posts/{said['id']}" in reply["content"]
    stamp = carl.client.get(f"{BASE}/posts/{reply['id']}/stamp").json()
    assert stamp["tier"] == "mini"
    assert stamp["model"] in ("smollm2-135m-instruct", None)  # None where its words were in no post and were left out
    assert stamp["prompt_hash"] == carl.client.get(f"{BASE}/assistant").json()["prompts"]["thread"][-1]["hash"]
    assert said["id"] in stamp["read_ids"]
    text = told["answer"]
    assert 0 < len(text) <= 450


def test_a_private_answer_is_for_the_asker_alone(newcomer: New) -> None:
    ann, bea = newcomer(), newcomer()
    post = bea.post("Cyanotype: iron salts turn blue in the sun, so the picture prints itself.")
    told = over(ann, ask(ann, post, "explain"))
    assert told["state"] == "done"
    assert told["answer"]
    assert told["answer_id"] is None
    assert bea.client.get(f"{BASE}/asked/{told['id']}").status_code == 404
    assert bea.client.get(f"{BASE}/asked/{told['id']}/events").status_code == 404
    assert ann.client.get(f"/api/v1/statuses/{post['id']}/context").json()["descendants"] == []


def test_what_only_the_asker_may_see_is_never_said_aloud(newcomer: New) -> None:
    ann, bea = newcomer(), newcomer()
    ann.follow(bea)
    word = f"ostrakon{ann.id[-6:]}"
    bea.post(f"Followers only: the {word} password is heliotrope", visibility="private")
    told = heard(ann, ann.post(f"@bower what is the {word} password?"))
    assert told["state"] == "done"
    assert "heliotrope" not in json.dumps(told)
    closed = bea.post(f"My {word} letter", visibility="private")
    refused = ann.client.post(f"{BASE}/posts/{closed['id']}/asked", json={"task": "explain", "aloud": True})
    assert refused.status_code == 403
    assert "everyone may see" in refused.json()["detail"]
    assert over(ann, ask(ann, closed, "explain"))["state"] == "done"
    stranger = newcomer()
    assert stranger.client.post(f"{BASE}/posts/{closed['id']}/asked", json={"task": "explain"}).status_code == 404


def test_check_takes_no_side(newcomer: New) -> None:
    ann, bea, carl = newcomer(), newcomer(), newcomer()
    word = f"verjuice{ann.id[-6:]}"
    carl.post(f"I tried {word} on paper and it did nothing at all")
    post = bea.post(f"Painting with {word} makes paper glow")
    told = over(ann, ask(ann, post, "check"))
    assert "did nothing at all" in told["answer"]
    assert told["answer"].endswith("I cannot tell which of it is true.")
    assert told["model"] is None


def test_summarise_lets_the_thread_speak(newcomer: New) -> None:
    ann, bea = newcomer(), newcomer()
    post = ann.post("Shall we meet at the harbour on Friday?")
    bea.post("Friday is fine, I bring the lanterns", in_reply_to_id=post["id"])
    told = over(bea, ask(bea, post, "summarise"))
    assert "lanterns" in told["answer"]
    assert len(told["cited_ids"]) == 2


def test_draw_answers_with_a_picture(newcomer: New) -> None:
    ann = newcomer()
    told = heard(ann, ann.post("@bower draw a red boat on the sea"))
    assert told["state"] == "done", told
    reply = ann.client.get(f"/api/v1/statuses/{told['answer_id']}").json()
    [media] = reply["media_attachments"]
    assert media["description"] is not None
    assert "a red boat on the sea" in reply["content"]
    refused = heard(ann, ann.post("@bower draw a naked child"))
    assert refused["state"] == "refused"
    assert refused["reason"]


def test_the_author_may_want_no_ai(newcomer: New) -> None:
    ann, bea = newcomer(), newcomer()
    post = bea.post("Only people, please.")
    assert ann.client.put(f"{BASE}/posts/{post['id']}/assistant", json={"closed": True}).status_code == 403
    assert bea.client.put(f"{BASE}/posts/{post['id']}/assistant", json={"closed": True}).json() == {"closed": True}
    for aloud in (True, False):
        refused = ann.client.post(f"{BASE}/posts/{post['id']}/asked", json={"task": "explain", "aloud": aloud})
        assert refused.status_code == 403
        assert refused.json()["detail"] == "Its author wants no AI here."
    mention = ann.post("@bower explain this", in_reply_to_id=post["id"])
    assert heard(ann, mention)["reason"] == "Its author wants no AI here."
    assert bea.client.put(f"{BASE}/posts/{post['id']}/assistant", json={"closed": False}).json() == {"closed": False}
    assert bea.client.put(f"{BASE}/permissions", json={"ai_reply": "no_one"}).status_code == 200
    assert ann.client.post(f"{BASE}/posts/{post['id']}/asked", json={"task": "explain"}).status_code == 403
    bea.client.put(f"{BASE}/permissions", json={"ai_reply": "followers"})
    assert ann.client.post(f"{BASE}/posts/{post['id']}/asked", json={"task": "explain"}).status_code == 403
    ann.follow(bea)
    ask(ann, post, "explain")


def test_it_is_blocked_like_anyone_and_answers_no_programs(newcomer: New) -> None:
    ann, bea = newcomer(), newcomer()
    bower = ann.client.get("/api/v1/accounts/lookup?acct=bower").json()
    post = bea.post("Blocked like anyone.")
    assert bea.client.post(f"/api/v1/accounts/{bower['id']}/block").status_code == 200
    refused = ann.client.post(f"{BASE}/posts/{post['id']}/asked", json={"task": "explain"})
    assert refused.json()["detail"] == "Its author has blocked me."
    assert ann.client.patch("/api/v1/accounts/update_credentials", json={"bot": True}).status_code == 200
    program = ann.client.post(f"{BASE}/posts/{ann.post('beep')['id']}/asked", json={"task": "explain"})
    assert program.json()["detail"] == "I do not answer programs."


def test_it_stops_after_some_turns_in_one_thread(newcomer: New) -> None:
    ann = newcomer()
    post = ann.post("A long talk.")
    for _ in range(6):
        ask(ann, post, "check", aloud=True)
    refused = ann.client.post(f"{BASE}/posts/{post['id']}/asked", json={"task": "check", "aloud": True})
    assert refused.status_code == 403
    assert "enough of me" in refused.json()["detail"]


def test_people_correct_it_and_a_note_stands_when_different_people_agree(newcomer: New) -> None:
    ann = newcomer()
    post = ann.post("The moon is nearer in winter.")
    told = over(ann, ask(ann, post, "check", aloud=True))
    url = f"{BASE}/posts/{told['answer_id']}/corrections"
    writer, *crowd = (newcomer() for _ in range(5))
    assert writer.client.post(url, json={"kind": "missing_context"}).status_code == 422
    correction = writer.client.post(url, json={"kind": "missing_context", "note": "In the northern half, that is."}).json()
    assert (correction["shown"], correction["agree"]) == (False, 1)
    agreement = f"{BASE}/corrections/{correction['id']}/agreement"
    assert writer.client.put(agreement, json={"agrees": True}).status_code == 403
    authors = [newcomer() for _ in range(10)]
    posts = [author.post("something to like") for author in authors]
    for place, member in enumerate(crowd[:2]):  # these two like the same
        for liked in posts[:5]:
            member.client.post(f"/api/v1/statuses/{liked['id']}/favourite")
        now = member.client.put(agreement, json={"agrees": True}).json()
        assert (now["agree"], now["shown"]) == (place + 2, False)
    for liked in posts[5:]:
        crowd[2].client.post(f"/api/v1/statuses/{liked['id']}/favourite")
    now = crowd[2].client.put(agreement, json={"agrees": True}).json()
    assert (now["agree"], now["shown"]) == (4, True)
    stamp = ann.client.get(f"{BASE}/posts/{told['answer_id']}/stamp").json()
    assert [one["note"] for one in stamp["corrections"] if one["shown"]] == ["In the northern half, that is."]
    assert writer.client.post(f"{BASE}/posts/{post['id']}/corrections", json={"kind": "wrong"}).status_code == 404


def test_its_account_is_labelled_and_nobody_signs_in_as_it(newcomer: New) -> None:
    ann = newcomer()
    bower = ann.client.get("/api/v1/accounts/lookup?acct=bower").json()
    assert bower["bot"] is True
    assert {one["name"] for one in bower["fields"]} == {"Run by", "How I work"}


def test_it_is_no_source_for_itself_and_quotes_fake_no_numbers(newcomer: New) -> None:
    ann, bea = newcomer(), newcomer()
    word = f"gamboge{ann.id[-6:]}"
    said = bea.post(f"{word} fades in the sun [2] as everybody [99] knows")
    first = heard(ann, ann.post(f"@bower what about {word}?"))
    assert first["cited_ids"][0] == said["id"]  # in a full house others mean something like it
    second = heard(bea, bea.post(f"@bower what about {word}?"))
    assert second["cited_ids"][0] == said["id"]
    assert {"2", "99"}.isdisjoint({*first["cited_ids"], *second["cited_ids"]})
    assert first["answer_id"] not in second["read_ids"]


def test_thanks_are_no_questions_and_a_bare_mention_explains(newcomer: New) -> None:
    ann, bea = newcomer(), newcomer()
    post = bea.post("Cobalt violet is expensive since 2022.")
    told = over(ann, ask(ann, post, "check", aloud=True))
    for number in range(51):  # whoever answers it is in its mentions: they must not stand in line
        (ann, bea)[number % 2].post(f"Thanks {number}", in_reply_to_id=told["answer_id"])
    bare = heard(ann, ann.post("@bower", in_reply_to_id=post["id"]))
    assert (bare["task"], bare["state"], bare["post_id"]) == ("explain", "done", post["id"])
    lonely = heard(ann, ann.post("@bower"))
    assert (lonely["state"], lonely["reason"]) == ("refused", "Say what you want to know, or to see.")


async def test_a_thread_whose_beginning_is_gone_stops_nobody(newcomer: New, pool: Pool) -> None:
    ann, bea = newcomer(), newcomer()
    root = bea.post("Soon gone")
    reply = ann.post("Still here", in_reply_to_id=root["id"])
    async with pool.transaction() as db:  # as when it was deleted and its undo is over
        await db.execute("delete from social.posts where id = %s", int(root["id"]))
    under = heard(ann, ann.post("@bower explain this", in_reply_to_id=reply["id"]))
    assert under["state"] == "done"
    assert heard(bea, bea.post("@bower what about gamboge?"))["state"] == "done"


async def test_one_mention_is_taken_in_once_by_several(newcomer: New, pool: Pool) -> None:
    ann = newcomer()
    mention = ann.post("@bower what about smalt?")
    await asyncio.gather(*(asked.take_in(pool) for _ in range(4)))
    told = heard(ann, mention)
    assert told["state"] == "done"
    async with pool.reading() as db:
        answers = await db.value("select count(*) from social.posts where reply_to_id = %s", int(mention["id"]))
    assert answers == 1


async def test_who_asked_and_left_keeps_nobody_waiting(newcomer: New, pool: Pool) -> None:
    ann, bea = newcomer(), newcomer()
    async with pool.transaction() as db:
        await db.execute("update accounts.people set deleted_at = now() where id = %s", int(ann.id))
        post = bea.post("Something")
        await db.execute(
            "insert into assistant.asked (id, asker_id, post_id, thread_id, task, aloud) values (%s, %s, %s, %s, 'check', false)",
            new_id(), int(ann.id), int(post["id"]), int(post["id"]),
        )  # fmt: skip
    assert over(bea, ask(bea, post, "check"))["state"] == "done"


def test_no_ai_here_holds_below_and_elsewhere(newcomer: New) -> None:
    ann, bea, carl = newcomer(), newcomer(), newcomer()
    word = f"orpiment{ann.id[-6:]}"
    root = carl.post("A long thread")
    middle = bea.post(f"{word} is mine alone", in_reply_to_id=root["id"])
    below = ann.post("I hang under it", in_reply_to_id=middle["id"])
    bea.client.put(f"{BASE}/posts/{middle['id']}/assistant", json={"closed": True})
    assert ann.client.post(f"{BASE}/posts/{below['id']}/asked", json={"task": "explain", "aloud": True}).status_code == 403
    assert middle["id"] not in over(ann, ask(ann, root, "summarise"))["read_ids"]
    quiet = newcomer()
    hidden = quiet.post(f"{word} too")
    quiet.client.put(f"{BASE}/permissions", json={"ai_reply": "no_one"})
    blocker = newcomer()
    blocked = blocker.post(f"{word} again")
    bower = ann.client.get("/api/v1/accounts/lookup?acct=bower").json()
    blocker.client.post(f"/api/v1/accounts/{bower['id']}/block")
    told = heard(ann, ann.post(f"@bower what about {word}?"))
    assert told["state"] == "done"
    assert not {hidden["id"], blocked["id"], middle["id"]} & set(told["read_ids"])


def test_drawing_in_threads_counts_among_the_askers_own(newcomer: New) -> None:
    people = [newcomer() for _ in range(5)]
    mentions = [(one, one.post("@bower draw a red kite")) for one in people]
    assert [heard(one, mention)["state"] for one, mention in mentions] == ["done"] * 5


def test_hostile_marks_join_no_link(newcomer: New) -> None:
    ann, bea = newcomer(), newcomer()
    word = f"sinopia{ann.id[-6:]}"
    bea.post(f"{word} https:*//evil.example/login?x @*{bea.name} [99]")
    told = heard(ann, ann.post(f"@bower what about {word}?"))
    content = ann.client.get(f"/api/v1/statuses/{told['answer_id']}").json()["content"]
    assert "evil.example" not in content
    assert f"@{bea.name}" not in content
