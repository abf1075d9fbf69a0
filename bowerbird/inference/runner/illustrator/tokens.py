"""Prompts as people type them, made into bounded, lower-case words; plural and inflected forms back to the plain word."""

from __future__ import annotations

import re
import unicodedata

PROMPT_LENGTH_MAX = 600
TOKENS_MAX = 160
BREAK = ","  # every mark of punctuation that separates becomes this one

_TAG = re.compile(r"<[^<>]{0,200}>")
_WORD = re.compile(r"[^\W_]+(?:[-'’][^\W_]+)*|[,.;:!?()\[\]/|\n+&—–]|[^\w\s]", re.UNICODE)
_BREAKS = set(",.;:!?()[]/|\n—–")
_COLOURED = re.compile(r"^(.+)-colou?red$")
_IRREGULAR = {
    "mice": "mouse", "geese": "goose", "men": "man", "women": "woman", "children": "child", "people": "person", "wolves": "wolf",
    "leaves": "leaf", "feet": "foot", "teeth": "tooth", "cacti": "cactus", "octopi": "octopus", "fungi": "fungus", "oxen": "ox",
    "knives": "knife", "loaves": "loaf", "elves": "elf", "calves": "calf", "dwarves": "dwarf", "shelves": "shelf", "daisies": "daisy",
    "puppies": "puppy", "snowmen": "snowman", "hippos": "hippo", "rhinos": "rhino", "scarves": "scarf", "dice": "dice", "lice": "louse",
    "firemen": "fireman", "mermen": "merman", "potatoes": "potato", "tomatoes": "tomato", "volcanoes": "volcano", "heroes": "hero",
    "pixies": "pixie", "movies": "movie", "cookies": "cookie", "selfies": "selfie", "zombies": "zombie", "genies": "genie",
    "magpies": "magpie", "pies": "pie", "ties": "tie",
}  # fmt: skip
SAME_IN_PLURAL = {"sheep", "fish", "deer", "moose", "bison", "salmon", "trout", "shrimp", "squid", "koi", "carp", "swine"}
_IRREGULAR_PLURALS = {
    "mouse": "mice", "goose": "geese", "man": "men", "woman": "women", "child": "children", "person": "people", "wolf": "wolves",
    "leaf": "leaves",
}  # fmt: skip
_NEVER_PLURAL = {"glasses", "scissors", "jeans", "grass", "glass", "dress", "cactus", "octopus", "bus", "compass", "cross", "lotus",
                 "walrus", "hippopotamus", "platypus", "princess", "iris", "bass", "abacus", "chess", "circus", "moss"}  # fmt: skip


def clean(prompt: str) -> tuple[str, bool]:
    """(bounded plain text, whether some was cut off). Control characters and markup fall away, letters are normalised."""
    text = unicodedata.normalize("NFKC", prompt[: PROMPT_LENGTH_MAX * 4])
    text = _TAG.sub(" ", text)
    text = "".join(
        " " if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn") and letter != "\n" else letter for letter in text
    )
    text = text.replace("’", "'").replace("\ufe0f", "").strip()
    if len(text) <= PROMPT_LENGTH_MAX:
        return text, len(prompt) > PROMPT_LENGTH_MAX * 4
    return text[:PROMPT_LENGTH_MAX].rsplit(" ", 1)[0], True


def tokens(text: str) -> list[str]:
    """Lower-case words and emoji in order, punctuation as BREAK; at most TOKENS_MAX."""
    out: list[str] = []
    for word in _WORD.findall(text.lower()):
        if word in _BREAKS:
            out.append(BREAK)
        elif coloured := _COLOURED.match(word):
            out.append(coloured.group(1))
        elif len(word) <= 40:
            out.append(word.removesuffix("'s"))
    return out[:TOKENS_MAX]


def singular(word: str) -> str | None:
    """The singular of an English plural; None for a word that is not one. "foxes" → "fox", "sheep" → None."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or not word.endswith("s") or word.endswith(("ss", "us", "is")) or word in _NEVER_PLURAL:
        return None
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zes", "uses")) and not word.endswith(
        ("ouses", "auses")
    ):  # lighthouses, causes
        return word[:-2]
    return word[:-1]


def plural(name: str) -> str:
    """The English plural of a thing's name, well enough for a sentence: "red fox" → "red foxes", "cup of tea" → "cups of tea"."""
    thing, of, rest = name.partition(" of ")
    before, space, word = thing.rpartition(" ")
    return before + space + _plural(word) + of + rest


def _plural(word: str) -> str:
    if word in SAME_IN_PLURAL or word.endswith("fish") or (word.endswith("s") and singular(word)):
        return word
    if word in _IRREGULAR_PLURALS:
        return _IRREGULAR_PLURALS[word]
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + ("es" if word.endswith(("x", "ch", "sh", "s", "z")) else "s")


def article(name: str) -> str:
    """ "an" before a vowel as it is spoken ("a unicorn"), else "a"."""
    return "an" if name[:1].lower() in tuple("aeiou") and not name.startswith(("uf", "un")) else "a"


def is_cjk(word: str) -> bool:
    """Whether the word is written without spaces, in Han characters or kana."""
    return any("\u3040" <= letter <= "\u30ff" or "\u4e00" <= letter <= "\u9fff" for letter in word)
