"""A part of a picture painted anew, within a mask or beyond its edges: the rest stays as it was."""

from __future__ import annotations

import base64
import binascii
import io
from dataclasses import dataclass

from PIL import Image, ImageFilter

from bowerbird.core.database import Database
from bowerbird.core.errors import Invalid, TooLarge
from bowerbird.inference.tiers import Tier
from bowerbird.inference.wire import IMAGE_LENGTH_MAX, SIDE_MAX_PX, SIDE_MIN_PX
from bowerbird.media import pictures
from bowerbird.media.attachments import Attachment
from bowerbird.media.provenance import watermark

LENGTH_MAX = 1_000_000  # characters of base64
PIXELS_MAX = 2048 * 2048
KEPT_SIDE_MAX_PX = 1024
SENT_BYTES_MAX = IMAGE_LENGTH_MAX * 3 // 4
SHAPE_TOLERANCE = 0.03  # of the parent's proportions
FEATHER = 1 / 150  # of the longer side: how softly what is new meets what stays
QUARTER = 0.25
STEP_PX = 8  # what engines draw in
Edges = tuple[float, float, float, float]  # left, up, right, down, as parts of the parent's sides
EXTENSIONS: dict[str, Edges] = {
    "left": (QUARTER, 0, 0, 0),
    "right": (0, 0, QUARTER, 0),
    "up": (0, QUARTER, 0, 0),
    "down": (0, 0, 0, QUARTER),
    "all": (QUARTER, QUARTER, QUARTER, QUARTER),
}
PARTS: dict[str, Edges] = {  # left, up, right, down of the box that is white
    "left": (0, 0, 0.5, 1),
    "right": (0.5, 0, 1, 1),
    "top": (0, 0, 1, 0.5),
    "bottom": (0, 0.5, 1, 1),
    "middle": (0.25, 0.25, 0.75, 0.75),
}


@dataclass(frozen=True, slots=True)
class Mask:
    """Where to paint anew: a PNG of one bit a pixel, white there. Sides in px; `share` of it is white, 0..1."""

    image: bytes
    width: int
    height: int
    share: float


@dataclass(frozen=True, slots=True)
class Plan:
    """The picture that comes of it: sides in px, and how much of it is new, in per cent."""

    width: int
    height: int
    anew: int


