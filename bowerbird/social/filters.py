"""What someone would rather not read: filters of words and posts, compiled once and kept for a while, matched against whole pages.

A filter hides nothing by itself: it is found here, and the doors say it with the post (or leave the post out)."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bowerbird.core.database import Database
from bowerbird.social import filter_rows
from bowerbird.social.filter_rows import Filter

KEPT_S = 5.0
KEPT_MAX = 5_000


@dataclass(frozen=True, slots=True)
class Match:
    """Why a filter speaks of a post: which keywords stand in it, or the post itself."""

    filter: Filter
    keywords: tuple[str, ...]
    posts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A filter ready to be asked."""

    filter: Filter
    pattern: re.Pattern[str] | None

    def match(self, post_id: int, said: str) -> Match | None:
        """What it says of a post."""
        own = tuple(p.post_id for p in self.filter.posts if p.post_id == post_id)
        words: tuple[str, ...] = ()
        if self.pattern and self.pattern.search(said):
            words = tuple(k.keyword for k in self.filter.keywords if re.search(k.pattern, said, re.IGNORECASE))
        return Match(self.filter, words, own) if words or own else None


class Words(Protocol):
    """What is needed of a post, or of its card."""

    @property
    def id(self) -> int: ...  # noqa: D102
    @property
    def text(self) -> str: ...  # noqa: D102
    @property
    def spoiler(self) -> str: ...  # noqa: D102


class Kept:
    """The compiled filters of those who looked lately; most have none, and asking for none costs no query."""

    def __init__(self) -> None:
        self._of: OrderedDict[int, tuple[float, list[Compiled]]] = OrderedDict()

    def get(self, account_id: int) -> list[Compiled] | None:
        """Someone's, while they are fresh."""
        found = self._of.get(account_id)
        return found[1] if found and found[0] > time.monotonic() else None

    def put(self, account_id: int, compiled: list[Compiled]) -> None:
        """Keep them for KEPT_S."""
        self._of[account_id] = (time.monotonic() + KEPT_S, compiled)
        self._of.move_to_end(account_id)
        while len(self._of) > KEPT_MAX:
            self._of.popitem(last=False)

    def forget(self, account_id: int) -> None:
        """They changed."""
        self._of.pop(account_id, None)


kept = Kept()


async def matching(db: Database, viewer_id: int | None, posts: Sequence[Words]) -> dict[int, list[Match]]:
    """What the viewer's filters say of each post, whatever the context; posts of which none says anything are left out.
    Words are looked for in the text, the content warning, the descriptions of the pictures and the options of a poll."""
    if viewer_id is None or not posts:
        return {}
    compiled = kept.get(viewer_id)
    if compiled is None:
        compiled = [c for f in await filter_rows.of(db, viewer_id) if f.live and (c := _compile(f))]
        kept.put(viewer_id, compiled)
    if not compiled:
        return {}
    besides = await _besides(db, [p.id for p in posts])
    found: dict[int, list[Match]] = {}
    for post in posts:
        said = "\n".join((post.spoiler, post.text, *besides.get(post.id, ())))
        if matches := [m for c in compiled if c.filter.live and (m := c.match(post.id, said))]:
            found[post.id] = matches
    return found


def hides(matches: Sequence[Match], context: str) -> bool:
    """Whether a post is left out of lists of this kind."""
    return any(m.filter.row.action == "hide" and context in m.filter.row.contexts for m in matches)


def _compile(found: Filter) -> Compiled | None:
    if not found.keywords:
        return Compiled(found, None) if found.posts else None
    return Compiled(found, re.compile("|".join(k.pattern for k in found.keywords), re.IGNORECASE))


async def _besides(db: Database, ids: Sequence[int]) -> Mapping[int, Sequence[str]]:
    """Descriptions of pictures and options of polls, by post."""
    rows = await db.rows(
        """select pm.post_id, array[a.alt] from social.post_media pm join media.attachments a on a.id = pm.media_id
              where pm.post_id = any(%s) and a.alt <> ''
           union all select p.post_id, p.options from social.polls p where p.post_id = any(%s)""",
        list(ids), list(ids),
    )  # fmt: skip
    said: dict[int, list[str]] = {}
    for post_id, texts in rows:
        said.setdefault(post_id, []).extend(texts)
    return said
