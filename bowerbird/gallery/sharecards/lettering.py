"""Setting words in the house's typefaces: what covers which letter, where lines end, what no font here can show."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from PIL import Image, ImageDraw

from bowerbird.gallery.sharecards import fonts
from bowerbird.gallery.sharecards.fonts import Role

LOST_MAX = 0.1  # of the letters: where more than that cannot be shown, none of the words are
_WIDE = re.compile("[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uff60\U00020000-\U0003ffff]")


@dataclass(frozen=True, slots=True)
class Style:
    """A typeface at a size (px) and weight."""

    role: Role
    size: int
    weight: int = 400

    @property
    def leading(self) -> int:
        """From one line to the next, px."""
        return round(self.size * (1.14 if self.role == "display" else 1.28))


def _clings(letter: str) -> bool:
    """Whether it belongs to the letter before it."""
    return unicodedata.combining(letter) != 0 or unicodedata.category(letter) in ("Mn", "Me", "Mc") or letter in "\u200d\u200c"


def shown(text: str, role: Role) -> str:
    """As much of a text as can be set, without emoji and such for which there is no letter; "" where it would be torn apart."""
    letters = [c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c) not in ("Cc", "Co", "Cn", "Cs")]
    kept: list[str] = []
    lost = spoken = 0
    for c in letters:
        spoken += c.isalpha()
        if c.isspace():
            kept.append(" ")
        elif (unicodedata.category(c) == "Cf" and c not in "\u200c\u200d") or 0x1F1E6 <= ord(c) <= 0x1FAFF or c == "\ufe0f":
            continue
        elif fonts.for_letter(c, role) or (_clings(c) and kept and kept[-1] != " "):
            kept.append(c)
        else:
            lost += c.isalpha()
    joined = re.sub(r"(?<=\s)[\u200c\u200d]+|[\u200c\u200d]+(?=\s|$)", "", "".join(kept))
    return "" if lost > spoken * LOST_MAX else " ".join(joined.split())


def is_rtl(text: str) -> bool:
    """Whether its first letter is of a script that runs from right to left."""
    return next(
        (unicodedata.bidirectional(c) in ("R", "AL") for c in text if unicodedata.bidirectional(c) in ("L", "R", "AL")), False
    )


@lru_cache(maxsize=4_000)
def _runs(line: str, role: Role) -> tuple[tuple[str, str], ...]:
    """(font, letters) along a line. A line with letters that run from right to left is one run, so that its order is worked out whole."""
    fallback = (fonts.own(role) or fonts.system() or ("",))[0]
    if any(unicodedata.bidirectional(c) in ("R", "AL") for c in line):
        needed = {ord(c) for c in line if not c.isspace() and not _clings(c)}
        whole = next((path for path in (*fonts.own(role), *fonts.system()) if needed <= fonts.covered(path)), "")
        if whole:
            return ((whole, line),)
    runs: list[tuple[str, str]] = []
    for c in line:
        path = runs[-1][0] if runs and (c == " " or _clings(c)) else fonts.for_letter(c, role) or fallback
        if runs and runs[-1][0] == path:
            runs[-1] = (path, runs[-1][1] + c)
        else:
            runs.append((path, c))
    return tuple(runs)


def width(line: str, style: Style) -> float:
    """How wide a line is, px."""
    return sum(fonts.sized(path, style.size, style.weight).getlength(part) for path, part in _runs(line, style.role) if path)


def draw(canvas: Image.Image, at: tuple[float, float], line: str, style: Style, colour: str) -> None:
    """Set a line from its left end, on the baseline at `at[1]`."""
    pen, x = ImageDraw.Draw(canvas), at[0]
    rtl = is_rtl(line)
    for path, part in _runs(line, style.role):
        if not path:
            continue
        font = fonts.sized(path, style.size, style.weight)
        pen.text((x, at[1]), part, fill=colour, font=font, anchor="ls", direction="rtl" if rtl else None)
        x += font.getlength(part)


def _pieces(text: str) -> Iterable[str]:
    """Where a line may end: after a space, and between the signs of scripts without any."""
    for word in text.split(" "):
        start = 0
        for found in _WIDE.finditer(word):
            if found.start() > start:
                yield word[start : found.start()]
            yield found[0]
            start = found.end()
        yield word[start:] + " "


def lines(text: str, style: Style, width_max: float, lines_max: int) -> tuple[list[str], bool]:
    """(the text in lines, whether all of it fits). What does not ends in an ellipsis."""
    done: list[str] = []
    line = ""
    for piece in _pieces(text):
        rest = piece
        while rest:
            if width((line + rest).rstrip(), style) <= width_max:
                line += rest
                break
            if line.strip():
                done.append(line.rstrip())
                line = ""
            else:  # a word longer than a line
                fits = max(1, bisect_right(range(len(rest)), width_max, key=lambda n: width(rest[:n], style)) - 1)
                done.append(rest[:fits])
                rest = rest[fits:]
            if len(done) > lines_max:
                break
        if len(done) > lines_max:
            break
    done += [line.rstrip()] if line.strip() else []
    if len(done) <= lines_max:
        return done, True
    last = done[lines_max - 1]
    while last and width(last + "…", style) > width_max:
        last = last[:-1].rstrip()
    return [*done[: lines_max - 1], last.rstrip(" ,.;:–—-") + "…"], False


def fitted(text: str, role: Role, weight: int, box: tuple[float, float], sizes: Sequence[int]) -> tuple[list[str], Style]:
    """A text in the largest of `sizes` in which all of it fits into a box (px); in the smallest, as much as fits."""
    style, done = Style(role, sizes[-1], weight), list[str]()
    for size in sizes:
        style = Style(role, size, weight)
        done, whole = lines(text, style, box[0], max(1, int(box[1] // style.leading)))
        if whole and max((width(word, style) for word in text.split()), default=0) <= box[0]:
            break
    return done, style
