"""Until when, read out of words: "until Sunday", "for a week", "this weekend", "till Christmas", "for 3 days"."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

END = time(23, 59)
WHILE = timedelta(days=7)  # "for now", "for a while"
YEARS_MAX = 5
WEEKDAYS = [name.lower() for name in calendar.day_name]
MONTHS = [name.lower() for name in calendar.month_name]
NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "eleven": 11, "twelve": 12, "a few": 3, "a couple of": 2, "a couple": 2, "several": 4, "some": 3, "few": 3,
}  # fmt: skip
FEASTS = {
    "christmas eve": (12, 24), "christmas": (12, 25), "xmas": (12, 25), "new year's eve": (12, 31), "new years eve": (12, 31), "new year": (12, 31),
    "new year's": (12, 31), "new years": (12, 31), "halloween": (10, 31), "valentine's day": (2, 14), "spring": (3, 20), "summer": (6, 20),
    "autumn": (9, 21), "fall": (9, 21), "winter": (12, 20),
}  # fmt: skip
HOURS = {"minute": 1 / 60, "hour": 1, "day": 24, "night": 24, "week": 168, "fortnight": 336}
_DAYS = "|".join(f"{name}|{name[:3]}" for name in WEEKDAYS)
_MONTHS = "|".join(f"{name}|{name[:3]}" for name in MONTHS if name)
_NUMBER = r"\d{1,3}|" + "|".join(sorted(NUMBERS, key=len, reverse=True))
_AT = r"(?:,?\s+(?:at\s+)?(?P<hour>\d{1,2})(?:(?::(?P<minute>\d\d))\s*(?P<half>am|pm)?|\s*(?P<half2>am|pm)))?"
_TO = (
    r"(?P<relative>tomorrow|tonight|today|midnight)"
    r"|(?:the\s+)?end\s+of\s+(?:the\s+|this\s+)?(?P<end>day|week|month|year)"
    r"|next\s+(?P<next>week|month|year)"
    r"|(?:the\s+|this\s+|next\s+)?(?P<weekend>weekend)"
    r"|(?P<iso>\d{4}-\d{2}-\d{2})"
    rf"|(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th|\.)?\s+(?:of\s+)?(?P<month>{_MONTHS})\b(?:\s+(?P<year>\d{{4}}))?"
    rf"|(?P<month2>{_MONTHS})\s+(?:the\s+)?(?P<day2>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s+(?P<year2>\d{{4}}))?"
    r"|(?P<day3>\d{1,2})\.(?P<month3>\d{1,2})\.?(?P<year3>\d{4})?"
    r"|the\s+(?P<day4>\d{1,2})(?:st|nd|rd|th)"
    rf"|(?P<coming>next\s+)?(?:this\s+|the\s+)?(?P<weekday>{_DAYS})"
    rf"|(?P<feast>{'|'.join(sorted(FEASTS, key=len, reverse=True))})"
    rf"|(?P<month5>{_MONTHS})"
)
_UNTIL = re.compile(
    rf"\b(?:until|till|'?til|up\s+to|up\s+until|through|thru)\s+(?:further\s+notice(?P<open>)|(?:{_TO})\b\.?{_AT}"
    r"|(?P<clock>\d{1,2})(?::(?P<clock_minute>\d\d)\s*(?P<clock_half>am|pm)?|\s*(?P<clock_half2>am|pm)))\b",
    re.IGNORECASE,
)
_FOR = re.compile(
    rf"\b(?:for|in|over|during)\s+(?:the\s+)?(?:next\s+|coming\s+)?(?P<count>{_NUMBER})\s+(?P<unit>minute|hour|day|night|week|fortnight|month|year)s?\b"
    r"|\b(?:for|over|during|at|on)?\s*(?:this|the|the\s+next|the\s+coming)\s+(?P<these>weekend|week|month|year|evening|afternoon|morning)\b"
    r"|\b(?:for\s+)?(?P<today>today|tonight|the\s+day)\b"
    r"|\b(?P<while>for\s+now|for\s+a\s+while|for\s+the\s+moment|for\s+the\s+time\s+being|temporarily)\b"
    r"|\b(?P<open>forever|for\s+ever|for\s+good|permanently|from\s+now\s+on|always)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Span:
    """What was read: `until` (None: without an end), the words without it, and whether it stood before them."""

    until: datetime | None
    rest: str
    leads: bool


def read(words: str, now: datetime) -> Span | None:
    """The first span of time in a clause; None where there is none. An end that has passed or makes no date is none either."""
    for pattern, ends in ((_UNTIL, _to), (_FOR, _during)):
        for found in pattern.finditer(words):
            rest = " ".join(f"{words[: found.start()]} {words[found.end() :]}".split())
            leads = not words[: found.start()].strip(" ,:")
            if found["open"] is not None:
                return Span(None, rest, leads)
            try:
                until = ends(found, now)
            except (ValueError, OverflowError):
                continue
            if until and now < until <= now + timedelta(days=366 * YEARS_MAX):
                return Span(until, rest, leads)
    return None


def said(until: datetime, now: datetime) -> str:
    """An end as it is told: "until Sunday 29 November 23:59"."""
    until = until.astimezone(now.tzinfo)
    year = f" {until.year}" if until.year != now.year else ""
    return f"until {until:%A} {until.day} {until:%B}{year} {until:%H:%M}"


def _to(found: re.Match[str], now: datetime) -> datetime | None:
    if found["clock"]:
        at = datetime.combine(
            now.date(), _clock(found["clock"], found["clock_minute"], found["clock_half"] or found["clock_half2"]), now.tzinfo
        )
        return at if at > now else at + timedelta(days=1)
    day = _day(found, now.date())
    if day is None:
        return None
    at = _clock(found["hour"], found["minute"], found["half"] or found["half2"]) if found["hour"] else END
    return datetime.combine(day, at, now.tzinfo)


def _clock(hour: str, minute: str | None, half: str | None) -> time:
    number = int(hour)
    if half:
        number = number % 12 + (12 if half.lower() == "pm" else 0)
    return time(number, int(minute or 0))


def _day(found: re.Match[str], today: date) -> date | None:
    """Which day an "until …" names."""
    if relative := found["relative"]:
        return today + timedelta(days=relative.lower() == "tomorrow")
    if found["weekend"]:
        return _weekday(6, today, this_day=True)
    if what := found["end"]:
        return _end_of(what.lower(), today)
    if what := found["next"]:  # it has begun by then
        return _end_of(what.lower(), today)
    if found["iso"]:
        return date.fromisoformat(found["iso"])
    if name := found["weekday"]:
        number = next(place for place, full in enumerate(WEEKDAYS) if full.startswith(name.lower()))
        if found["coming"]:
            return today + timedelta(days=7 - today.weekday() + number)
        return _weekday(number, today)
    if feast := found["feast"]:
        return _yearly(*FEASTS[feast.lower()], today)
    if month := found["month5"]:
        first = _yearly(_month(month), 1, today)
        return first - timedelta(days=1)
    if day := found["day4"]:
        return _monthly(int(day), today)
    for number in ("", "2", "3"):
        if day := found[f"day{number}"]:
            month, year = _month(found[f"month{number}"]), found[f"year{number}"]
            return date(int(year), month, int(day)) if year else _yearly(month, int(day), today)
    return None


def _month(name: str) -> int:
    if name.isdigit():
        return int(name)
    return next(place for place, full in enumerate(MONTHS) if full and full.startswith(name.lower()))


def _weekday(number: int, today: date, *, this_day: bool = False) -> date:
    days = (number - today.weekday()) % 7
    return today + timedelta(days=days if days or this_day else 7)


def _yearly(month: int, day: int, today: date) -> date:
    this = date(today.year, month, day)
    return this if this >= today else date(today.year + 1, month, day)


def _monthly(day: int, today: date) -> date:
    this = today.replace(day=day)
    return this if this >= today else (today.replace(day=1) + timedelta(days=32)).replace(day=day)


def _end_of(what: str, today: date) -> date:
    if what == "week":
        return _weekday(6, today, this_day=True)
    if what == "month":
        return today.replace(day=calendar.monthrange(today.year, today.month)[1])
    return date(today.year, 12, 31) if what == "year" else today


def _during(found: re.Match[str], now: datetime) -> datetime | None:
    if count := found["count"]:
        number = int(count) if count.isdigit() else NUMBERS[" ".join(count.lower().split())]
        unit = found["unit"].lower()
        if unit in ("month", "year"):
            months = now.month - 1 + number * (12 if unit == "year" else 1)
            year, month = now.year + months // 12, months % 12 + 1
            return now.replace(
                year=year, month=month, day=min(now.day, calendar.monthrange(year, month)[1]), second=0, microsecond=0
            )
        return (now + timedelta(hours=HOURS[unit] * number)).replace(second=0, microsecond=0)
    if found["while"]:
        return (now + WHILE).replace(second=0, microsecond=0)
    if found["today"]:
        return datetime.combine(now.date(), END, now.tzinfo)
    what = found["these"].lower()
    day = _weekday(6, now.date(), this_day=True) if what == "weekend" else _end_of(what, now.date())
    hour = {"morning": time(12), "afternoon": time(18)}.get(what, END)
    return datetime.combine(day, hour, now.tzinfo)
