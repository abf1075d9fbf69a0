"""The assistant's pages: who may ask, read along, close and correct; and the page that says what it is."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager

import httpx
import pytest

from tests.conftest import PASSWORD, House, Member
from tests.contract.test_asked import BASE, ask, over
from tests.contract.test_people import csrf
from tests.contract.test_people import sign_in as sign_in_as

New = Callable[..., Member]
PAGE = "/settings/privacy"
HTMX = {"HX-Request": "true"}


@contextmanager
def desk(house: House, member: Member) -> Generator[tuple[httpx.Client, str]]:
    with house.client(timeout=120) as browser:
        assert sign_in_as(browser, member.name).status_code == 303
        yield browser, csrf(browser, PAGE)


def test_nobody_reads_along_with_anothers_answer(house: House, newcomer: New, visitor: httpx.Client) -> None:
    ann, bea = newcomer(), newcomer()
    post = bea.post("Gum arabic holds the pigment.")
    with desk(house, ann) as (own, token), desk(house, bea) as (other, _):
        made = own.post(f"/posts/{post['id']}/questions", data={"csrf": token, "task": "summarise"})
        assert made.status_code == 303
        where = made.headers["location"]
        assert where.startswith(f"/posts/{post['id']}#asked-")
        id_ = where.rpartition("-")[2]
        assert other.get(f"/asked/{id_}/live").status_code == 404
        assert visitor.get(f"/asked/{id_}/live").status_code == 303
        with own.stream("GET", f"/asked/{id_}/live") as stream:
            lines = list(stream.iter_lines())
        assert lines[-3:-1] == ["event: done", "data: done"]
        assert "Gum arabic" in "".join(lines)
        assert f"asked-{id_}" in own.get(f"/posts/{post['id']}").text
        assert f"asked-{id_}" not in other.get(f"/posts/{post['id']}").text
        assert f"asked-{id_}" not in own.get(f"/posts/{post['id']}/questions").text  # it was no mention


def test_forms_want_a_session_and_its_token(house: House, newcomer: New, visitor: httpx.Client) -> None:
    ann, bea = newcomer(), newcomer()
    post = ann.post("The moon is nearer in winter.")
    answer_id = over(ann, ask(ann, post, "check", aloud=True))["answer_id"]
    made = bea.client.post(f"{BASE}/posts/{answer_id}/corrections", json={"kind": "wrong", "note": "It is not."}).json()
    paths = [
        f"/posts/{post['id']}/questions", f"/posts/{post['id']}/assistant", f"/posts/{answer_id}/corrections",
        f"/corrections/{made['id']}/agreement",
    ]  # fmt: skip
    with desk(house, ann) as (browser, token):
        for path in paths:
            assert browser.post(path, data={"csrf": "0" * 64}).status_code == 403, path
            assert visitor.post(path, data={"csrf": token}).status_code in (303, 403), path
        agreed = browser.post(paths[3], data={"csrf": token, "answer_id": answer_id, "agrees": "yes"}, headers=HTMX)
        assert agreed.status_code == 200
        assert "2 of 2 agree" in agreed.text
        assert browser.post(paths[3], data={"csrf": token, "answer_id": answer_id, "agrees": "perhaps"}).status_code == 404
        empty = browser.post(paths[2], data={"csrf": token, "kind": "missing_context"}, headers=HTMX)
        assert "Say what is missing." in empty.text
        said = browser.post(paths[2], data={"csrf": token, "kind": "missing_context", "note": "Where?"})
        assert (said.status_code, said.headers["location"]) == (303, f"/posts/{answer_id}")
        page = browser.get(f"/posts/{answer_id}").text
        assert "2 people say" in page


def test_only_its_author_closes_a_post_and_it_says_so(house: House, newcomer: New) -> None:
    ann, bea = newcomer(), newcomer()
    post = ann.post("Only people, please.")
    with desk(house, bea) as (other, others), desk(house, ann) as (own, token):
        assert other.post(f"/posts/{post['id']}/assistant", data={"csrf": others, "closed": "yes"}).status_code == 403
        assert 'id="ask"' in other.get(f"/posts/{post['id']}").text
        assert own.post(f"/posts/{post['id']}/assistant", data={"csrf": token, "closed": "yes"}).status_code == 303
        page = other.get(f"/posts/{post['id']}").text
        assert "No AI here" in page
        assert 'id="ask"' not in page
        refused = other.post(f"/posts/{post['id']}/questions", data={"csrf": others, "task": "explain"}, headers=HTMX)
        assert "Its author wants no AI here." in refused.text
        plain = other.post(f"/posts/{post['id']}/questions", data={"csrf": others, "task": "explain"})
        assert plain.status_code == 403
        assert "Its author wants no AI here." in plain.text
        assert own.post(f"/posts/{post['id']}/assistant", data={"csrf": token, "closed": "no"}).status_code == 303
        assert 'id="ask"' in other.get(f"/posts/{post['id']}").text


def test_a_post_is_closed_as_it_is_written(house: House, newcomer: New) -> None:
    ann = newcomer()
    with desk(house, ann) as (own, token):
        form = {"csrf": token, "text": "Only people, from the start.", "no_ai": "1", "then": "post"}
        later = own.post("/posts", data={**form, "later": "2030-01-01T10:00"})
        assert later.status_code == 422
        assert "once it is out" in later.text
        assert re.search(r'name="no_ai"[^>]* checked', later.text)
        assert own.post("/posts", data=form).status_code == 303
        id_ = ann.client.get(f"/api/v1/accounts/{ann.id}/statuses").json()[0]["id"]
        assert "No AI here" in own.get(f"/posts/{id_}").text
        again = own.post(f"/posts/{id_}/unsay", data={"csrf": token})
        assert re.search(r'name="no_ai"[^>]* checked', again.text)


def test_one_draws_for_oneself_in_the_studio(house: House, newcomer: New) -> None:
    ann = newcomer()
    post = ann.post("A harbour.")
    with desk(house, ann) as (own, token):
        form = {"csrf": token, "task": "draw", "text": "a boat & a lamp"}
        sent = own.post(f"/posts/{post['id']}/questions", data=form)
        assert (sent.status_code, sent.headers["location"]) == (303, "/studio?prompt=a%20boat%20%26%20a%20lamp")
        assert own.post(f"/posts/{post['id']}/questions", data=form, headers=HTMX).headers["hx-redirect"].startswith("/studio?")


def test_the_account_says_where_the_ai_may_speak(house: House, newcomer: New) -> None:
    ann, bea = newcomer(), newcomer()
    post = ann.post("Under all my posts.")
    with desk(house, ann) as (own, token):
        assert own.post(PAGE, data={"csrf": token, "ai_reply": "no_one"}).headers["location"] == PAGE
        assert 'name="ai_reply" value="no_one" checked' in own.get(PAGE).text
    assert bea.client.post(f"{BASE}/posts/{post['id']}/asked", json={"task": "explain"}).status_code == 403


def test_anyone_may_read_who_answers_here(visitor: httpx.Client) -> None:
    page = visitor.get("/about/bower")
    assert page.status_code == 200
    prompts = visitor.get(f"{BASE}/assistant").json()["prompts"]
    for versions in prompts.values():
        for version in versions:
            assert f'id="prompt-{version["hash"]}"' in page.text
    assert "smollm2-135m-instruct" in page.text


def test_where_the_assistant_is_off_nothing_of_it_is_offered(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("quiet")
    folder.chmod(0o755)
    quiet = House(folder, {"BOWERBIRD_ASSISTANT": "off"}).start()
    try:
        quiet.command("admin", "account", "create", "ann", "--email", "ann@example.org", "--password", PASSWORD)
        with quiet.client(timeout=60) as browser:
            assert sign_in_as(browser, "ann").status_code == 303
            token = csrf(browser, PAGE)
            browser.post("/posts", data={"csrf": token, "text": "quiet", "then": "post"})
            found = re.search(r'id="card-(\d+)"', browser.get("/@ann?tab=posts").text)
            assert found
            page = browser.get(f"/posts/{found[1]}").text
            assert "Bower" not in re.sub(r"<title>.*?</title>|bowerbird", "", page, flags=re.I)
            assert 'name="ai_reply"' not in browser.get(PAGE).text
            refused = browser.post(f"/posts/{found[1]}/questions", data={"csrf": token, "task": "explain"})
            assert refused.status_code == 403
            assert "switched off" in refused.text
            assert "switched off" in browser.get("/about/bower").text
    finally:
        assert quiet.stop() == 0
