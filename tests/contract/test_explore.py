"""Explore and search as pages: what many care about, operators, people and tags by how they begin; and how a post is shown elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import httpx
import psycopg
import pytest

from tests.conftest import House, Member, picture_of
from tests.contract.test_people import csrf, sign_in

New = Callable[..., Member]
LINK = 7_000_001


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


@pytest.fixture
def lively(house: House, newcomer: New) -> Iterator[str]:
    """Something that many care about, as if the worker had just counted it; the post's id."""
    said = newcomer().post("plovers on the #plovershore")["id"]
    with psycopg.connect(house.database_url, autocommit=True) as db:
        db.execute(
            """insert into social.previews (id, url_hash, url, failed, kind, title, description, site, expires_at)
               values (%s, 'plover', 'https://example.org/plover', false, 'link', 'On plovers', '', 'Shore Notes', now() + interval '1 day')""",
            [LINK],
        )
        for kind, name in (("tag", "plovershore"), ("status", said), ("link", str(LINK))):
            db.execute("insert into social.trends (kind, name, place, score, people) values (%s, %s, 1000, 1, 3)", [kind, name])
        yield said
        db.execute("delete from social.trends where place = 1000")
        db.execute("delete from social.previews where id = %s", [LINK])


def test_what_many_care_about_stands_at_the_top(lively: str, visitor: httpx.Client) -> None:
    page = visitor.get("/search").text
    for shown in ("#plovershore", "1 person in two days", "plovers on the", "On plovers", "<polyline"):
        assert shown in page, shown
    assert 'name="verb" value="follow"' not in page  # a visitor has nothing to follow with
    assert "plovershore" not in visitor.get("/search", params={"before": lively}).text
    assert "plovers on the" in visitor.get("/search", params={"kind": "posts"}).text
    assert "#plovershore" in visitor.get("/search", params={"kind": "tags"}).text


def test_search_speaks_the_operators_and_says_so(newcomer: New, visitor: httpx.Client) -> None:
    ines, noor = newcomer(), newcomer()
    ines.post("a turnstone by ines")
    noor.post("a turnstone by noor")
    found = words(visitor.get("/search", params={"q": f"turnstone from:{ines.name}"}).text)
    assert "turnstone by ines" in found
    assert "turnstone by noor" not in found
    assert "How to search" in found
    nothing = words(visitor.get("/search", params={"q": "turnstone -turnstone", "kind": "posts"}).text)
    assert "Nothing found" in nothing


def test_people_and_tags_by_how_they_begin(newcomer: New, visitor: httpx.Client) -> None:
    ines, noor = newcomer(), newcomer()
    ines.post("#knotgrass and #knotgrasses")
    page = visitor.get("/search", params={"q": f"@{ines.name[:-1]}"}).text
    assert f'href="/@{ines.name}"' in page
    tags = words(visitor.get("/search", params={"q": "knotgr", "kind": "tags"}).text)
    assert "#knotgrass " in tags
    assert "#knotgrasses" in tags
    assert "No tag begins so" in words(visitor.get("/search", params={"q": "zzqx", "kind": "tags"}).text)
    assert (
        "Whom are you looking for?" in (asked := visitor.get("/search", params={"kind": "people"}).text)
        or "liked lately" in asked
    )
    ines.client.post(f"/api/v1/accounts/{noor.id}/block")
    with httpx.Client(base_url=str(visitor.base_url)) as browser:
        sign_in(browser, noor.name)
        assert f'href="/@{ines.name}"' not in browser.get("/search", params={"q": f"@{ines.name}"}).text


def test_a_tag_is_followed_on_its_page(house: House, newcomer: New) -> None:
    ines, noor = newcomer(), newcomer()
    ines.post("#dunlin at dusk")
    with house.client(timeout=30) as browser:
        sign_in(browser, noor.name)
        page = browser.get("/tags/dunlin", follow_redirects=True).text
        assert "1 person in two days" in words(page)
        browser.post("/tags", data={"csrf": csrf(browser, "/settings/tags"), "tag": "dunlin", "verb": "follow"})
        assert "Following" in words(browser.get("/tags/dunlin", follow_redirects=True).text)
    assert [tag["name"] for tag in noor.client.get("/api/v1/followed_tags").json()] == ["dunlin"]


def test_only_public_posts_say_how_they_look_elsewhere(house: House, newcomer: New, visitor: httpx.Client) -> None:
    ines = newcomer()
    candidate = picture_of(ines)["candidates"][0]
    said = ines.post('blue & "bluer"', media_ids=[candidate["media_id"]])
    page = visitor.get(f"/posts/{said['id']}").text
    oembed = re.search(r'type="application/json\+oembed" href="([^"]+)"', page)
    assert oembed
    assert httpx.get(oembed[1].replace("&amp;", "&")).json()["author_name"]
    assert '<meta property="og:description" content="AI-made picture. blue &amp; &#34;bluer&#34;">' in page
    picture = re.search(r'<meta property="og:image" content="([^"]+)">', page)
    assert picture
    assert httpx.get(picture[1]).headers["content-type"] == "image/jpeg"
    hushed = ines.post("hush", visibility="unlisted")
    assert "og:title" not in visitor.get(f"/posts/{hushed['id']}").text
    sensitive = ines.post("look away", media_ids=[picture_of(ines)["candidates"][0]["media_id"]], sensitive=True)
    veiled = visitor.get(f"/posts/{sensitive['id']}").text
    assert "/media/" not in veiled.partition("</head>")[0]  # its card shows a haze: tests/contract/test_sharecards.py
    assert "a sensitive picture, not shown" in veiled
