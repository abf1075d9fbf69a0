"""Cut the three typefaces to what an English page needs: about 41 kB in all instead of 140, so that a first page stays small.

Pages fall through to the full Latin files for any other letter (unicode-range in static/css/tokens.css says which).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

# in step with unicode-range in static/css/tokens.css
CORE = [
    *range(0x20, 0x7F),
    0xA0,
    0xA9,
    0xB0,
    0xB7,
    0xD7,
    0xE9,
    0x2009,
    0x202F,
    0x2013,
    0x2014,
    0x2018,
    0x2019,
    0x201C,
    0x201D,
    0x2022,
    0x2026,
    0x2192,
]
CUTS = {
    "hanken-core": ("hanken-grotesk/files/hanken-grotesk-latin-wght-normal.woff2", {"wght": (400, 700)}),
    "bricolage-core": ("bricolage-grotesque/files/bricolage-grotesque-latin-wght-normal.woff2", {"wght": 650}),
    "newsreader-core": ("newsreader/files/newsreader-latin-wght-italic.woff2", {"wght": 430}),
}


def cut(source: Path, target: Path, axes: Mapping[str, int | tuple[int, int]]) -> int:
    """Write one core font with the given axes pinned or narrowed; its size in bytes."""
    pinned = instancer.instantiateVariableFont(TTFont(source), dict(axes))
    pinned.flavor = None
    held = io.BytesIO()
    pinned.save(held)  # the subsetter needs a font whose variation tables were rewritten
    held.seek(0)
    font = TTFont(held)
    options = Options()
    options.layout_features = ["kern", "liga", "tnum", "lnum"]
    options.hinting = False
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=CORE)
    subsetter.subset(font)
    font.flavor = "woff2"
    font.save(target)
    return target.stat().st_size


def cut_all(modules: Path, fonts: Path) -> None:
    """Cut all three. `modules` is node_modules, `fonts` the folder served as /static/vendor/fonts."""
    for name, (source, axes) in CUTS.items():
        cut(modules / "@fontsource-variable" / source, fonts / f"{name}.woff2", axes)
