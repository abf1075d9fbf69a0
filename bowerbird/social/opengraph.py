"""What a web page says of itself: OpenGraph, JSON-LD, or at least a title."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any, cast
from urllib.parse import urljoin, urlsplit

import msgspec

from bowerbird.core.outside import Page
from bowerbird.social import text

TITLE_LENGTH_MAX, DESCRIPTION_LENGTH_MAX, NAME_LENGTH_MAX, URL_LENGTH_MAX = 200, 500, 100, 2_000
TAGS_MAX = 5_000
JSON_LENGTH_MAX = 200_000
READ_BYTES_MAX = 300_000  # what a page says of itself stands at its beginning
_SURROGATES = re.compile(r"[\ud800-\udfff]")
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset=[\"']?([\w-]{1,40})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class About:
    """A page in a few words. Addresses are absolute, or empty."""

    title: str
    description: str = ""
    site: str = ""
    author_name: str = ""
    author_url: str = ""
    image: str = ""
    image_alt: str = ""
    language: str | None = None
    published_at: datetime | None = None


class _Head(HTMLParser):
    """Collects metas, the title and JSON-LD; stops at the first TAGS_MAX tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.metas: dict[str, str] = {}
        self.title = ""
        self.language = ""
        self.json: list[str] = []
        self._inside = ""
        self._tags = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag opens."""
        self._tags += 1
        if self._tags > TAGS_MAX:
            raise _Enough
        said = {name: value or "" for name, value in attrs}
        if tag == "meta":
            name = (said.get("property") or said.get("name") or said.get("itemprop") or "").lower()
            self.metas.setdefault(name, said.get("content", ""))
        elif tag == "html":
            self.language = said.get("lang", "")
        elif tag == "title" and not self.title:
            self._inside = "title"
        elif tag == "script" and said.get("type", "").lower() == "application/ld+json":
            self._inside = "json"
            self.json.append("")

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        """A tag closes."""
        self._inside = ""

    def handle_data(self, data: str) -> None:
        """Text between tags."""
        if self._inside == "title":
            self.title = (self.title + data)[:2_000]
        elif self._inside == "json" and len(self.json[-1]) < JSON_LENGTH_MAX:
            self.json[-1] += data


class _Enough(Exception):
    """Read no further."""


def read(page: Page) -> About | None:
    """What a page says of itself; None where it has not even a title."""
    head = _Head()
    with suppress(_Enough, AssertionError):  # html.parser asserts on some broken declarations
        head.feed(_letters(page))
    metas, story = head.metas, next(_stories(head.json), {})

    def first(*values: object, length: int) -> str:
        return next((said for value in values if (said := _words(value)[:length].strip())), "")

    def address(*values: object) -> str:
        return next((url for value in values if (url := _address(page.url, value))), "")

    title = first(metas.get("og:title"), metas.get("twitter:title"), story.get("headline"), head.title, length=TITLE_LENGTH_MAX)
    if not title:
        return None
    author = metas.get("article:author")
    return About(
        title,
        first(
            metas.get("og:description"), metas.get("twitter:description"), metas.get("description"), story.get("description"),
            length=DESCRIPTION_LENGTH_MAX,
        ),
        first(metas.get("og:site_name"), _name(story.get("publisher")), urlsplit(page.url).hostname, length=NAME_LENGTH_MAX),
        first(metas.get("author"), _name(story.get("author")), "" if _address("", author) else author, length=NAME_LENGTH_MAX),
        address(author, _part(story.get("author"), "url")),
        address(metas.get("og:image:secure_url"), metas.get("og:image"), metas.get("twitter:image"), _part(story.get("image"), "url")),
        first(metas.get("og:image:alt"), metas.get("twitter:image:alt"), length=1500),
        _language(metas.get("og:locale") or head.language),
        _moment(metas.get("article:published_time") or story.get("datePublished")),
    )  # fmt: skip


def _letters(page: Page) -> str:
    said, body = _CHARSET.search(page.body[:4_000]), page.body[:READ_BYTES_MAX]
    for charset in (page.charset, said[1].decode("ascii") if said else "", "utf-8"):
        with suppress(LookupError, ValueError):  # a codec that is none for text, or one that knows no replacement
            if charset:
                return _SURROGATES.sub("", body.decode(charset, errors="replace"))
    return body.decode("utf-8", errors="replace")


def _stories(blocks: list[str]) -> Iterator[dict[str, Any]]:
    for block in blocks:
        with suppress(msgspec.DecodeError, RecursionError):
            found: Any = msgspec.json.decode(block)
            found = found.get("@graph", found) if isinstance(found, dict) else found
            for one in cast(list[Any], found) if isinstance(found, list) else [found]:
                if isinstance(one, dict) and "headline" in one:
                    yield cast(dict[str, Any], one)


def _words(value: object) -> str:
    return " ".join(text.clean(value).split()) if isinstance(value, str) else ""


def _part(value: object, key: str) -> object:
    value = cast(list[object], value)[0] if isinstance(value, list) and value else value
    return cast(dict[str, object], value).get(key) if isinstance(value, dict) else value


def _name(value: object) -> object:
    return _part(value, "name")


def _address(base: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > URL_LENGTH_MAX:
        return ""
    with suppress(ValueError):
        found = urljoin(base, value.strip())
        return found if urlsplit(found).scheme in ("http", "https") and urlsplit(found).hostname else ""
    return ""


def _language(said: str) -> str | None:
    found = re.match(r"[a-z]{2,3}(?![a-z])", said.strip().lower())
    return found[0] if found else None


def _moment(said: object) -> datetime | None:
    with suppress(ValueError, TypeError, OverflowError):
        found = datetime.fromisoformat(str(said))
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None
