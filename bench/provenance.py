"""What proof costs and what the invisible mark survives: `python -m bench.provenance`.

Marked are Illustrator pictures of six prompts in five sizes; unmarked are 5,000 pieces of the same pictures (crops, turned, mirrored, other
sizes), of fractal noise as photographs have it, and of stripes that repeat."""

from __future__ import annotations

import argparse
import base64
import io
import math
import statistics
import tempfile
import threading
import time
from collections.abc import Callable

import numpy as np
from PIL import Image

from bench.painting import PROMPTS
from bench.report import Table
from bowerbird.core.settings import load
from bowerbird.inference.runner import drawing
from bowerbird.inference.wire import ImageRequest
from bowerbird.media.provenance import code, credentials, watermark
from bowerbird.media.provenance.credentials import Made

SIZES = ((512, 512), (768, 768), (704, 880), (1024, 1024), (1536, 1536))
UNMARKED = 5_000
INSTANCE = 0xB0B0B0
SCALES_MAX = 2 + 8 + 3 * 2 + 3  # sizes at which one picture is read at most: see watermark.find


def encoded(image: Image.Image, kind: str, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, quality=quality)
    return out.getvalue()


def again(image: Image.Image, kind: str, quality: int) -> Image.Image:
    return Image.open(io.BytesIO(encoded(image, kind, quality))).convert("RGB")


def resized(image: Image.Image, by: float) -> Image.Image:
    return image.resize((round(image.width * by), round(image.height * by)), Image.Resampling.LANCZOS)


def brighter(image: Image.Image, by: float) -> Image.Image:
    return image.point([min(255, round(value * by)) for value in range(256)] * 3)


def cropped(image: Image.Image, share: float) -> Image.Image:
    """`share` of each side cut away, two thirds of it at the top left."""
    w, h = image.size
    left, top = round(w * share * 2 / 3), round(h * share * 2 / 3)
    return image.crop((left, top, left + round(w * (1 - share)), top + round(h * (1 - share))))


def screenshot(image: Image.Image) -> Image.Image:
    canvas = Image.new("RGB", (image.width + 437, image.height + 211), (244, 245, 249))
    canvas.paste(image, (213, 97))
    return canvas


def preview(image: Image.Image) -> Image.Image:
    small = image.copy()
    small.thumbnail((640, 640), Image.Resampling.LANCZOS, reducing_gap=3.0)
    return again(small, "WEBP", 80)


ATTACKS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "as kept (WebP q92)": lambda image: image,
    "our preview (640 px, WebP q80)": preview,
    "JPEG q70": lambda image: again(image, "JPEG", 70),
    "JPEG q40": lambda image: again(image, "JPEG", 40),
    "WebP q75": lambda image: again(image, "WEBP", 75),
    "half size": lambda image: resized(image, 0.5),
    "half size, then JPEG q70": lambda image: again(resized(image, 0.5), "JPEG", 70),
    "a tenth of each side cropped away": lambda image: cropped(image, 0.1),
    "half of each side cropped away": lambda image: cropped(image, 0.5),
    "15 % brighter": lambda image: brighter(image, 1.15),
    "15 % darker": lambda image: brighter(image, 0.85),
    "screenshot at 1×": screenshot,
    "screenshot at 1.25×": lambda image: screenshot(resized(image, 1.25)),
    "93 % of the size": lambda image: resized(image, 0.93),
    "grey": lambda image: image.convert("L").convert("RGB"),
    "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "turned by 2°": lambda image: image.rotate(2, Image.Resampling.BICUBIC),
}


def painted() -> list[Image.Image]:
    """One picture a prompt and size."""
    found: list[Image.Image] = []
    for number, prompt in enumerate(PROMPTS):
        for place, (width, height) in enumerate(SIZES):
            if (number + place) % 2:
                continue
            *_, last = drawing.draw(ImageRequest(prompt=prompt), width, height, number, threading.Event())
            found.append(Image.open(io.BytesIO(base64.b64decode(last.b64_json))).convert("RGB"))
    return found


def robustness(pictures: list[Image.Image]) -> list[Table]:
    laid: list[Image.Image] = []
    psnr: list[float] = []
    laying: list[float] = []
    looking: dict[bool, list[float]] = {True: [], False: []}
    for number, image in enumerate(pictures):
        began = time.process_time()
        marked = watermark.lay(image, INSTANCE, 1 << 60 | number)
        if image.size == (768, 768):
            laying.append(time.process_time() - began)
        error = np.mean((np.asarray(image, np.float64) - np.asarray(marked, np.float64)) ** 2)
        psnr.append(10 * math.log10(255**2 / error))
        laid.append(again(marked, "WEBP", 92))
    table = Table("The invisible mark: read back after", ["what was done", "read", "bits that fit, median of 378", "at least"])
    for name, attack in ATTACKS.items():
        agree: list[int] = []
        for number, image in enumerate(laid):
            found = watermark.find(attack(image))
            if found and (found.instance, found.picture_id) == (INSTANCE, 1 << 60 | number):
                agree.append(found.agree)
        middle = round(statistics.median(agree)) if agree else "–"
        table.add(name, f"{len(agree)} of {len(laid)}", middle, min(agree, default="–"))
    tiny = [
        again(watermark.lay(resized(image, 256 / image.width), INSTANCE, 7), "WEBP", 92)
        for image in pictures
        if image.width == image.height
    ]
    for name in ("as kept (WebP q92)", "JPEG q70", "half size"):
        found = [watermark.find(ATTACKS[name](image)) for image in tiny]
        agree = [one.agree for one in found if one and one.picture_id == 7]
        table.add(
            f"256 px: {name}",
            f"{len(agree)} of {len(tiny)}",
            round(statistics.median(agree)) if agree else "–",
            min(agree, default="–"),
        )
    for marked, group in ((True, laid), (False, pictures)):
        for image in group:
            if image.size == (768, 768):
                began = time.process_time()
                watermark.find(image)
                looking[marked].append(time.process_time() - began)
    table.note = (
        f"{len(laid)} Illustrator pictures of 512 to 1536 px; PSNR {min(psnr):.1f} dB at least, {statistics.median(psnr):.1f} in the middle. "
        f"At 768 × 768: {statistics.median(laying) * 1e3:.0f} ms of CPU to lay, "
        f"{statistics.median(looking[True]) * 1e3:.0f} ms to read one that is there, "
        f"{statistics.median(looking[False]) * 1e3:.0f} ms to find that there is none."
    )  # fmt: skip
    return [table]


