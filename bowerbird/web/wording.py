"""How numbers, times and changed words are said on our pages: the Jinja filters the templates need."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from html import escape

from bowerbird.gallery import differences
from bowerbird.gallery.cards import Card
from bowerbird.social import text
from bowerbird.social.emojis import Emoji

MINUTE_S, HOUR_S, DAY_S, WEEK_S = 60, 3_600, 86_400, 604_800
_NUMBER = re.compile(r"\s?\[(\d{1,2})\]([.,;:!?]*)")
_LEADS = re.compile(r"^\[(\d{1,2})\] https?://\S+/posts/(\d{1,19})$", re.MULTILINE)
_TAG_OR_NAME = re.compile(r"<[^>]*>|:([a-zA-Z0-9_]{2,40}):")


def ago(moment: datetime, now: datetime | None = None) -> str:
    """Say how long ago an aware moment was: "now", "9 min", "3 h", "2 d", then the date."""
    now = now or datetime.now(UTC)
    passed_s = (now - moment).total_seconds()
    if passed_s < MINUTE_S:
        return "now"
    if passed_s < HOUR_S:
        return f"{int(passed_s // MINUTE_S)} min"
    if passed_s < DAY_S:
        return f"{int(passed_s // HOUR_S)} h"
    if passed_s < WEEK_S:
        return f"{int(passed_s // DAY_S)} d"
    return day(moment) if moment.year != now.year else f"{moment.day} {moment:%b}"


def left(moment: datetime, now: datetime | None = None) -> str:
    """Say how long it is until an aware moment: "2 d left", "7 h left", "12 min left", "soon over"."""
    rest_s = (moment - (now or datetime.now(UTC))).total_seconds()
    if rest_s < MINUTE_S:
        return "soon over"
    if rest_s < HOUR_S:
        return f"{int(rest_s // MINUTE_S)} min left"
    return f"{int(rest_s // HOUR_S)} h left" if rest_s < 2 * DAY_S else f"{int(rest_s // DAY_S)} d left"


def day(moment: date) -> str:
    """Say the date: "3 March 2026"."""
    return f"{moment.day} {moment:%B %Y}"


def minute(moment: datetime) -> str:
    """Say the date and the time in UTC: "3 March 2026, 14:05 UTC". Scripts turn it into local time."""
    return f"{day(moment)}, {moment.astimezone(UTC):%H:%M} UTC"


def number(value: int) -> str:
    """Say a count: thin spaces between thousands, and from a hundred thousand on "128 k", "3.4 M"."""
    if value < 100_000:
        return f"{value:,}".replace(",", "\u2009")
    return f"{value // 1_000}\u2009k" if value < 1_000_000 else f"{value / 1_000_000:.1f}\u2009M"


def plural(value: int, one: str, many: str | None = None) -> str:
    """Say a count with its noun: "1 picture", "1 204 remixes"."""
    return f"{number(value)} {one if value == 1 else many or one + 's'}"


def ordinal(value: int) -> str:
    """Say a place: 1st, 2nd, 3rd, 11th."""
    ending = "th" if value % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(value % 10, "th")
    return f"{value}{ending}"


def with_emojis(html: str, emojis: Sequence[Emoji]) -> str:
    """Draw the house's own emojis where their names stand in the words, never inside a tag."""
    if not emojis:
        return html
    known = {emoji.shortcode: emoji.url for emoji in emojis}

    def drawn(match: re.Match[str]) -> str:
        url = known.get(match[1] or "")
        return (
            f'<img class="emoji" src="{escape(url)}" alt=":{match[1]}:" title=":{match[1]}:" width="20" height="20">'
            if url
            else match[0]
        )

    return _TAG_OR_NAME.sub(drawn, html)


def cited(answer: str, read_ids: Sequence[int]) -> str:
    """An answer as safe HTML with its numbers as small boxes that lead to the posts it rests on; a number that names none stays a number."""
    return cited_in(escape(answer), dict(enumerate(read_ids, 1)))


def boxed(card: Card) -> str:
    """A post of the assistant in a list, as safe HTML: its numbers as boxes, without the lines of addresses that other programs need."""
    leads = {int(number): int(id_) for number, id_ in _LEADS.findall(card.text)}
    names = {card.author.username.lower(), *(name.lower() for _, name in card.mentions)}
    plain = text.html(_LEADS.sub("", card.text).strip(), names.__contains__)
    return cited_in(plain, leads)


def cited_in(html: str, leads: Mapping[int, int]) -> str:
    """Numbers in brackets as small boxes; those that `leads` knows lead to a post."""

    def box(match: re.Match[str]) -> str:
        number = int(match[1])
        shown = f'<span class="cite">{number}</span>'
        if number in leads:
            shown = f'<a class="cite" href="/posts/{leads[number]}" aria-label="Source {number}">{number}</a>'
        return f'<span class="cited">&nbsp;{shown}{match[2]}</span>'  # a box stays with its word and its full stop

    return _NUMBER.sub(box, html)


FILTERS = {
    "ago": ago, "left": left, "day": day, "minute": minute, "number": number, "plural": plural, "ordinal": ordinal, "changes": differences.words,
    "with_emojis": with_emojis, "cited": cited, "boxed": boxed,
}  # fmt: skip
