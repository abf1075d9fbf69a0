"""The observer of exact words: lists of what is surely meant, read through leetspeak, look-alike letters and letters set apart."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LISTS = Path(__file__).with_name("words.toml")
TEXT_LENGTH_MAX = 4_000
AGE_ADULT = 18
# letters of other alphabets that look like ours (a part of Unicode's confusables, TR 39)
ALIKE = str.maketrans("аеорсухіјѕһԁԛԝӏкмтнвαενορτυικχɡɑıłøđп", "aeopcyxijshdqwlkmthbaevoptuikxgailodn")
LEET = str.maketrans("013457@$!|€+", "oieastasiiet")
ZERO_WIDTH = re.compile(r"[\u00ad\u200b-\u200f\u2060\ufeff\ufe00-\ufe0f]")
SPACED = re.compile(r"\b(?:[a-z] ){2,}[a-z]\b")
AGE = re.compile(r"\b(\d{1,2})[ -]*(?:(?:years?|yrs?)?[ -]*old|yo|y/o|years? of age|jahre)\b|\baged? (?:of )?(\d{1,2})\b")
UNDER_AGE = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
NUMBERS = {word: number for number, word in enumerate(UNDER_AGE.split(" "), 1)}
AGE_IN_WORDS = re.compile(
    rf"\b({'|'.join(NUMBERS)})[ -]*(?:years?[ -]*old|year[ -]olds?)\b|\baged? (?:of )?({'|'.join(NUMBERS)})\b"
)


@dataclass(frozen=True, slots=True)
class WordList:
    """Phrases, and those that take a hit away."""

    hits: re.Pattern[str]
    unless: re.Pattern[str] | None


def plain(text: str) -> str:
    """Lower case, compatibility forms resolved, accents off, look-alikes made Latin, nothing invisible, one space at a time."""
    text = unicodedata.normalize("NFKD", ZERO_WIDTH.sub("", text[:TEXT_LENGTH_MAX])).lower()
    text = "".join(letter for letter in text if not unicodedata.combining(letter)).translate(ALIKE)
    return re.sub(r"[^\w@$!|+/]+", " ", text).strip()


def forms(text: str) -> list[str]:
    """The same text as it may have been meant: as it is, with digits read as letters, with letters that were set apart joined."""
    found: list[str] = []
    for first in (plain(text), plain(ZERO_WIDTH.sub(" ", text[:TEXT_LENGTH_MAX]))):
        for read in (first, re.sub(r"[^\w ]", "", _unleet(first))):
            found += [read, _joined(read, 0), _joined(read, 1)]
    return list(dict.fromkeys(found))


def _unleet(text: str) -> str:
    """Digits and signs inside words as letters; what is a number stays one."""
    return " ".join(word if word.isdigit() else word.translate(LEET) for word in text.split(" "))


def _joined(text: str, start: int) -> str:
    """Letters that stand apart as one word, all of them or without the first, which may have been an "a"."""
    return SPACED.sub(lambda found: found[0][: 2 * start] + found[0][2 * start :].replace(" ", ""), text)


@cache
def lists() -> dict[str, WordList]:
    """All lists by name."""
    written = tomllib.loads(LISTS.read_text("utf-8"))
    return {
        name: WordList(_pattern(said["words"]), _pattern(said["unless"]) if said["unless"] else None)
        for name, said in written.items()
        if isinstance(said, dict)
    }


def found(text: str) -> dict[str, float]:
    """1.0 for each list that has a word in the text; "minor" also for an age below 18."""
    read = forms(text)
    hits = {name for name, words in lists().items() if any(_hit(words, one) for one in read)}
    if _age(read[0]) < AGE_ADULT:
        hits.add("minor")
    return dict.fromkeys(sorted(hits), 1.0)


def _hit(words: WordList, text: str) -> bool:
    rest = words.unless.sub(" ", text) if words.unless else text
    return words.hits.search(rest) is not None


def _age(text: str) -> int:
    """The lowest age that is said, AGE_ADULT where none is."""
    ages = [int(one or other) for one, other in AGE.findall(text)]
    ages += [NUMBERS[one or other] for one, other in AGE_IN_WORDS.findall(text)]
    return min([*ages, AGE_ADULT])


def _pattern(phrases: list[str]) -> re.Pattern[str]:
    either = "|".join(re.escape(phrase).replace(r"\*", r"\w*") for phrase in phrases)
    return re.compile(rf"\b(?:{either})\b")
