"""Words into items: closed-class phrases and nouns of the index, always the longest that fits."""

from __future__ import annotations

from dataclasses import dataclass

from bowerbird.inference.runner.illustrator import drawings, languages, lexicon, tokens
from bowerbird.inference.runner.illustrator.words import table

PHRASE_WORDS_MAX = 6
_CJK: dict[str, str] = dict(pair.split("=") for pair in table("languages")["cjk"]["small"].split())


@dataclass(frozen=True, slots=True)
class Item:
    """A piece of the prompt. `kind` is lexicon.Kind, or noun, word (unknown) or break; `concept` is set for nouns."""

    kind: str
    value: str
    text: str
    concept: int | None = None
    plural: bool = False
    also_noun: int | None = None  # for a closed-class word that is a drawing's name too: "orange", "pencil"


@dataclass(frozen=True, slots=True)
class Lexed:
    """The items and the language of the small words (None: English)."""

    items: list[Item]
    language: str | None


def lex(text: str) -> Lexed:
    """The items of a cleaned prompt, in order."""
    words = [part for word in tokens.tokens(text) for part in _cut(word)]
    foreign = {language: set(names) for language, names in _known_foreign(words).items()}
    language = languages.detect(words, foreign)
    if language is not None:
        words = languages.translate(words, language)
    reach = language or ("*" if len(words) <= 3 else None)
    items: list[Item] = []
    at = 0
    while at < len(words):
        item, used = _item(words, at, reach)
        items.append(item)
        at += used
    return Lexed(items, language)


def noun(phrase: str, language: str | None, *, number_said: bool = False) -> tuple[int, bool] | None:
    """(concept, whether plural) of a phrase by its name; None for a phrase that names nothing of ours."""
    phrase = phrase.replace("-", " ") if drawings.named(phrase, language) is None else phrase
    head, _, last = phrase.rpartition(" ")
    prefix = f"{head} " if head else ""
    whole = drawings.named(phrase, language)
    whole_is_name = whole is not None and drawings.index().file.concepts[whole].name.lower() == phrase
    single = tokens.singular(last)
    if single is not None:
        one = drawings.named(prefix + single, language)
        if one is not None and (not whole_is_name or number_said):
            return one, True
    if whole is not None:
        return whole, last in tokens.SAME_IN_PLURAL and number_said
    if language is None or language == "*" or len(last) < 5:
        return None
    for form in (last[:-1], last[:-2], last[:-1] + "o", last[:-1] + "a", last[:-1] + "e"):
        if len(form) >= 3 and (at := drawings.index().file.foreign.get(language, {}).get(prefix + form)) is not None:
            return at, True
    return None


def _item(words: list[str], at: int, language: str | None) -> tuple[Item, int]:
    word = words[at]
    if word == tokens.BREAK:
        return Item("break", ",", ","), 1
    phrases = lexicon.phrases()
    closed, closed_used = None, 0
    for used in range(min(PHRASE_WORDS_MAX, len(words) - at), 0, -1):
        if entry := phrases.get(tuple(words[at : at + used])):
            closed, closed_used = entry, used
            break
    named, named_used = None, 0
    for used in range(min(drawings.index().phrase_words_max, len(words) - at), 0, -1):
        part = words[at : at + used]
        coloured = used > 1 and part[0] in lexicon.COLOURS and noun(" ".join(part[1:]), language) is not None
        if tokens.BREAK not in part and not coloured and (hit := noun(" ".join(part), language)) is not None:
            named, named_used = hit, used
            break
    if closed is not None and closed_used >= named_used:
        text = " ".join(words[at : at + closed_used])
        both = named[0] if named is not None and named_used == closed_used else None
        return Item(closed.kind, closed.value, text, also_noun=both, plural=bool(named and named[1])), closed_used
    if named is not None:
        return Item("noun", " ".join(words[at : at + named_used]), " ".join(words[at : at + named_used]), *named), named_used
    if word.isdigit():
        return Item("number", word if len(word) < 4 else "999", word), 1
    return Item("word" if any(letter.isalpha() for letter in word) else "noise", word, word), 1


def _cut(word: str) -> list[str]:
    """Han and kana runs cut by the longest known name; every other word as it is."""
    if not tokens.is_cjk(word):
        return [word]
    out: list[str] = []
    at = 0
    while at < len(word):
        for end in range(min(len(word), at + 8), at, -1):
            part = word[at:end]
            if part in _CJK:
                out += _CJK[part].split("_")
                break
            if _cjk_named(part):
                out.append(part)
                break
        else:
            end = at + 1
        at = end
    return out or [word]


def _cjk_named(part: str) -> bool:
    foreign = drawings.index().file.foreign
    return part in foreign.get("ja", {}) or part in foreign.get("zh", {})


def _known_foreign(words: list[str]) -> dict[str, list[str]]:
    """language → those of the words that only that language knows as a name."""
    file = drawings.index().file
    strange = [word for word in words if word not in file.words and (word,) not in lexicon.phrases()]
    return {language: [word for word in strange if word in table] for language, table in file.foreign.items()}
