"""Drawing a share card: art on one side or above, words in the house's own type, who made it, what it came from."""

from __future__ import annotations

import io
from collections.abc import Mapping

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from bowerbird.gallery.sharecards import lettering
from bowerbird.gallery.sharecards.facts import Art, Sheet
from bowerbird.gallery.sharecards.lettering import Style
from bowerbird.gallery.sharecards.shapes import TWIG, arch, mark, rounded

WIDTH, HEIGHT = 1200, 630
EDGE = 64
WALL, SHEET, LINE = "#f8f9fc", "#ffffff", "#dadee6"
INK, INK_2, INK_3 = "#151c30", "#3f475b", "#5a6275"
SATIN, SATIN_WASH, STRAW_WASH, STRAW_INK = "#2942c2", "#e9f0ff", "#fdf3db", "#735117"
SIDE_MIN, SIDE_MAX = 430, 690
BAND = 384  # how high a broad picture stands, px
BROAD = 1.9  # wider than this stands above the words, not beside them
GAP = 6
HAZE_PX = 18  # what is sensitive is shrunk to this many pixels first: nothing of it can be made out
UNREADABLE = "Open the post to read it: this card has no letters for its script."
Box = tuple[int, int, int, int]


def draw(sheet: Sheet, files: Mapping[str, bytes]) -> bytes:
    """The card as a JPEG. `files`: the pictures' bytes by hash; what is missing is its tone."""
    canvas = Image.new("RGB", (WIDTH, HEIGHT), WALL)
    if not sheet.art:
        _words(canvas, sheet, files)
    elif len(sheet.art) == 1 and _is_broad(sheet.art[0]):
        _above(canvas, sheet, files)
    else:
        _beside(canvas, sheet, files)
    held = io.BytesIO()
    canvas.save(held, "JPEG", quality=90, subsampling=0, optimize=True, progressive=True)
    return held.getvalue()


def _is_broad(art: Art) -> bool:
    return art.width >= art.height * BROAD


def _words(canvas: Image.Image, sheet: Sheet, files: Mapping[str, bytes]) -> None:
    """Words alone, as large as they fit, before a large, faint bower."""
    great = mark(560).copy()
    strength = 0.13 if len(sheet.text) <= 140 else 0.06  # paler where words stand upon it
    great.putalpha(great.getchannel("A").point([round(a * strength) for a in range(256)]))
    canvas.paste(great, (WIDTH - 470, HEIGHT - 500), great)
    _brand(canvas, sheet, (EDGE, 56))
    if sheet.badge:
        _pill(canvas, sheet.badge, (WIDTH - EDGE, 50), SATIN, "#ffffff", berry=True)
    top, bottom = 132, HEIGHT - 164
    if sheet.quoted_name:
        _quotation(canvas, sheet, (EDGE, bottom - 132, WIDTH - EDGE, bottom))
        bottom -= 156
    _text(canvas, sheet, (EDGE, top, WIDTH - EDGE - 40, bottom), (76, 68, 60, 52, 46, 40, 36))
    _author(canvas, sheet, files, (EDGE, HEIGHT - 128), WIDTH - 2 * EDGE)


def _beside(canvas: Image.Image, sheet: Sheet, files: Mapping[str, bytes]) -> None:
    """Tall and square pictures, and several: art to the right edge, words on the left."""
    art, first = sheet.art, sheet.art[0]
    side = HEIGHT if len(art) > 1 else max(SIDE_MIN, min(SIDE_MAX, round(HEIGHT * first.width / first.height)))
    left = WIDTH - side
    for one, box in zip(art, _places(len(art), (left, 0, WIDTH, HEIGHT)), strict=False):
        canvas.paste(_cropped(one, files, box, hazy=sheet.hidden), box[:2])
    _labels(canvas, sheet, (left + 24, HEIGHT - 24))
    _brand(canvas, sheet, (EDGE, 56))
    bottom = HEIGHT - 164
    room = left - EDGE - 48
    if sheet.lineage:
        bottom -= _credit(canvas, sheet.lineage, (EDGE, bottom), room)
    if sheet.badge:
        _pill(canvas, sheet.badge, (EDGE, 116), SATIN, "#ffffff", berry=True, right=False)
    _text(canvas, sheet, (EDGE, 178 if sheet.badge else 128, EDGE + room, bottom), (60, 54, 48, 42, 36, 32))
    _author(canvas, sheet, files, (EDGE, HEIGHT - 128), room)