def read(text: str) -> Mask:
    """A mask as it was sent: base64 of a grey PNG or WebP. Raises TooLarge or Invalid. CPU-bound: call in a thread."""
    if len(text) > LENGTH_MAX:
        raise TooLarge(f"A mask has up to {LENGTH_MAX * 3 // 4_000} kB; draw it smaller.")
    try:
        data = base64.b64decode(text.partition(",")[2] if text.startswith("data:image/") else text, validate=True)
        with Image.open(io.BytesIO(data), formats=("PNG", "WEBP")) as found:
            if found.width * found.height > PIXELS_MAX:
                raise TooLarge("A mask has up to 4 million pixels; draw it smaller.")
            if getattr(found, "n_frames", 1) > 1:
                raise Invalid("A mask is a still picture.")
            grey = found.convert("L")
    except (binascii.Error, OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as broken:
        raise Invalid("The mask is a grey PNG or WebP in base64, white where it is to be painted anew.") from broken
    grey.thumbnail((KEPT_SIDE_MAX_PX, KEPT_SIDE_MAX_PX))
    return _mask(grey.point([0] * 128 + [255] * 128, "1"))


def of_part(part: str, width: int, height: int) -> Mask:
    """A half of a picture (sides in px), or its middle. Raises Invalid for any other part."""
    if part not in PARTS:
        raise Invalid(f"A part of a picture is one of {', '.join(PARTS)}.")
    scale = min(1.0, KEPT_SIDE_MAX_PX / max(width, height))
    wide, high = max(2, round(width * scale)), max(2, round(height * scale))
    left, up, right, down = PARTS[part]
    drawn = Image.new("1", (wide, high))
    drawn.paste(255, (round(left * wide), round(up * high), round(right * wide), round(down * high)))
    return _mask(drawn)


def _mask(drawn: Image.Image) -> Mask:
    share = drawn.histogram()[-1] / (drawn.width * drawn.height)
    if not share:
        raise Invalid("Nothing is marked on the mask: white is where it is painted anew.")
    out = io.BytesIO()
    drawn.save(out, "PNG")
    return Mask(out.getvalue(), *drawn.size, share)


def plan(tier: Tier, parent: Attachment | None, mask: Mask | None, extend: str) -> Plan:
    """What comes of it. Raises Invalid where the engine cannot, there is no parent, or the mask is not of its shape."""
    if mask and extend:
        raise Invalid("Paint a part anew or go beyond the edges: one at a time.")
    if extend and extend not in EXTENSIONS:
        raise Invalid(f"A picture is extended {', '.join(EXTENSIONS)}.")
    if parent is None or parent.animated:
        raise Invalid("Only a still picture that is there can have a part painted anew: say which in source_picture_id.")
    if not tier.can.inpaint:
        raise Invalid(f"{tier.name} cannot paint a part of a picture anew. Choose another picture model.")
    width, height = float(parent.width), float(parent.height)
    share = mask.share if mask else 0.0
    if mask and abs(mask.width / mask.height * height / width - 1) > SHAPE_TOLERANCE + 1 / min(mask.width, mask.height):
        raise Invalid(f"The mask has the shape of its picture: {parent.width} × {parent.height}.")
    if extend:
        left, up, right, down = EXTENSIONS[extend]
        share = 1 - 1 / ((1 + left + right) * (1 + up + down))
        width, height = width * (1 + left + right), height * (1 + up + down)
    scale = min(1.0, SIDE_MAX_PX / max(width, height))
    scale = max(scale, SIDE_MIN_PX / min(width, height))
    wide, high = (round(side * scale / STEP_PX) * STEP_PX for side in (width, height))
    if max(wide, high) > SIDE_MAX_PX:
        raise Invalid("That picture is too long and narrow for it.")
    return Plan(wide, high, max(1, round(share * 100)))


async def keep(db: Database, generation_id: int, mask: Mask) -> None:
    """Put it aside until the generation is over."""
    await db.execute("insert into studio.masks (generation_id, image) values (%s, %s)", generation_id, mask.image)


async def of(db: Database, generation_id: int) -> bytes | None:
    """The mask of a generation, None where it has none (any more)."""
    image = await db.value("select image from studio.masks where generation_id = %s", generation_id)
    return None if image is None else bytes(image)


async def forget(db: Database, generation_id: int) -> None:
    """Let it go once the generation is over."""
    await db.execute(
        """delete from studio.masks m using studio.generations g
           where m.generation_id = %s and g.id = m.generation_id and g.state not in ('queued', 'running')""",
        generation_id,
    )


def canvas(parent: bytes, mask: bytes | None, extend: str, width: int, height: int) -> tuple[bytes, bytes]:
    """The picture to change and where to, both `width` × `height` px: WebP and grey PNG. CPU-bound: call in a thread."""
    picture = pictures.opened(parent, pixels_max=PIXELS_MAX * 4).convert("RGB")
    picture = watermark.lift(picture)  # half a mark of the parent beside one of its own: neither could be read
    if not extend:
        with Image.open(io.BytesIO(mask or b""), formats=("PNG",)) as kept:
            where = kept.convert("L").resize((width, height), Image.Resampling.BILINEAR)
        return _sent(picture.resize((width, height), Image.Resampling.LANCZOS)), _png(where)
    left, up, right, down = EXTENSIONS[extend]
    inner = round(width / (1 + left + right)), round(height / (1 + up + down))
    at = round(inner[0] * left), round(inner[1] * up)
    inner = (inner[0] if right else width - at[0]), (inner[1] if down else height - at[1])
    shown = picture.resize(inner, Image.Resampling.LANCZOS)
    # engines start from what is there: beyond the edges, the picture's own colours, far out of focus
    drawn = picture.resize((width, height), Image.Resampling.LANCZOS).filter(ImageFilter.GaussianBlur(max(width, height) / 16))
    drawn.paste(shown, at)
    where = Image.new("L", (width, height), 255)
    seam = max(2, round(max(width, height) * FEATHER * 2))  # a little of the edge, too, so that no line is seen
    kept = (at[0] + (seam if left else 0), at[1] + (seam if up else 0),
            at[0] + inner[0] - (seam if right else 0), at[1] + inner[1] - (seam if down else 0))  # fmt: skip
    where.paste(0, kept)
    return _sent(drawn), _png(where)


def pasted(before: bytes, mask: bytes, drawn: bytes, *, pixels_max: int) -> bytes:
    """What was `drawn` within the mask, over what was there before. Raises Invalid or TooLarge. CPU-bound: call in a thread."""
    new = pictures.opened(drawn, pixels_max=pixels_max)
    try:
        new = new.convert("RGB")
    except (OSError, ValueError, SyntaxError, EOFError) as broken:
        raise Invalid(pictures.UNREADABLE) from broken
    with Image.open(io.BytesIO(before)) as kept, Image.open(io.BytesIO(mask)) as where:
        whole, soft = kept.convert("RGB"), where.convert("L")
    soft = soft.filter(ImageFilter.GaussianBlur(max(soft.size) * FEATHER / 2))
    whole.paste(new.resize(whole.size, Image.Resampling.LANCZOS), (0, 0), soft)
    return _png(whole)


def _png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=1)
    return out.getvalue()


def _sent(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", lossless=True, quality=20, method=1)
    if out.tell() > SENT_BYTES_MAX:
        out = io.BytesIO()
        image.save(out, "WEBP", quality=95)
    return out.getvalue()
