"""What others wrote, on its way into a model and out of it again: data, never instructions; and nothing leaves that was not in the sources."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

PIECE_LENGTH_MAX = 700
ANSWER_LENGTH_MAX = 40_000
ROUNDS_MAX = 6
# joiners between letters of some scripts, and what colours an emoji
_KEPT = frozenset("\n\t\u200c\u200d\ufe0f")
_LINK = re.compile(r"(?i)(?:(?:\b[a-z][a-z0-9+.-]{0,15})?://|\b(?:www\.|javascript:|data:|mailto:))[^\s<>\"')\]]*")
_ENDS = "com|org|net|io|dev|app|ai|co|me|info|xyz|top|link|site|ru|cn|de|fr|uk|nl|eu|ch|es|it|se|no|pl|jp|br|in|us|biz|online|shop|example"
_BARE = re.compile(  # a host without a scheme: of a known ending, or of any with a path behind it
    rf"(?i)(?<![\w@/.-])(?:\w[\w-]{{0,62}}\.)+(?:(?:{_ENDS})\b(?:[/:?][^\s<>\"')\]]*)?|[a-z]{{2,24}}[/?][^\s<>\"')\]]+)"
)
_ADDRESS = re.compile(r"@?[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_MARKED = re.compile(r"!?\[([^\]\n]{0,300})\]\(([^)\n]{0,1000})\)?")
_REFERENCE = re.compile(r"(?m)^[ \t>]{0,20}\[[^\]\n]{1,100}\]:[^\n]*$")
_TARGET = re.compile(r"(?<=\])\(([^)\n]{0,1000})\)?")  # what is left of a link whose label has brackets of its own
_HOST = re.compile(
    r"(?:(?<=[\s(<\"'])|^)(?:\\?/){2}[^\s<>\"')\]]+|&#?\w{1,12};"
)  # without a scheme; and letters written as entities
_TAG = re.compile(
    r"<[/!a-zA-Z][^>\n]*>?"
)  # to the end of its line where nothing closes it: cut in the middle, half an address would be left
_MENTION = re.compile(r"(?<![\w@])@(\w{1,30})(@[\w.-]{1,100})?")
_HASHTAG = re.compile(r"(?<!\w)#(?=\w)")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+")
_PATH = re.compile(r"(?<![\w/.])/[@\w][\w@-]*[/?][^\s<>\"')\]]*")  # an address of the house: more than one word, or a query


def seen(text: str, length_max: int = PIECE_LENGTH_MAX) -> str:
    """The characters that a reader sees: no controls, no invisible or direction-changing ones, no letters from the tag block."""
    kept = "".join(
        c
        for c in unicodedata.normalize("NFC", text)
        if c in _KEPT or unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cn", "Cs")
    )
    kept = re.sub(r"[\u200c\u200d\ufe0f]{2,}", "", kept)
    return kept if len(kept) <= length_max else kept[: length_max - 1].rstrip() + "…"


def data(pieces: Iterable[tuple[str, str]], length_max: int = PIECE_LENGTH_MAX) -> str:
    """(label, text) pairs as one block for a model, out of which no text can break: the signs of the block are taken from it."""
    lines = [f"[{plain(label, 80)}] {plain(text, length_max)}" for label, text in pieces]
    return "<data>\n" + "\n".join(lines) + "\n</data>"


def plain(text: str, length_max: int) -> str:
    """A text on one line, without the signs that delimit: ours, those of chat templates, and brackets that would look like our numbers."""
    flat = " ".join(seen(text, length_max).split())
    return flat.replace("<", "‹").replace(">", "›").replace("[", "(").replace("]", ")")


@dataclass(frozen=True, slots=True)
class Sources:
    """What an answer may lead to: addresses, and people by their user names (lower case)."""

    links: frozenset[str] = field(default_factory=frozenset[str])
    names: frozenset[str] = field(default_factory=frozenset[str])


def checked(answer: str, sources: Sources, *, markup: bool = True) -> str:
    """An answer without what was not in its sources: links, pictures, mentions; without HTML, and with `markup` False without tags of the house.

    Looked over until nothing changes: what is taken out of the middle may join what stood around it into something new."""
    kept = seen(answer, ANSWER_LENGTH_MAX)
    for _ in range(ROUNDS_MAX):
        looked = _looked_over(kept, sources, markup=markup)
        if looked == kept:
            return kept
        kept = looked
    return re.sub(r"[/@<>\[\]():.#]", " ", kept)  # somebody nests on purpose: nothing is left that could lead anywhere


def _looked_over(kept: str, sources: Sources, *, markup: bool) -> str:
    kept = _REFERENCE.sub("", kept)
    kept = _TAG.sub("", kept)
    kept = _MENTION.sub(lambda m: m[0] if not m[2] and m[1].lower() in sources.names else m[1], kept)
    kept = _MARKED.sub(lambda m: m[0] if not m[0].startswith("!") and _known(m[2], sources) else m[1], kept)
    kept = _TARGET.sub(lambda m: m[0] if _known(m[1], sources) else "", kept)
    for pattern in (_ADDRESS, _LINK, _HOST, _BARE, _PATH):
        kept = pattern.sub(lambda m: m[0] if _known(m[0], sources) else "", kept)
    return kept if markup else _HASHTAG.sub("", kept)


def _known(link: str, sources: Sources) -> bool:
    return link.strip().rstrip(".,;:!?") in sources.links


def repeats(text: str) -> int:
    """How many whole sentences of a text were said in it before."""
    said = [plain(sentence, 300).lower() for sentence in _SENTENCE.split(text)[:-1]]
    return sum(len(sentence) > 12 and sentence in said[:place] for place, sentence in enumerate(said))


def once(text: str) -> str:
    """A text without the sentences that it says again."""
    kept, said = list[str](), set[str]()
    for piece in re.split(r"(?<=[.!?…])(\s+)", text):
        plain = piece.strip().lower()
        if len(plain) > 12 and plain in said:
            continue
        said.add(plain)
        kept.append(piece)
    return "".join(kept).strip()


def links_of(text: str) -> frozenset[str]:
    """The links somebody wrote themselves."""
    return frozenset(m[0].rstrip(".,;:!?") for pattern in (_LINK, _BARE) for m in pattern.finditer(text))