def _above(canvas: Image.Image, sheet: Sheet, files: Mapping[str, bytes]) -> None:
    """A broad picture over the whole width, words and maker beneath."""
    box = (0, 0, WIDTH, BAND)
    canvas.paste(_cropped(sheet.art[0], files, box, hazy=sheet.hidden), (0, 0))
    _labels(canvas, sheet, (EDGE, BAND - 24))
    if sheet.badge:
        _pill(canvas, sheet.badge, (WIDTH - EDGE, 32), SATIN, "#ffffff", berry=True)
    _brand(canvas, sheet, (WIDTH - EDGE, HEIGHT - 78), right=True)
    bottom = HEIGHT - 122
    if sheet.lineage:
        words = lettering.shown(sheet.lineage, "sans")
        style = Style("sans", 24, 500)
        width = lettering.width(words, style) + 44
        _straw(canvas, words, (round(WIDTH - EDGE - width), BAND + 22), style)
        _text(canvas, sheet, (EDGE, BAND + 8, round(WIDTH - EDGE - width - 32), bottom), (46, 40, 36, 32))
    else:
        _text(canvas, sheet, (EDGE, BAND + 8, WIDTH - EDGE, bottom), (50, 44, 38, 34))
    _author(canvas, sheet, files, (EDGE, HEIGHT - 106), WIDTH - 2 * EDGE - 280)


def _places(count: int, box: Box) -> list[Box]:
    """Where several pictures stand in a square."""
    x0, y0, x1, y1 = box
    x, y = (x0 + x1) // 2, (y0 + y1) // 2
    half = GAP // 2
    if count == 1:
        return [box]
    if count == 2:
        return [(x0, y0, x - half, y1), (x + half, y0, x1, y1)]
    if count == 3:
        return [(x0, y0, x - half, y1), (x + half, y0, x1, y - half), (x + half, y + half, x1, y1)]
    return [
        (x0, y0, x - half, y - half), (x + half, y0, x1, y - half),
        (x0, y + half, x - half, y1), (x + half, y + half, x1, y1),
    ]  # fmt: skip