def unmarked(pictures: list[Image.Image], count: int) -> list[Image.Image]:
    """`count` pictures without a mark, of 160 to 420 px."""
    chance = np.random.default_rng(20260101)
    found: list[Image.Image] = []
    for number in range(count):
        side = int(chance.integers(160, 420))
        if number % 10 == 8:
            found.append(_fractal(chance, side))
        elif number % 10 == 9:
            found.append(_repeating(chance, side))
        else:
            whole = pictures[int(chance.integers(len(pictures)))]
            x, y = (int(chance.integers(0, edge - side)) for edge in whole.size)
            piece = whole.crop((x, y, x + side, y + side))
            found.append(piece.transpose(Image.Transpose(int(chance.integers(0, 7)))))
    return found


def _fractal(chance: np.random.Generator, side: int) -> Image.Image:
    """1/f noise, the spectrum of photographs."""
    radius = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :]) + 1 / side
    wave = np.fft.irfft2(np.fft.rfft2(chance.standard_normal((side, side))) / radius, (side, side))
    return Image.fromarray(np.clip(128 + 50 * wave / wave.std(), 0, 255).astype(np.uint8)).convert("RGB")


def _repeating(chance: np.random.Generator, side: int) -> Image.Image:
    """A small motif laid again and again, the likeliest to be taken for a tile."""
    motif = chance.integers(0, 256, (int(chance.integers(5, 126)),) * 2, np.uint8)
    times = side // len(motif) + 1
    return Image.fromarray(np.tile(motif, (times, times))[:side, :side]).convert("RGB")


def false_positives(pictures: list[Image.Image], count: int) -> Table:
    """How often a picture without a mark is taken for one with: counted, and by arithmetic."""
    wrong, peaks = 0, list[float]()
    for image in unmarked(pictures, count):
        peak, mark = watermark.read_at(np.asarray(image.convert("L"), np.float32), 1.0)
        peaks.append(peak)
        wrong += mark is not None
    whole = [watermark.find(image) for image in unmarked(pictures, 50)]
    wrong += sum(mark is not None for mark in whole)
    share = sum(peak >= watermark.SYNC_MIN for peak in peaks) / len(peaks)
    chance = share * SCALES_MAX / 2**code.CRC_BITS
    table = Table("The invisible mark: seen where there is none", ["what", "figure"])
    table.add(f"taken for marked, of {count} unmarked pictures", wrong)
    table.add(
        "place's peak, middle and largest (read from 5.0 standard deviations)",
        f"{statistics.median(peaks):.2f}, {max(peaks):.2f}",
    )
    table.add("share whose bits are read at all, at one size", f"{share:.2%}")
    table.add("chance that a picture is taken for marked by anyone", f"{chance:.1e}")
    table.add("… for marked by this house (24 bits more)", f"{chance / 2**watermark.INSTANCE_BITS:.1e}")
    table.note = (
        "Pieces of Illustrator pictures (8 of 10), 1/f noise and motifs that repeat, 160 to 420 px, read at one size; "
        "50 of them at all sizes. The chance: "
        f"that share, times {SCALES_MAX} sizes tried at most, times 2⁻³² for the checksum to fit by accident."
    )  # fmt: skip
    return table


def signing(pictures: list[Image.Image]) -> Table:
    """Content credentials: time and bytes."""
    table = Table("Content credentials (C2PA)", ["what", "ms to sign", "ms to read and verify", "bytes added"])
    made = Made("Illustrator", "illustrator", drawing.model_hash())
    image = next(image for image in pictures if image.size == (768, 768))
    data = encoded(image, "WEBP", 92)
    with tempfile.TemporaryDirectory() as folder:
        where = load({"BOWERBIRD_DATA_DIR": folder})
        parent = None
        for name in ("from words", "a remix", "a remix of a remix", "… of a remix"):
            source = (parent, "image/webp") if parent else None
            times: list[float] = []
            reads: list[float] = []
            signed = b""
            for _ in range(12):
                began = time.perf_counter()
                signed = credentials.created(where, data, "image/webp", made, steps=("c2pa.watermarked.unbound",), parent=source)
                times.append(time.perf_counter() - began)
                began = time.perf_counter()
                credentials.read(where, signed, "image/webp")
                reads.append(time.perf_counter() - began)
            table.add(
                name,
                f"{statistics.median(times) * 1e3:.1f}",
                f"{statistics.median(reads) * 1e3:.1f}",
                f"{len(signed) - len(data):,}",
            )
            parent = signed
    table.note = f"768 × 768 WebP of {len(data):,} bytes; the certificate is read from disk each time. A preview adds as much as “from words”."
    return table


def run(count: int = UNMARKED) -> list[Table]:
    """All of it, about two minutes on a free core."""
    pictures = painted()
    return [*robustness(pictures), false_positives(pictures, count), signing(pictures)]


if __name__ == "__main__":
    argparse.ArgumentParser(prog="python -m bench.provenance").parse_args()
    for one in run():
        print(one.text())
