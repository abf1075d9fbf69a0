"""Looking into strangers' files in a process of its own, which ends with the look: what it needs of memory and time is bounded, what a
broken file does to it harms nobody, and web processes never load what it takes (160 MB for a moment).

`python -m bowerbird.media.provenance.apart check|carry FOLDER` reads and writes files in FOLDER and says what it found as JSON."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec

from bowerbird.core.errors import Invalid, TooMany, Unavailable
from bowerbird.media import reservations
from bowerbird.media.origins import Found, Provenance, Reserved

if TYPE_CHECKING:  # a rendition knows what was found in it; only its kind is needed here
    from bowerbird.media.pictures import Renditions

TIMEOUT_S = 25  # of a check, its waiting included
CARRY_TIMEOUT_S = 90  # uploads come from members and are counted; they may wait longer rather than lose what they say
WAITING_MAX = 4  # checks that may wait for their turn, each with its picture in memory
CARRIES_WAITING_MAX = 16  # uploads that may: each takes one to three seconds, so who waits gets a turn in time
MEMORY_BYTES_MAX = 3_000_000_000
MIMES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "AVIF": "image/avif", "GIF": "image/gif"}
COMPOSITE = "compositeWithTrainedAlgorithmicMedia"  # a picture that a model changed
CREDENTIALS_BYTES_MAX = (400_000, 60_000)  # what credentials may add to the large and the small rendition


class Mark(msgspec.Struct, frozen=True):
    """An invisible mark: `agree` of `bits` coded bits fit, at `scale` of the size it was laid at."""

    instance: int
    picture_id: int
    agree: int
    bits: int
    scale: float


class Look(msgspec.Struct, frozen=True):
    """What a file shows. `credentials` as in credentials.Credentials; `known` is this house's own number in marks."""

    mark: Mark | None = None
    credentials: dict[str, object] | None = None
    known: int = 0
    wrong: str = ""
    reserved: Reserved = ""


@dataclass
class Line:
    """One look at a time in one process; those who wait are counted, and wait within `timeout_s`."""

    turn: asyncio.Semaphore
    timeout_s: float
    waiting_max: int
    waiting: int = 0

    async def wait(self) -> None:
        """Until it is one's turn. Raises TooMany where too many wait already."""
        if self.waiting >= self.waiting_max:
            raise TooMany("Too many pictures are being looked at. Try again in half a minute.", retry_after_s=30)
        self.waiting += 1
        try:
            await self.turn.acquire()
        finally:
            self.waiting -= 1


CHECKS = Line(asyncio.Semaphore(1), TIMEOUT_S, WAITING_MAX)
CARRIES = Line(asyncio.Semaphore(1), CARRY_TIMEOUT_S, CARRIES_WAITING_MAX)  # nobody who only asks holds up an upload


def carries(data: bytes) -> bool:
    """Whether a file may hold content credentials. Cheap: nothing is parsed."""
    return b"jumb" in data and b"c2pa" in data


def speaks(data: bytes) -> bool:
    """Whether a file may say where it comes from, or what may be done with it: such a one is looked into. As cheap."""
    return carries(data) or b"DataMining" in data or b"XML:com.adobe.xmp\0\1" in data  # the last: packed, in a PNG


async def check(data: bytes) -> Look:
    """Look for a mark and credentials. Raises Invalid for what is no picture, Unavailable when it takes too long, TooMany when others wait."""
    with TemporaryDirectory() as folder:
        await asyncio.to_thread((Path(folder) / "file").write_bytes, data)
        look = await _run("check", folder, CHECKS)
    if look.wrong:
        raise Invalid(look.wrong)
    return look


async def carry(data: bytes, made: Renditions) -> Renditions:
    """Renditions of an upload with its credentials inside, and with what it reserves; as they were where that cannot be done. Raises TooMany
    when too many wait."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for file, content in (("file", data), ("large", made.large), ("small", made.small)):
            await asyncio.to_thread((folder / file).write_bytes, content)
        try:
            look = await _run("carry", name, CARRIES)
        except Unavailable:
            look = Look(reserved=reservations.told(data))  # who cannot be heard out is taken at the word that stands there
        if look.credentials is None:
            return replace(made, found=Found(reserved=look.reserved)) if look.reserved else made
        signed = {part: (folder / f"{part}.signed") for part in ("large", "small")}
        there = {part: path.read_bytes() for part, path in signed.items() if path.exists()}
    found = Found(said_by(look.credentials), dict(look.credentials), signed="large" in there, reserved=look.reserved)
    return replace(made, large=there.get("large", made.large), small=there.get("small", made.small), found=found)


def said_by(credentials: dict[str, object]) -> Provenance:
    """The word for a picture that came with these. That a machine made it is believed of anyone; that a camera did, of the trusted only."""
    if credentials.get("ai"):
        done = msgspec.convert(credentials.get("actions") or (), list[dict[str, object]])
        return "edited" if any(action.get("source_type") == COMPOSITE for action in done) else "generated"
    return "camera" if credentials.get("camera") and credentials.get("state") == "trusted" else "unknown"


async def _run(verb: str, folder: str, line: Line) -> Look:
    try:
        async with asyncio.timeout(line.timeout_s):
            await line.wait()
            try:
                said = await _looked(verb, folder)
            finally:
                line.turn.release()
    except TimeoutError as slow:
        raise Unavailable("Looking at that picture took too long. Try again in a moment.") from slow
    try:
        return msgspec.json.decode(said, type=Look)
    except msgspec.DecodeError as broken:
        raise Unavailable("That picture could not be looked at.") from broken


async def _looked(verb: str, folder: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bowerbird.media.provenance.apart", verb, folder,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with asyncio.timeout(TIMEOUT_S):
            return (await process.communicate())[0]
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def main(verb: str, folder: Path) -> Look:
    """The look itself, in the process of its own."""
    from PIL import ImageOps

    from bowerbird.core.errors import Trouble
    from bowerbird.core.settings import settings
    from bowerbird.media import pictures
    from bowerbird.media.provenance import certificate, credentials, watermark

    where, data = settings(), (folder / "file").read_bytes()
    try:
        image = pictures.opened(data, pixels_max=where.upload_pixels_max)
    except Trouble as why:
        return Look(wrong=why.said)
    mime = MIMES[image.format or "WEBP"]
    said = credentials.read(where, data, mime)
    told = msgspec.to_builtins(said) if said else None
    if verb == "carry":
        carried = said is not None and said.state != "invalid"  # our signature would make what does not hold look as if it did
        for part, more_max in () if not carried else zip(("large", "small"), CREDENTIALS_BYTES_MAX, strict=True):
            own = (folder / part).read_bytes()
            with contextlib.suppress(Trouble):
                signed = credentials.carried(where, own, "image/webp", (data, mime))
                if len(signed) - len(own) <= more_max and credentials.public(signed):
                    (folder / f"{part}.signed").write_bytes(signed)
        return Look(credentials=told, reserved="credentials" if said and said.reserved else reservations.of_metadata(image))
    try:
        mark = watermark.find(ImageOps.exif_transpose(image))
    except (OSError, ValueError, SyntaxError, EOFError):
        return Look(wrong=pictures.UNREADABLE)
    seen = Mark(mark.instance, mark.picture_id, mark.agree, mark.bits, round(mark.scale, 3)) if mark else None
    return Look(seen, told, certificate.instance(where))


if __name__ == "__main__":
    import resource
    import warnings

    warnings.simplefilter("ignore")
    with contextlib.suppress(OSError, ValueError):  # not every system has the limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    sys.stdout.buffer.write(msgspec.json.encode(main(sys.argv[1], Path(sys.argv[2]))))
