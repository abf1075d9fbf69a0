"""The pages of For You: for everyone, for nobody, without scripts; forms that want their token, and only one's own things."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager

import httpx
import pytest

from bowerbird.feed.reasons import Term
from bowerbird.web.glossary import said_of
from bowerbird.web.ledgers import ledger
from bowerbird.web.pages.about_feed import weights as all_weights
from tests.conftest import House, Member
from tests.contract.test_feed import FOXES, consent, known, until
from tests.contract.test_people import csrf
from tests.contract.test_people import sign_in as sign_in_as

New = Callable[..., Member]
HTMX = {"HX-Request": "true"}


@contextmanager
def desk(house: House, member: Member) -> Generator[tuple[httpx.Client, str]]:
    with httpx.Client(base_url=house.url, timeout=120) as browser:
        assert sign_in_as(browser, member.name).status_code == 303
        yield browser, csrf(browser, "/settings/privacy")


@pytest.fixture
def post(newcomer: New) -> dict[str, str]:
    """A post that the feed knows."""
    author = newcomer()
    said = author.post(f"{FOXES}, watercolour, by {author.name}")
    until(lambda: known(author, said["id"]))
    return {**said, "author": author.name}


def cards_in(page: str) -> list[str]:
    return re.findall(r'<article class="post" id="card-(\d+)"', page)


def all_cards(browser: httpx.Client, path: str = "/for-you") -> list[str]:
    """Those of a whole scroll, by its own links."""
    seen: list[str] = []
    for _ in range(40):
        page = browser.get(path).text
        seen += cards_in(page)
        found = re.search(r'id="more" hx-get="([^"]+)"', page)
        if not found:
            assert "You are all caught up" in page
            break
        path = found[1].replace("&amp;", "&")
    return seen


def test_everyone_reads_it_and_it_ends(house: House, newcomer: New, visitor: httpx.Client, post: dict[str, str]) -> None:
    page = visitor.get("/for-you").text
    assert "The feed is just starting" in page or 'class="why-line"' in page
    assert 'id="asking"' not in page
    assert 'action="/for-you/recipe' not in page
    assert visitor.get("/for-you", params={"cursor": "nonsense"}).status_code == 422
    reader = newcomer()
    consent(reader, personalise=True)
    with desk(house, reader) as (browser, _):
        seen = all_cards(browser)
        assert post["id"] in seen
        assert len(seen) == len(set(seen))
        part = browser.get("/for-you", headers={**HTMX, "HX-Target": "more"}).text
        assert "<html" not in part


def test_what_was_looked_at_last_is_what_the_house_opens_with(house: House, newcomer: New) -> None:
    with desk(house, newcomer()) as (browser, _):
        assert browser.get("/").status_code == 200
        assert browser.get("/for-you", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 200
        assert browser.get("/").status_code == 200  # another site does not choose
        browser.get("/for-you")
        assert browser.get("/").headers["location"] == "/for-you"
        browser.get("/following")
        assert browser.get("/").status_code == 200
    assert httpx.get(f"{house.url}/following").headers["location"].startswith("/signin")


def test_the_question_is_asked_once_and_may_be_tried_first(house: House, newcomer: New, post: dict[str, str]) -> None:
    for answer, learns in (("no", False), ("yes", True)):
        reader = newcomer()
        with desk(house, reader) as (browser, token):
            assert 'id="asking"' in browser.get("/for-you").text
            tried = {"csrf": token, "like": [post["id"], "1", "x"], "said": "more foxes, never spiders"}
            part = browser.post("/for-you/trial", data=tried, headers=HTMX).text
            assert "More foxes" in part
            assert "<html" not in part
            whole = browser.post("/for-you/trial", data=tried)
            assert whole.status_code == 200
            assert 'id="asking"' in whole.text
            assert "How yours could be" in browser.post("/for-you/trial", data={"csrf": token}, headers=HTMX).text
            standing = reader.client.get("/api/bower/v1/feed/recipe").json()
            assert standing["versions"] == 0  # nothing was kept
            made = browser.post("/for-you/consent", data={**tried, "answer": answer})
            assert made.headers["location"] == "/for-you"
            assert 'id="asking"' not in browser.get("/for-you").text
            said = reader.client.get("/api/bower/v1/consents").json()
            assert bool(said.get("personalise", said.get("consents", {}).get("personalise"))) is learns
            recipe = reader.client.get("/api/bower/v1/feed/recipe").json()["recipe"]
            assert [wish["words"] for wish in recipe["never"]] == (["spiders"] if learns else [])
            assert bool(recipe["more"]) is learns
            browser.post("/for-you/consent", data={"csrf": token, "answer": "no"})  # again: still said


def test_the_whole_sum_adds_up(house: House, newcomer: New, visitor: httpx.Client, post: dict[str, str]) -> None:
    with desk(house, newcomer()) as (browser, _):
        for who, wide in ((browser, True), (visitor, False)):
            page = who.get(f"/posts/{post['id']}/why", headers={} if wide else HTMX).text
            assert ("<html" in page) is wide
            told = [float(n.replace("−", "-")) for n in re.findall(r'<td class="num">([+−]?[\d.]+)</td>', page)]
            assert len(told) > 2
            assert abs(sum(told[:-1]) - told[-1]) < 1e-9
        assert browser.get("/posts/1/why").status_code == 404
    terms = [Term("a", 0.5004, "x"), Term("b", 0.2504, "x"), Term("c", 0.004, "y"), Term("d", -0.003, "z")]
    summed = ledger(terms, sum(term.value for term in terms))
    assert [one.value for one in summed] == [0.751, 0.001]
    assert ledger([], 0.0) == []


def test_not_for_me_goes_with_its_copies_and_comes_back(house: House, newcomer: New) -> None:
    author, reader = newcomer(), newcomer()
    one, copy, other = (
        author.post(words) for words in ("a teapot, exactly so", "a teapot, exactly so", "the sea and nothing else")
    )
    until(lambda: known(author, other["id"]))
    with desk(house, reader) as (browser, token):

        def hidden_with_copy() -> bool:
            sent = {"csrf": token, "beside": [copy["id"], other["id"], one["id"]]}
            page = browser.post(f"/posts/{one['id']}/hide", data=sent, headers=HTMX).text
            assert f'<div id="card-{one["id"]}" hidden></div>' in page
            assert f'id="card-{other["id"]}"' not in page
            return f'<div id="card-{copy["id"]}" hidden hx-swap-oob="true">' in page and "1 near copy" in page

        until(hidden_with_copy, 30)  # once the meaning of the words was read
        assert not {one["id"], copy["id"]} & set(all_cards(browser))
        page = browser.get("/settings/feed").text
        assert f'value="{one["id"]}"' in page
        assert "Show again" in page
        put_back = browser.post(
            f"/posts/{one['id']}/unhide", data={"csrf": token}, headers={**HTMX, "HX-Target": f"card-{one['id']}"}
        )
        assert f'id="card-{one["id"]}"' in put_back.text
        assert "why-line" in put_back.text
        plain = browser.post(
            f"/posts/{one['id']}/hide", data={"csrf": token}, headers={"Referer": f"{house.url}/posts/{one['id']}"}
        )
        assert plain.headers["location"] == "/for-you"
        assert (
            browser.post("/settings/feed/show", data={"csrf": token, "post": one["id"]}).headers["location"] == "/settings/feed"
        )
        assert "Show again" not in browser.get("/settings/feed").text
        assert browser.post(f"/posts/{one['id']}/unhide", data={"csrf": token}).status_code == 303


def test_more_and_less_like_this_are_wishes_that_can_be_undone(house: House, newcomer: New, post: dict[str, str]) -> None:
    reader = newcomer()
    with desk(house, reader) as (browser, token):
        told = browser.post(f"/posts/{post['id']}/more", data={"csrf": token}, headers=HTMX).text
        assert "Noted: more fox" in told
        assert "/for-you/recipe/undo" in told
        assert browser.post(f"/posts/{post['id']}/more", data={"csrf": token}).status_code == 409
        assert browser.post(f"/posts/{post['id']}/less", data={"csrf": token}).status_code == 303
        recipe = reader.client.get("/api/bower/v1/feed/recipe").json()["recipe"]
        assert (recipe["more"], len(recipe["less"])) == ([], 1)
        assert "Taken back" in browser.post("/for-you/recipe/undo", data={"csrf": token}, headers=HTMX).text
        assert len(reader.client.get("/api/bower/v1/feed/recipe").json()["recipe"]["more"]) == 1


def test_a_sentence_is_read_shown_back_and_saved(house: House, newcomer: New) -> None:
    reader = newcomer()
    said = "more watercolours, less politics until Sunday, never spiders, blorp the quux"
    with desk(house, reader) as (browser, token):
        sent = {"csrf": token, "said": said, "zone": "Europe/Berlin"}
        for headers in ({}, HTMX):
            page = browser.post("/for-you/reading", data=sent, headers=headers).text
            assert "More watercolours" in page
            assert "blorp the quux" in page
            assert 'action="/for-you/recipe/save"' in page
        assert 'name="said"' in browser.post("/for-you/reading", data={**sent, "change": "1"}, headers=HTMX).text
        assert browser.post("/for-you/reading", data={**sent, "said": "", "zone": "No/Where"}).status_code == 200
        assert reader.client.get("/api/bower/v1/feed/recipe").json()["versions"] == 0
        assert browser.post("/for-you/recipe/save", data={**sent, "zone": "No/Where"}).headers["location"] == "/for-you"
        page = browser.get("/for-you").text
        keys = re.findall(r'name="wish" value="([^"]+)"', page)
        assert {"more 0 watercolours", "less 0 politics", "never 0 spiders"} <= set(keys)
        assert browser.post("/for-you/recipe/remove", data={"csrf": token, "wish": "never 0 spiders"}).status_code == 303
        assert browser.post("/for-you/recipe/remove", data={"csrf": token, "wish": "never 0 spiders"}).status_code == 404
        assert browser.post("/for-you/recipe/nonsense", data={"csrf": token}).status_code == 404
        fine = {
            "csrf": token,
            "fine": "1",
            "dial": "-0.5",
            "weight_like": "0",
            "weight_fresh": "1.5",
            "language": ["en", "xx"],
            "sensitive": "show",
        }
        assert browser.post("/for-you/recipe/tune", data=fine).status_code == 303
        recipe = reader.client.get("/api/bower/v1/feed/recipe").json()["recipe"]
        assert (recipe["dial"], recipe["weights"]["like"], recipe["languages"], recipe["sensitive"]) == (-0.5, 0, ["en"], "show")
        for wrong in ({"dial": "2"}, {"dial": "nan"}, {"weight_like": "x"}):
            assert browser.post("/for-you/recipe/tune", data={"csrf": token, **wrong}).status_code == 422
        assert "×" in browser.get("/settings/feed").text
        assert "Steer your feed" in browser.get("/for-you/steer").text
        assert "<html" not in browser.get("/for-you/steer", headers=HTMX).text
        browser.post("/for-you/recipe/start-over", data={"csrf": token})
        assert not re.findall(r'name="wish" value="', browser.get("/for-you").text)


def test_a_recipe_is_shared_read_by_anyone_and_taken(house: House, newcomer: New, visitor: httpx.Client) -> None:
    ann, bea = newcomer(), newcomer()
    with desk(house, ann) as (own, token), desk(house, bea) as (other, others):
        assert own.post("/for-you/recipe/share", data={"csrf": token}).status_code == 409
        own.post("/for-you/recipe/save", data={"csrf": token, "said": f"more lighthouses, less from @{bea.name}"})
        assert own.post("/for-you/recipe/share", data={"csrf": token}).headers["location"] == "/for-you/steer"
        slug = re.search(r"/recipes/([\w-]+)", own.get("/for-you/steer").text)
        assert slug
        for who in (visitor, other, own):
            page = who.get(f"/recipes/{slug[1]}")
            assert "lighthouses" in page.text
            assert f"@{bea.name}</" not in page.text.split("The recipe", 1)[1].split("</section>")[0]
        assert visitor.post(f"/recipes/{slug[1]}/fork", data={"csrf": others}).status_code in (303, 403)
        assert other.post(f"/recipes/{slug[1]}/fork", data={"csrf": "0" * 64}).status_code == 403
        assert other.post(f"/recipes/{slug[1]}/fork", data={"csrf": others}).headers["location"] == "/for-you"
        assert f"from @{ann.name}" in other.get("/for-you/steer").text
        other.post("/for-you/recipe/unshare", data={"csrf": others})  # one's own only
        assert visitor.get(f"/recipes/{slug[1]}").status_code == 200
        own.post("/for-you/recipe/unshare", data={"csrf": token})
        assert visitor.get(f"/recipes/{slug[1]}").status_code == 404


def test_how_my_feed_works_shows_and_forgets(house: House, newcomer: New, post: dict[str, str]) -> None:
    reader, stranger = newcomer(), newcomer()
    consent(reader, personalise=True)
    with desk(house, reader) as (browser, token), desk(house, stranger) as (other, others):
        all_cards(browser)
        reader.client.post(f"/api/v1/statuses/{post['id']}/favourite")
        page = until(lambda: (found := browser.get("/settings/feed").text) and "You liked" in found and found)
        act = re.search(r'name="act" value="(\d+)"', page)
        assert act
        assert other.post("/settings/feed/forget", data={"csrf": others, "act": act[1]}).status_code == 404
        assert browser.post("/settings/feed/forget", data={"csrf": token, "act": act[1]}).status_code == 303
        until(lambda: "You liked" not in browser.get("/settings/feed").text)
        told = browser.get("/settings/feed/export")
        assert "attachment" in told.headers["content-disposition"]
        assert told.json()["account"] == reader.name
        assert told.json()["pages_shown"][0]["posts"]
        assert "pages_shown" in other.get("/settings/feed/export").json()
        assert browser.post("/settings/feed/forget-everything", data={"csrf": token}).status_code == 303
        browser.post("/settings/feed/consents", data={"csrf": token, "recommend_me": "yes"})
        page = browser.get("/settings/feed").text
        assert 'name="personalise" value="yes">' in page
        assert 'name="recommend_me" value="yes" checked>' in page
        assert browser.post("/settings/feed/nonsense", data={"csrf": token}).status_code == 404


def test_dwell_is_read_only_by_consent(house: House, newcomer: New, post: dict[str, str], visitor: httpx.Client) -> None:
    reader = newcomer()
    sent = {"seconds": {post["id"]: 4.5, "nonsense": 3}}
    with desk(house, reader) as (browser, token):
        headers = {"X-CSRF-Token": token}
        assert "data-dwell" not in browser.get("/for-you").text
        assert browser.post("/for-you/dwells", json=sent, headers=headers).json() == {"kept": 0}
        consent(reader, personalise=True)
        assert "data-dwell" in browser.get("/for-you").text
        all_cards(browser)
        assert browser.post("/for-you/dwells", json=sent, headers=headers).json() == {"kept": 1}
        assert browser.post("/for-you/dwells", json=sent).status_code == 403
        assert visitor.post("/for-you/dwells", json=sent).status_code in (303, 401)


def test_authors_alone_see_how_far_a_post_came(house: House, newcomer: New) -> None:
    author, other = newcomer(), newcomer()
    said = author.post("a heron by the weir")
    with desk(house, author) as (own, _), desk(house, other) as (else_, _):
        assert "/reach" in own.get(f"/posts/{said['id']}").text
        assert "/reach" not in else_.get(f"/posts/{said['id']}").text
        assert "How far it came" in own.get(f"/posts/{said['id']}/reach").text
        assert "<html" not in own.get(f"/posts/{said['id']}/reach", headers=HTMX).text
        assert else_.get(f"/posts/{said['id']}/reach").status_code == 403


def test_about_the_feed_is_for_everyone_and_names_every_feature(visitor: httpx.Client) -> None:
    page = visitor.get("/about/feed").text
    features = [one for _, _, found in all_weights(None) for one in found]
    assert len(features) > 50
    assert all(f"<code>{one.name}" in page for one in features)
    assert all(one.stands is None for one in features)
    assert said_of("rate_hide_3d") == "how often it is hidden, over three days"
    assert said_of("fresh_6h") == "younger than 6 hours"


def test_forms_want_their_token_and_a_session(house: House, newcomer: New, post: dict[str, str], visitor: httpx.Client) -> None:
    paths = [
        *(f"/posts/{post['id']}/{verb}" for verb in ("hide", "unhide", "more", "less")), "/for-you/trial", "/for-you/consent",
        "/for-you/reading", *(f"/for-you/recipe/{verb}" for verb in ("save", "remove", "tune", "undo", "start-over", "share", "unshare")),
        *(f"/settings/feed/{what}" for what in ("consents", "forget", "forget-everything", "show")),
    ]  # fmt: skip
    with desk(house, newcomer()) as (browser, token):
        for path in paths:
            assert browser.post(path, data={"csrf": "0" * 64}).status_code == 403, path
            assert visitor.post(path, data={"csrf": token}).status_code in (303, 403), path
    for path in ("/for-you/steer", "/settings/feed", "/settings/feed/export", f"/posts/{post['id']}/reach"):
        assert visitor.get(path).headers["location"].startswith("/signin"), path
