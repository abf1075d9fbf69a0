"""What people write: mentions, hashtags and links found in any Unicode, and safe HTML made of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Literal

MENTIONS_MAX = 50
TAGS_MAX = 30
TAG_LENGTH_MAX = 100
LINK_LENGTH_MAX = 2000
LINK_SHOWN_MAX = 40

# one pass, no nested repetition: linear in the length of the text
_TOKEN = re.compile(
    r"(?P<link>https?://[^\s<>\"`{}|\\^]{1,2000})"
    r"|(?<![\w@/.])@(?P<mention>[A-Za-z0-9_]{2,30})(?![\w@])"
    r"|(?<![\w#&/])#(?P<tag>\w{1,100})"
)
_TRAILING = ".,:;!?…'\"”’»)]*_~"
_PAIRS = {")": "(", "]": "["}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of text: `value` is what it means (name, tag or URL), `text` what was written."""

    kind: Literal["text", "mention", "tag", "link"]
    text: str
    value: str


def clean(text: str) -> str:
    """What was typed without control and direction-override characters, line ends as \\n, composed (NFC), trimmed."""
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return unicodedata.normalize("NFC", re.sub(r"\n{3,}", "\n\n", text)).strip()


def tokens(text: str) -> Iterator[Token]:
    """The text cut into stretches; joined again, their `text`s give it back exactly."""
    at = 0
    for match in _TOKEN.finditer(text):
        if match.start() < at:
            continue
        token = _token(match)
        if token is None:
            continue
        if match.start() > at:
            yield Token("text", text[at : match.start()], text[at : match.start()])
        yield token
        at = match.start() + len(token.text)
    if at < len(text):
        yield Token("text", text[at:], text[at:])


def _token(match: re.Match[str]) -> Token | None:
    if name := match["mention"]:
        return Token("mention", match[0], name.lower())
    if tag := match["tag"]:
        return None if tag.isdigit() or tag.strip("_") == "" else Token("tag", match[0], normal_tag(tag))
    link = match["link"]
    while link and link[-1] in _TRAILING and not (link[-1] in _PAIRS and link.count(_PAIRS[link[-1]]) >= link.count(link[-1])):
        link = link[:-1]
    return Token("link", link, link) if len(link) > len("https://") else None


def normal_tag(tag: str) -> str:
    """A hashtag as it is compared: composed and case-folded."""
    return unicodedata.normalize("NFKC", tag).casefold()[:TAG_LENGTH_MAX]


def mentions(text: str) -> list[str]:
    """The names mentioned, lower case, each once, at most MENTIONS_MAX."""
    return list(dict.fromkeys(t.value for t in tokens(text) if t.kind == "mention"))[:MENTIONS_MAX]


def tags(text: str) -> list[str]:
    """The hashtags, normalised, each once, at most TAGS_MAX."""
    return list(dict.fromkeys(t.value for t in tokens(text) if t.kind == "tag"))[:TAGS_MAX]


def html(text: str, known: Callable[[str], bool] = lambda _: True) -> str:
    """Paragraphs with links; nothing the person wrote reaches the page unescaped. `known` says which names exist."""
    paragraphs = (p for p in text.split("\n\n") if p.strip())
    return "".join(f"<p>{''.join(_html(t, known) for t in tokens(p))}</p>" for p in paragraphs)


def _html(token: Token, known: Callable[[str], bool]) -> str:
    shown = escape(token.text).replace("\n", "<br>")
    if token.kind == "mention" and known(token.value):
        return f'<a href="/@{escape(token.value)}" class="mention">{shown}</a>'
    if token.kind == "tag":
        return f'<a href="/tags/{escape(token.value)}" class="tag" rel="tag">{shown}</a>'
    if token.kind == "link":
        bare = token.text.partition("://")[2].removeprefix("www.")
        short = bare if len(bare) <= LINK_SHOWN_MAX else bare[: LINK_SHOWN_MAX - 1] + "…"
        return f'<a href="{escape(token.value)}" rel="nofollow noopener noreferrer" target="_blank">{escape(short)}</a>'
    return shown
