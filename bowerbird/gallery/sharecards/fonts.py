"""Which font file shows which letter: the house's own typefaces first, then what the system has for other scripts."""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from pathlib import Path
from typing import Literal

from fontTools.ttLib import TTFont, TTLibError
from PIL import ImageFont

from bowerbird.core.assets import built_dir

Role = Literal["display", "sans", "prompt"]
FILES: dict[Role, tuple[str, ...]] = {
    "display": ("bricolage-grotesque-latin-wght-normal", "bricolage-grotesque-latin-ext-wght-normal"),
    "sans": ("hanken-grotesk-latin-wght-normal", "hanken-grotesk-latin-ext-wght-normal"),
    "prompt": ("newsreader-latin-wght-italic", "newsreader-latin-ext-wght-italic"),
}
# where a system keeps its fonts, for scripts that the house's own do not have
_HOME = Path.home()
_PLACES: dict[str, tuple[Path, ...]] = {
    "linux": (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), _HOME / ".local/share/fonts", _HOME / ".fonts"),
    "darwin": (Path("/System/Library/Fonts"), Path("/Library/Fonts"), _HOME / "Library/Fonts"),
}
_PLAIN = re.compile(r"(?i)noto.?sans|dejavu.?sans|arial|unicode|cjk|sc|jp|kr|tc|gothic|hei|pingfang|hiragino|apple")
_FANCY = re.compile(r"(?i)bold|italic|oblique|light|thin|black|condensed|mono|serif|narrow|color|emoji|symbol|medium")
SYSTEM_FONTS_MAX = 80


@lru_cache(maxsize=256)
def sized(path: str, size: int, weight: int) -> ImageFont.FreeTypeFont:
    """A font file at a size (px) and, where it has several, a weight."""
    found = ImageFont.truetype(path, size)
    try:
        if found.get_variation_axes():
            found.set_variation_by_axes([weight])
    except OSError:  # no variable font
        pass
    return found


@lru_cache(maxsize=SYSTEM_FONTS_MAX + 8)
def covered(path: str) -> frozenset[int]:
    """What a font file can show."""
    try:
        with TTFont(path, fontNumber=0, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except (OSError, TTLibError, KeyError, AssertionError):
        return frozenset()


@lru_cache(maxsize=1)
def system() -> tuple[str, ...]:
    """The system's plain fonts, those meant for many scripts first."""
    found = [
        path for place in _PLACES.get(sys.platform, ()) if place.is_dir() for path in sorted(place.rglob("*"))
        if path.suffix.lower() in (".ttf", ".otf", ".ttc") and not _FANCY.search(path.stem)
    ]  # fmt: skip
    return tuple(str(path) for path in sorted(found, key=lambda path: not _PLAIN.search(path.stem))[:SYSTEM_FONTS_MAX])


@lru_cache(maxsize=8)
def own(role: Role) -> tuple[str, ...]:
    """The house's own files for a typeface, and for letters it lacks those of the sans."""
    folder = built_dir() / "static" / "fonts"
    names = (*FILES[role], *(FILES["sans"] if role != "sans" else ()))
    return tuple(str(path) for name in names if (path := folder / f"{name}.woff2").is_file())


@lru_cache(maxsize=8_000)
def for_letter(letter: str, role: Role) -> str:
    """The font that shows a letter, "" where none does."""
    return next((path for path in (*own(role), *system()) if ord(letter) in covered(path)), "")
