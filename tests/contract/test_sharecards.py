"""Share cards: for whom there is one, what is on it, how long, and what a page says of it."""

from __future__ import annotations

import io
import re
import secrets
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest
from PIL import Image, ImageChops, ImageStat

from bowerbird.core.database import Pool
from bowerbird.core.ids import new_id
from tests.conftest import House, Member, picture_of

New = Callable[..., Member]


@pytest.fixture(autouse=True)
def _none_used_up(house: House) -> Iterator[None]:
    """All tests ask from one address."""
    with psycopg.connect(house.database_url, autocommit=True) as connection:
        connection.execute("delete from core.limits where what like 'sharecard:%'")
        yield
        connection.execute("delete from core.limits where what like 'sharecard:%'")


def card(visitor: httpx.Client, kind: str, id_: Any) -> Image.Image:
    answer = visitor.get(f"/sharecards/{kind}/{id_}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/jpeg"
    assert len(answer.content) < 600_000
    found = Image.open(io.BytesIO(answer.content)).convert("RGB")
    assert found.size == (1200, 630)
    return found


def painted(member: Member, **fields: Any) -> tuple[dict[str, Any], str]:
    """A post with one picture, and the picture's id."""
    made = picture_of(member)["candidates"][0]
    return member.post(fields.pop("text", ""), media_ids=[made["media_id"]], **fields), made["picture_id"]


def busy(image: Image.Image, box: tuple[int, int, int, int]) -> float:
    """How much there is to make out in a part."""
    part = image.crop(box).convert("L")
    return sum(ImageStat.Stat(ImageChops.difference(part, ImageChops.offset(part, 1))).mean)


def test_words_have_a_card(newcomer: New, visitor: httpx.Client) -> None:
    ines = newcomer()
    short, long = ines.post("Good morning, nest."), ines.post("The dunes sing. " * 40)
    one, other = card(visitor, "posts", short["id"]), card(visitor, "posts", long["id"])
    assert busy(one, (64, 200, 900, 420)) > 1
    assert ImageChops.difference(one, other).getbbox()
    for text in (
        "صباح الخير أيها العش",
        "שלום לכולם",
        "おはようございます",
        "🦊🦊🦊",
        "x" * 480,
        "a\u202eb\u0000c\u200d\u200d" * 9,
        "’́́́́" * 20,
    ):
        card(visitor, "posts", ines.post(text)["id"])


def test_only_what_anyone_may_see_has_one(newcomer: New, visitor: httpx.Client) -> None:
    ines = newcomer()
    for visibility in ("private", "direct"):
        post, picture_id = painted(ines, text="for few", visibility=visibility)
        for path in (f"/sharecards/posts/{post['id']}", f"/sharecards/pictures/{picture_id}"):
            assert visitor.get(path).status_code == 404
            assert ines.client.get(path).status_code == 404  # not even for its author: it is one for all
    unseen = picture_of(ines)["candidates"][0]["picture_id"]
    assert visitor.get(f"/sharecards/pictures/{unseen}").status_code == 404
    for path in ("/sharecards/posts/1", "/sharecards/people/1", "/sharecards/posts/abc", "/sharecards/pictures/" + "9" * 30):
        assert visitor.get(path).status_code == 404
    quiet = ines.post("quietly", visibility="unlisted")
    card(visitor, "posts", quiet["id"])


def test_it_goes_with_what_it_stands_for(newcomer: New, visitor: httpx.Client) -> None:
    ines = newcomer()
    post, picture_id = painted(ines, text="here today")
    first = visitor.get(f"/sharecards/posts/{post['id']}")
    assert first.headers["cache-control"] == "public, max-age=300"
    again = visitor.get(f"/sharecards/posts/{post['id']}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert ines.client.put(f"/api/v1/statuses/{post['id']}", json={"status": "another thing"}).status_code == 200
    changed = visitor.get(f"/sharecards/posts/{post['id']}", headers={"If-None-Match": first.headers["etag"]})
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]
    card(visitor, "pictures", picture_id)
    assert ines.client.delete(f"/api/v1/statuses/{post['id']}").status_code == 200
    assert visitor.get(f"/sharecards/posts/{post['id']}").status_code == 410
    assert visitor.get(f"/sharecards/pictures/{picture_id}").status_code in (404, 410)


def test_what_is_sensitive_is_a_haze(newcomer: New, visitor: httpx.Client) -> None:
    ines = newcomer()
    open_, open_picture = painted(ines, text="a fox")
    veiled, veiled_picture = painted(ines, text="a fox", sensitive=True, spoiler_text="paint")
    art = (600, 60, 1180, 500)
    for kind, seen, unseen in (("posts", open_["id"], veiled["id"]), ("pictures", open_picture, veiled_picture)):
        assert busy(card(visitor, kind, unseen), art) < busy(card(visitor, kind, seen), art) * 0.5
    page = visitor.get(f"/pictures/{veiled_picture}").text
    assert "red fox" not in page.split("</head>")[0].partition("og:")[2]


def test_what_pages_say_of_it(house: House, newcomer: New, visitor: httpx.Client) -> None:
    ines, bea = newcomer(), newcomer()
    post, picture_id = painted(ines, text="The heron that waited")
    remixed = picture_of(bea, "the same at night", source_id=picture_id)["candidates"][0]
    child = bea.post("My version", media_ids=[remixed["media_id"]])
    for path, image, words in (
        (f"/posts/{post['id']}", f"/sharecards/posts/{post['id']}", "The heron that waited"),
        (f"/pictures/{picture_id}", f"/sharecards/pictures/{picture_id}", "a red fox in the snow"),
    ):
        head = visitor.get(path).text.partition("</head>")[0]
        said = dict(re.findall(r'<meta (?:property|name)="((?:og|twitter):[^"]+)" content="([^"]*)">', head))
        assert said["og:image"] == house.url + image
        assert (said["og:image:width"], said["og:image:height"], said["og:image:type"]) == ("1200", "630", "image/jpeg")
        assert words in said["og:image:alt"]
        assert "AI-made" in said["og:image:alt"]
        assert said["twitter:card"] == "summary_large_image"
        assert words in said["og:description"]
        assert 'content="AI-made"' in head
        assert "Make your version" in visitor.get(path).text
    card(visitor, "posts", child["id"])
    private = ines.post("not for all", visibility="private")
    assert "og:image" not in ines.client.get(f"/posts/{private['id']}").text


async def test_an_answer_of_the_assistant_wears_its_badge(newcomer: New, visitor: httpx.Client, pool: Pool) -> None:
    ines = newcomer()
    post = ines.post("The dunes were never this blue. " + secrets.token_hex(3))
    before = card(visitor, "posts", post["id"])
    async with pool.transaction() as db:
        await db.execute(
            """insert into assistant.asked (id, asker_id, post_id, thread_id, task, aloud, said, state, answer_id, tier)
               values (%s, %s, %s, %s, 'explain', true, '', 'done', %s, 'mini')""",
            new_id(), int(ines.id), int(post["id"]), int(post["id"]), int(post["id"]),
        )  # fmt: skip
    after = card(visitor, "posts", post["id"])
    changed = ImageChops.difference(before, after).getbbox()
    assert changed
    assert changed[0] > 700  # the badge stands at the upper right
    assert changed[3] < 130


def test_several_pictures_and_a_quote(newcomer: New, visitor: httpx.Client) -> None:
    ines = newcomer()
    ids = [picture_of(ines, f"a lighthouse, number {n}")["candidates"][0]["media_id"] for n in range(4)]
    for count in (2, 3, 4):
        image = card(visitor, "posts", ines.post("Which one?", media_ids=ids[:count])["id"])
        assert busy(image, (600, 20, 1180, 610)) > 1
    quoted = ines.post("What I said first")
    quote = ines.client.post("/api/v1/statuses", json={"status": "And I mean it", "quoted_status_id": quoted["id"]}).json()
    plain = ines.post("And I mean it")
    assert ImageChops.difference(card(visitor, "posts", quote["id"]), card(visitor, "posts", plain["id"])).getbbox()


def test_drawing_has_a_limit_by_address(house: House, newcomer: New, visitor: httpx.Client) -> None:
    ines = newcomer()
    known, new = ines.post("drawn before"), ines.post("never drawn")
    card(visitor, "posts", known["id"])
    with psycopg.connect(house.database_url, autocommit=True) as connection:
        connection.execute(
            """insert into core.limits (what, bucket, used, until)
               select what, bucket + n, 100000, now() + interval '5 minutes' from core.limits, generate_series(0, 2) n
               where what like 'sharecard:%' on conflict (what, bucket) do update set used = 100000"""
        )
    assert visitor.get(f"/sharecards/posts/{new['id']}").status_code == 429
    card(visitor, "posts", known["id"])