def _cropped(art: Art, files: Mapping[str, bytes], box: Box, *, hazy: bool) -> Image.Image:
    size = (box[2] - box[0], box[3] - box[1])
    opened = _opened(files.get(art.hash, b""))
    if opened is None:
        return Image.new("RGB", size, art.tone if art.tone.startswith("#") else LINE)
    centre = (min(1.0, max(0.0, (art.focus[0] + 1) / 2)), min(1.0, max(0.0, (1 - art.focus[1]) / 2)))
    found = ImageOps.fit(opened, size, Image.Resampling.LANCZOS, centering=centre)
    if not hazy:
        return found
    small = found.resize((HAZE_PX, max(1, HAZE_PX * size[1] // size[0])), Image.Resampling.BOX)
    return small.resize(size, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(24))


def _opened(data: bytes) -> Image.Image | None:
    try:
        with Image.open(io.BytesIO(data)) as found:
            return found.convert("RGB")
    except (OSError, ValueError):
        return None


def _text(canvas: Image.Image, sheet: Sheet, box: Box, sizes: tuple[int, ...]) -> None:
    """The words, in the middle of their box; what runs from right to left stands on the right."""
    role = "prompt" if sheet.spoken else "display" if len(sheet.text) <= 140 else "sans"
    words = lettering.shown(sheet.text, role)
    if sheet.text and not words:
        # a face of emoji alone needs no excuse; letters that cannot be set do
        words = UNREADABLE if any(c.isalpha() for c in sheet.text) else ""
    if not words:
        return
    if sheet.spoken:
        words = f"“{words}”"
    weight = {"prompt": 430, "display": 640, "sans": 520}[role]
    done, style = lettering.fitted(words, role, weight, (box[2] - box[0], box[3] - box[1]), sizes)
    y = (box[1] + box[3] - len(done) * style.leading) / 2 + style.size * 0.92
    rtl = lettering.is_rtl(words)
    for line in done:
        x = box[2] - lettering.width(line, style) if rtl else box[0]
        lettering.draw(canvas, (x, y), line, style, INK)
        y += style.leading


def _one_line(words: str, style: Style, width_max: float) -> str:
    return (lettering.lines(words, style, width_max, 1)[0] or [""])[0]


def _author(canvas: Image.Image, sheet: Sheet, files: Mapping[str, bytes], at: tuple[int, int], room: int) -> None:
    size = 72
    face = _opened(files.get(sheet.avatar, b"")) if sheet.avatar else None
    name = lettering.shown(sheet.name, "display") or sheet.username
    if face is None:
        face = Image.new("RGB", (size, size), SATIN_WASH)
        initial = Style("display", 38, 640)
        first = name[:1].upper()
        lettering.draw(face, ((size - lettering.width(first, initial)) / 2, 50), first, initial, SATIN)
    face = ImageOps.fit(face, (size, size), Image.Resampling.LANCZOS)
    canvas.paste(face, at, arch(size))
    title, handle = Style("display", 32, 640), Style("sans", 25, 450)
    x = at[0] + size + 20
    lettering.draw(canvas, (x, at[1] + 31), _one_line(name, title, room - size - 20), title, INK)
    lettering.draw(canvas, (x, at[1] + 64), _one_line(f"@{sheet.username}", handle, room - size - 20), handle, INK_3)


def _brand(canvas: Image.Image, sheet: Sheet, at: tuple[int, int], *, right: bool = False) -> None:
    style = Style("display", 27, 640)
    words = _one_line(lettering.shown(sheet.house, "display") or "Bowerbird", style, 320)
    small = mark(38)
    x = round(at[0] - lettering.width(words, style) - 48) if right else at[0]
    canvas.paste(small, (x, at[1] - 4), small)
    lettering.draw(canvas, (x + 48, at[1] + 26), words, style, INK_2)


def _labels(canvas: Image.Image, sheet: Sheet, at: tuple[int, int]) -> None:
    """Over the art, from its lower left corner: that it is made with AI, that it is hidden."""
    said = (["Sensitive: open to see"] if sheet.hidden else []) + (["AI-made"] if sheet.ai else [])
    x = at[0]
    for words in said:
        x += _pill(canvas, words, (x, at[1] - 46), "#151c30", "#ffffff", right=False, veil=0.78) + 12


def _pill(
    canvas: Image.Image,
    words: str,
    at: tuple[int, int],
    ground: str,
    ink: str,
    *,
    berry: bool = False,
    right: bool = True,
    veil: float = 1.0,
) -> int:
    """A label; its width, px. `at`: its upper right corner, or upper left."""
    style = Style("sans", 24, 600)
    words = _one_line(lettering.shown(words, "sans"), style, 520)
    dot = 26 if berry else 0
    size = (round(lettering.width(words, style)) + 40 + dot, 46)
    shape = rounded(size, 23)
    x = at[0] - size[0] if right else at[0]
    if veil < 1:
        shape = shape.point([round(a * veil) for a in range(256)])
    canvas.paste(Image.new("RGB", size, ground), (x, at[1]), shape)
    if berry:
        spot = rounded((14, 14), 7)
        canvas.paste(Image.new("RGB", (14, 14), ink), (x + 20, at[1] + 16), spot)
    lettering.draw(canvas, (x + 20 + dot, at[1] + 32), words, style, ink)
    return size[0]


def _credit(canvas: Image.Image, lineage: str, at: tuple[int, int], room: int) -> int:
    """Where a picture came from, above a line; how high it is, px."""
    style = Style("sans", 24, 500)
    words = _one_line(lettering.shown(lineage, "sans"), style, room - 44)
    _straw(canvas, words, (at[0], at[1] - 48), style)
    return 68


def _straw(canvas: Image.Image, words: str, at: tuple[int, int], style: Style) -> None:
    size = (round(lettering.width(words, style)) + 44, 46)
    canvas.paste(Image.new("RGB", size, STRAW_WASH), at, rounded(size, 12))
    ImageDraw.Draw(canvas).rounded_rectangle((at[0], at[1] + 8, at[0] + 4, at[1] + 37), 2, fill=TWIG)
    lettering.draw(canvas, (at[0] + 22, at[1] + 32), words, style, STRAW_INK)


def _quotation(canvas: Image.Image, sheet: Sheet, box: Box) -> None:
    """What is quoted: whose it is and how it begins."""
    size = (box[2] - box[0], box[3] - box[1])
    canvas.paste(Image.new("RGB", size, LINE), box[:2], rounded(size, 20))
    inner = (size[0] - 4, size[1] - 4)
    canvas.paste(Image.new("RGB", inner, SHEET), (box[0] + 2, box[1] + 2), rounded(inner, 18))
    name, words = Style("display", 24, 640), Style("sans", 25, 430)
    said = lettering.shown(sheet.quoted, "sans") or "A post"
    lettering.draw(
        canvas,
        (box[0] + 28, box[1] + 40),
        _one_line(lettering.shown(sheet.quoted_name, "display"), name, size[0] - 56),
        name,
        INK_2,
    )
    for place, line in enumerate(lettering.lines(said, words, size[0] - 56, 2)[0]):
        x = box[2] - 28 - lettering.width(line, words) if lettering.is_rtl(said) else box[0] + 28
        lettering.draw(canvas, (x, box[1] + 76 + place * words.leading), line, words, INK_2)
