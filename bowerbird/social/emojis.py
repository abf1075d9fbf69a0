"""Emoji of this house: a shortcode and a small picture each."""

from __future__ import annotations

import re
import time
import unicodedata
from dataclasses import dataclass

from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict, Invalid
from bowerbird.core.ids import new_id
from bowerbird.media import attachments, blobs, pictures

SHORTCODE = re.compile(r"[a-zA-Z0-9_]{2,40}")
_WRITTEN = re.compile(r":([a-zA-Z0-9_]{2,40}):")
KEPT_S = 10.0
EMOJIS_MAX = 1_000
_JOINED = frozenset("\u200d\ufe0f\u20e3")


@dataclass(frozen=True, slots=True)
class Emoji:
    """One emoji; `blob` is its picture's hash."""

    shortcode: str
    category: str
    blob: str

    @property
    def url(self) -> str:
        """Its picture."""
        return blobs.url(self.blob)


_kept: tuple[float, dict[str, Emoji]] = (0.0, {})


async def known(db: Database) -> dict[str, Emoji]:
    """All of them by shortcode, as of KEPT_S ago at most."""
    global _kept
    if _kept[0] < time.monotonic():
        found = await db.many(
            Emoji,
            """select e.shortcode, e.category, a.small as blob from social.emojis e join media.attachments a on a.id = e.media_id
               order by e.category, e.shortcode limit %s""",
            EMOJIS_MAX,
        )
        _kept = time.monotonic() + KEPT_S, {emoji.shortcode: emoji for emoji in found}
    return _kept[1]


async def add(db: Database, shortcode: str, made: pictures.Renditions, *, category: str = "") -> str:
    """A new emoji from a prepared picture; its shortcode. Raises Invalid or Conflict."""
    if not SHORTCODE.fullmatch(shortcode):
        raise Invalid("A shortcode has 2 to 40 letters, digits or underscores.")
    if await db.value("select exists (select 1 from social.emojis where shortcode = %s)", shortcode):
        raise Conflict(f"There is a :{shortcode}: already.")
    picture = await attachments.attach(db, 0, made, alt=f":{shortcode}:")
    await db.execute(
        "insert into social.emojis (id, shortcode, category, media_id) values (%s, %s, %s, %s)",
        new_id(), shortcode, category[:60], picture.id,
    )  # fmt: skip
    return shortcode


def named(text: str) -> list[str]:
    """The shortcodes written in a text, each once, whether they exist or not."""
    return list(dict.fromkeys(_WRITTEN.findall(text))) if ":" in text else []


def plain(text: str) -> bool:
    """Whether a text is one emoji of Unicode's own."""
    drawn = [letter for letter in text if letter not in _JOINED]
    return 0 < len(text) <= 16 and bool(drawn) and all(_pictured(letter, text) for letter in drawn)


def _pictured(letter: str, text: str) -> bool:
    if letter in "0123456789#*":
        return "\u20e3" in text  # a keycap
    return unicodedata.category(letter) in ("So", "Sk") or "\U000e0020" <= letter <= "\U000e007f"
