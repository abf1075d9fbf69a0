"""What a link leads to: looked at by the house only, kept, shown from here. And how our own posts are shown elsewhere."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bowerbird.core.addresses import OutsideTrouble, Rule
from bowerbird.core.database import Pool
from bowerbird.core.outside import Page
from bowerbird.media import blobs
from bowerbird.social import opengraph, previews, sights
from tests.conftest import House, Member
from tests.unit.test_media import encoded
from tests.unit.test_outside import only, serving

New = Callable[..., Member]
PAGE = """<!doctype html><html lang="de-DE"><head><meta charset="utf-8"><title>Plain &amp; simple</title>
<meta property="og:title" content="A heron&#39;s day"><meta property="og:description" content="What it did  &lt;b&gt;today&lt;/b&gt;">
<meta property="og:image" content="/heron.png"><meta property="og:image:alt" content="a heron"><meta property="og:site_name" content="Marsh">
<meta name="author" content="Ines"><meta property="article:published_time" content="2026-05-01T10:00:00Z"></head><body>…</body></html>"""


def answering(pages: dict[str, tuple[str, bytes]], asked: list[str]) -> Any:
    async def manner(head: str, writer: asyncio.StreamWriter) -> None:
        path = head.split()[1]
        asked.append(path)
        type_, body = pages.get(path, ("", b""))
        status = "200 OK" if type_ else "404 Not Found"
        writer.write(
            f"HTTP/1.1 {status}\r\nContent-Type: {type_}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
            + body
        )
        await writer.drain()

    return manner


async def looked_at(pool: Pool, post_id: str, may: Rule | None = None) -> str | None:
    """The job's three parts; the address that was looked at."""
    async with pool.transaction() as db:
        url = await previews.begin(db, int(post_id))
    if url:
        seen = await previews.look(url, may)
        async with pool.transaction() as db:
            await previews.keep(db, int(post_id), url, seen)
    return url


async def linking(pool: Pool, who: Member, said: str, **fields: Any) -> str:
    """A post with a link that nobody looks at but the test: the house's own worker was told of no link."""
    id_ = who.post("soon", **fields)["id"]
    async with pool.transaction() as db:
        await db.execute("update social.posts set text = %s where id = %s", said, int(id_))
    return id_


def card_of(who: Member, post_id: str) -> dict[str, Any] | None:
    return who.client.get(f"/api/v1/statuses/{post_id}").json()["card"]


