"""What somebody typed into the search, taken apart: words and phrases, and operators that narrow."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bowerbird.core.database import Gate
from bowerbird.core.ids import before

QUERY_LENGTH_MAX = 200
PARTS_MAX = 20
_OPERATOR = re.compile(
    r"(?<!\S)([-+]?)(from|has|is|language|before|after|during|in):(?:\"([^\"]{1,60})\"|(\S{1,60}))", re.IGNORECASE
)
HAS = {
    "media": "exists (select 1 from social.post_media pm where pm.post_id = p.id)",
    "image": "exists (select 1 from social.post_media pm where pm.post_id = p.id)",
    "poll": "p.has_poll",
    "link": "p.text ~ 'https?://'",
    "embed": "exists (select 1 from social.post_links l join social.previews v on v.id = l.preview_id where l.post_id = p.id and not v.failed)",
}
IS = {"reply": "p.reply_to_id is not null", "sensitive": "p.sensitive", "quote": "p.quote_of_id is not null"}
LIBRARY = """(p.author_id = %s or exists (select 1 from social.likes k where k.account_id = %s and k.post_id = p.id)
    or exists (select 1 from social.bookmarks k where k.account_id = %s and k.post_id = p.id)
    or exists (select 1 from social.posts k where k.author_id = %s and k.boost_of_id = p.id))"""
FOUND_BY_ALL = """(p.visibility = 'public' and exists (
    select 1 from accounts.people a where a.id = p.author_id and a.indexable and a.deleted_at is null))"""


@dataclass(frozen=True, slots=True)
class Query:
    """`words` is for PostgreSQL's web search; `said` are the same words without signs; `gates` narrow over the posts row `p`."""

    words: str
    said: str
    gates: tuple[Gate, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing was asked."""
        return not self.words and not self.gates


def parse(typed: str, viewer_id: int | None) -> Query:
    """Read what was typed. Never refuses: an operator that makes no sense finds nothing, a word is a word."""
    typed = typed.replace("\x00", "")[:QUERY_LENGTH_MAX]
    gates = [
        _gate(m[2].lower(), (m[3] or m[4]).lower(), viewer_id, m[1] == "-") for m in list(_OPERATOR.finditer(typed))[:PARTS_MAX]
    ]
    words = " ".join(_OPERATOR.sub(" ", typed).split())
    said = " ".join(word for word in re.sub(r"[\"()]", " ", words).split() if not word.startswith("-") and word.lower() != "or")
    return Query(words, said, tuple(gates))


def who(viewer_id: int | None) -> Gate:
    """Whose posts a search finds at all: public ones of people who let themselves be found, and what is one's own or in one's library."""
    if viewer_id is None:
        return Gate(FOUND_BY_ALL, ())
    return Gate(f"({FOUND_BY_ALL} or {LIBRARY})", (viewer_id,) * 4)


def _gate(operator: str, value: str, viewer_id: int | None, without: bool) -> Gate:
    gate = _positive(operator, value, viewer_id)
    return Gate(f"not {gate.sql}", gate.args) if without else gate


def _positive(operator: str, value: str, viewer_id: int | None) -> Gate:
    nothing = Gate("false", ())
    match operator:
        case "from":
            name = value.removeprefix("@").partition("@")[0]
            if name == "me":
                return Gate("(p.author_id = %s)", (viewer_id or 0,))
            return Gate("(p.author_id = coalesce((select id from accounts.people where username = %s::citext), 0))", (name,))
        case "has" | "is":
            known = (HAS if operator == "has" else IS).get(value)
            return Gate(f"({known})", ()) if known else nothing
        case "language":
            return Gate("(coalesce(p.language, '') = %s)", (value[:12],))
        case "in":
            if value == "library":
                return Gate(LIBRARY, (viewer_id or 0,) * 4)
            return Gate("(p.visibility = 'public')", ()) if value == "public" else nothing
        case _:
            return _dated(operator, value) or nothing


def _dated(operator: str, value: str) -> Gate | None:
    try:
        day = date.fromisoformat(value)
        start, end = (before(datetime.combine(d, time(), UTC)) for d in (day, day + timedelta(days=1)))
    except (ValueError, OverflowError):
        return None
    if operator == "before":
        return Gate("(p.id < %s)", (start,))
    if operator == "after":
        return Gate("(p.id >= %s)", (end,))
    return Gate("(p.id >= %s and p.id < %s)", (start, end))
