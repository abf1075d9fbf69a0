"""How a picture came to be, as a small animation of its previews. Kept only where its maker asked for it."""

from __future__ import annotations

import asyncio
import io

from PIL import Image

from bowerbird.core.database import Database
from bowerbird.core.errors import NotFound

FRAMES_MAX = 16
SIDE_MAX_PX = 320
BYTES_MAX = 600_000
STEP_MS, LAST_MS = 220, 1_800


async def frame(db: Database, candidate_id: int, step: int, image: bytes) -> None:
    """Put a preview aside while the candidate is painted."""
    await db.execute(
        "insert into studio.frames (candidate_id, step, image) values (%s, %s, %s) on conflict do nothing",
        candidate_id,
        step,
        image,
    )


async def frames(db: Database, candidate_id: int) -> list[bytes]:
    """What was put aside, in order; evenly fewer where there are more than FRAMES_MAX."""
    found = await db.values("select image from studio.frames where candidate_id = %s order by step", candidate_id)
    if len(found) < FRAMES_MAX:
        return [bytes(one) for one in found]
    return [bytes(found[n * (len(found) - 1) // (FRAMES_MAX - 2)]) for n in range(FRAMES_MAX - 1)]


async def animated(previews: list[bytes], finished: bytes) -> bytes | None:
    """An animated WebP of previews and the finished picture, in a thread; None where there is nothing to see move."""
    return await asyncio.to_thread(_animated, previews, finished) if previews else None


async def keep(db: Database, candidate_id: int, picture_id: int, animation: bytes | None) -> None:
    """Keep it with its picture; what was put aside goes."""
    if animation:
        await db.execute("insert into studio.timelapses (picture_id, image) values (%s, %s)", picture_id, animation)
    await db.execute("delete from studio.frames where candidate_id = %s", candidate_id)


async def of(db: Database, picture_id: int) -> bytes:
    """A picture's, which the caller has checked may be seen. Raises NotFound where none was kept."""
    image = await db.value("select image from studio.timelapses where picture_id = %s", picture_id)
    if image is None:
        raise NotFound
    return bytes(image)


async def kept(db: Database, picture_id: int) -> bool:
    """Whether there is one."""
    return bool(await db.value("select exists (select 1 from studio.timelapses where picture_id = %s)", picture_id))


async def discard(db: Database, picture_id: int) -> None:
    """Let it go, with its picture or before."""
    await db.execute("delete from studio.timelapses where picture_id = %s", picture_id)


async def forget_frames(db: Database) -> int:
    """Frames of candidates that are painted no more."""
    return await db.execute(
        """delete from studio.frames f where not exists (
               select 1 from studio.candidates c where c.id = f.candidate_id and c.state in ('queued', 'running'))"""
    )


def _animated(previews: list[bytes], finished: bytes) -> bytes | None:
    pictures: list[Image.Image] = []
    with Image.open(io.BytesIO(finished)) as whole:
        last = whole.convert("RGB")
    last.thumbnail((SIDE_MAX_PX, SIDE_MAX_PX))
    for preview in previews:
        try:
            with Image.open(io.BytesIO(preview), formats=("WEBP", "PNG", "JPEG")) as opened:
                pictures.append(opened.convert("RGB").resize(last.size, Image.Resampling.BICUBIC))
        except (OSError, ValueError, Image.DecompressionBombError):  # an engine's preview is not ours to trust
            continue
    if not pictures:
        return None
    for quality in (75, 55, 35):
        out = io.BytesIO()
        pictures[0].save(
            out, "WEBP", save_all=True, append_images=[*pictures[1:], last], duration=[STEP_MS] * len(pictures) + [LAST_MS], loop=0,
            quality=quality, method=3,
        )  # fmt: skip
        if out.tell() <= BYTES_MAX:
            return out.getvalue()
    return None