@pytest.fixture
def house_folder(house: House, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Bytes that a verb writes here are found by the house."""
    monkeypatch.setenv("BOWERBIRD_DATA_DIR", house.env["BOWERBIRD_DATA_DIR"])
    monkeypatch.setenv("BOWERBIRD_URL", house.url)
    for module in (blobs, previews, sights.attachments, sights.outside):
        module.settings.cache_clear()
    yield
    blobs.settings.cache_clear()


async def test_a_link_is_looked_at_and_shown_from_our_house(newcomer: New, pool: Pool, house: House, house_folder: None) -> None:
    ines, asked = newcomer(), list[str]()
    pages = {"/a": ("text/html; charset=utf-8", PAGE.encode()), "/heron.png": ("image/png", encoded("PNG"))}
    async with serving(answering(pages, asked)) as port:
        url = f"http://localhost:{port}/a"
        first, second = await linking(pool, ines, f"read this: {url}."), await linking(pool, ines, f"and again {url}")
        assert card_of(ines, first) is None
        assert (await looked_at(pool, first, only(port)), asked) == (url, ["/a", "/heron.png"])
        assert (await looked_at(pool, second, only(port)), len(asked)) == (None, 2)  # known already
    card = card_of(ines, first)
    assert card
    assert (card["url"], card["title"], card["description"], card["provider_name"]) == (
        url,
        "A heron's day",
        "What it did <b>today</b>",
        "Marsh",
    )
    assert (card["author_name"], card["language"], card["type"], card["image_description"]) == ("Ines", "de", "link", "a heron")
    assert card["published_at"] == "2026-05-01T10:00:00.000Z"
    assert card["image"].startswith(f"{house.url}/media/")
    picture = ines.client.get(card["image"])
    assert (picture.status_code, picture.content[8:12], bool(card["blurhash"])) == (200, b"WEBP", True)
    assert card_of(ines, second) == card
    async with pool.transaction() as db:
        await blobs.sweep(db)
        await db.execute("update media.blobs set created_at = now() - interval '2 hours' where kept_until = 'infinity'")
        await blobs.sweep(db)
        assert await db.value("select count(*) from media.blobs where hash = %s", card["image"].rpartition("/")[2]) == 1
    ines.client.put(f"/api/v1/statuses/{first}", json={"status": "no link any more"})
    assert await looked_at(pool, first) is None
    assert card_of(ines, first) is None


async def test_failures_are_remembered_and_nothing_of_ours_or_private_is_looked_at(
    newcomer: New, pool: Pool, house: House, house_folder: None
) -> None:
    ines, asked = newcomer(), list[str]()
    pages = {"/empty": ("text/html", b"<p>nothing"), "/bytes": ("application/zip", b"x")}
    async with serving(answering(pages, asked)) as port:
        for path in ("/empty", "/bytes", "/nowhere"):
            said = await linking(pool, ines, f"http://localhost:{port}{path}")
            assert await looked_at(pool, said, only(port))
            assert await looked_at(pool, said, only(port)) is None
            assert card_of(ines, said) is None
        private = await linking(pool, ines, f"http://localhost:{port}/private", visibility="private")
        assert await looked_at(pool, private, only(port)) is None
        within = await linking(pool, ines, f"http://127.0.0.1:{port}/within")
        assert await looked_at(pool, within)  # the ordinary rule: it is refused before anything is asked
    assert asked == ["/empty", "/bytes", "/nowhere"]
    own = ines.post("mine")
    quoted = await linking(pool, ines, f"see {own['url']}")
    assert await looked_at(pool, quoted) is None
    gone = await linking(pool, ines, "http://localhost:1/undone")
    ines.client.delete(f"/api/v1/statuses/{gone}")
    assert await looked_at(pool, gone) is None


async def test_a_link_is_put_in_line_by_itself(newcomer: New, pool: Pool) -> None:
    ines = newcomer()
    linked, plain = ines.post("http://localhost:1/refused")["id"], ines.post("no link")["id"]
    async with pool.reading() as db:
        lines = await db.rows(
            "select args->>'post_id', queue_name::text from procrastinate_jobs where args->>'post_id' = any(%s) and task_name = 'social:preview'",
            [linked, plain],
        )
    assert lines == [(linked, "looking")]  # not behind pictures and archives, nor they behind it


async def test_a_picture_that_is_none_leaves_the_words(newcomer: New, pool: Pool, house_folder: None) -> None:
    ines = newcomer()
    pages = {"/a": ("text/html", PAGE.encode()), "/heron.png": ("image/png", b"not a picture")}
    async with serving(answering(pages, [])) as port:
        said = await linking(pool, ines, f"http://localhost:{port}/a")
        await looked_at(pool, said, only(port))
    card = card_of(ines, said)
    assert card
    assert (card["title"], card["image"]) == ("A heron's day", None)


async def test_what_nobody_shows_any_more_is_forgotten(newcomer: New, pool: Pool, house_folder: None) -> None:
    ines = newcomer()
    pages = {"/a": ("text/html", PAGE.encode()), "/heron.png": ("image/png", encoded("PNG"))}
    async with serving(answering(pages, [])) as port:
        said = await linking(pool, ines, f"http://localhost:{port}/a")
        await looked_at(pool, said, only(port))
    async with pool.transaction() as db:
        known = await db.value("select preview_id from social.post_links where post_id = %s", int(said))
        await db.execute("update social.previews set expires_at = now() - interval '40 days' where id = %s", known)
        await previews.forget_unused(db)
        assert await previews.of(db, [known])
        await db.execute("delete from social.post_links where preview_id = %s", known)
        await previews.forget_unused(db)
        assert await previews.of(db, [known]) == {}


async def test_an_address_out_in_the_world_that_is_silent_may_be_asked_again(pool: Pool, newcomer: New) -> None:
    said = await linking(pool, newcomer(), "https://silent.example/page")
    async with pool.transaction() as db:
        await previews.keep(
            db, int(said), "https://silent.example/page", OutsideTrouble("The server there does not answer.", again=True)
        )
        soon = await db.value(
            """select expires_at < now() + interval '2 hours' from social.previews v join social.post_links l on l.preview_id = v.id
               where post_id = %s""",
            int(said),
        )
    assert soon is True


def about(html: str, charset: str = "") -> opengraph.About | None:
    return opengraph.read(Page("https://example.org/dir/page", "text/html", charset, html.encode()))


def test_what_a_page_says_of_itself_is_read() -> None:
    said = {"@type": "Article", "headline": "News", "author": [{"name": "Noor", "url": "/noor"}], "publisher": {"name": "Paper"}}
    said |= {"datePublished": "2026-01-02", "image": {"url": "i.png"}}
    story = f'<script type="application/ld+json">{json.dumps({"@graph": [{"@type": "X"}, said]})}</script>'
    found = about(f"<title>Other</title>{story}")
    assert found
    assert (found.title, found.author_name, found.site, found.image) == ("News", "Noor", "Paper", "https://example.org/dir/i.png")
    assert found.author_url == "https://example.org/noor"
    plain = about("<title> Only \n a title </title><h1>x")
    assert plain == opengraph.About("Only a title", site="example.org")
    assert about("<p>nothing") is None
    latin = opengraph.read(Page("https://e.org/", "text/html", "iso-8859-1", "<title>Café</title>".encode("latin-1")))
    assert latin is not None
    assert latin.title == "Café"


@pytest.mark.parametrize(
    "html",
    ["", "<", "<![CDATA[", "<!", "<title>", "<meta property=og:title>", "<script type='application/ld+json'>[[[[", "<meta name=x" * 9000,
     "<script type='application/ld+json'>" + "[" * 5000, "<title>\x00\x01</title>", "<meta property='og:image' content='http://[::1'><title>t"],
)  # fmt: skip
def test_any_page_can_be_read(html: str) -> None:
    found = about(html, "no-such-charset")
    assert found is None or found.image == ""


@pytest.mark.parametrize(
    "charset", ["utf-7", "unicode_escape", "raw_unicode_escape", "utf-16", "hex", "idna", "punycode", "undefined", "mbcs"]
)
def test_a_page_in_odd_letters_is_read_without_harm(charset: str) -> None:
    body = b"<title>Plain \\ud800 \\x +2AA-</title>" + b"<meta charset=" + charset.encode() + b">"
    for said in (charset, ""):
        found = opengraph.read(Page("https://e.org/", "text/html", said, body))
        assert found is None or found.title.encode()  # what cannot be written down would not be kept


async def test_a_long_page_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    beside: list[bool] = []

    def read(page: Page) -> None:
        beside.append(threading.current_thread() is threading.main_thread())

    async def get(url: str, **_: Any) -> Page:
        return Page(url, "text/html", "", b"")

    monkeypatch.setattr(sights.opengraph, "read", read)
    monkeypatch.setattr(sights.outside, "get", get)
    assert isinstance(await sights.look("https://e.org/"), OutsideTrouble)
    assert beside == [False]
    assert opengraph.READ_BYTES_MAX < sights.PAGE_BYTES_MAX


def test_only_the_beginning_of_a_page_is_read() -> None:
    assert about("<p>" + " " * opengraph.READ_BYTES_MAX + "<title>too far down</title>") is None


def test_a_public_post_can_be_shown_elsewhere(newcomer: New, visitor: httpx.Client, house: House) -> None:
    ines = newcomer()
    media = ines.client.post("/api/v1/media", files={"file": ("x.png", encoded("PNG"))}).json()["id"]
    said = ines.post("shown <b>elsewhere</b>", media_ids=[media])
    found = visitor.get("/api/oembed", params={"url": said["url"], "maxwidth": "300"}).json()
    assert (found["type"], found["width"], found["author_url"]) == ("rich", 300, f"{house.url}/@{ines.name}")
    assert "<script" not in found["html"]
    assert "&lt;b&gt;elsewhere" in found["html"]
    assert found["thumbnail_url"].startswith(house.url)
    quiet = ines.post("not for elsewhere", visibility="private")
    warned = visitor.get("/api/oembed", params={"url": ines.post("a secret", spoiler_text="warned")["url"]}).json()
    assert ("a secret" in warned["html"], warned["title"]) == (False, "warned")
    for url in (quiet["url"], "https://elsewhere.example/posts/1", f"{house.url}/posts/abc", ""):
        assert visitor.get("/api/oembed", params={"url": url}).status_code == 404
