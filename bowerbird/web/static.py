"""Our stylesheets and scripts, and the libraries and fonts that set-up fetched: small, in memory, compressed once."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import brotli
from litestar import Response, get

from bowerbird.core.assets import built_dir
from bowerbird.core.errors import NotFound
from bowerbird.door import Ask

OWN = Path(__file__).parent / "static"
TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2", ".webp": "image/webp"}
FILES_MAX = 200
# What every page needs travels as one sheet and one script, in this order; our own without remarks and indentation, which only
# our readers want.
HOUSE_SHEET, HOUSE_SCRIPT = OWN / "css" / "house.css", OWN / "js" / "house.js"
SHEETS = tuple(OWN / "css" / f"{name}.css" for name in ("tokens", "base", "shell", "controls", "post"))
LIBRARIES = ("htmx.min", "sse", "idiomorph-ext.min")
REMARKS = re.compile(rb"/\*.*?\*/|^\s+", re.DOTALL | re.MULTILINE)
REMARK_LINES = re.compile(rb"^\s*//[^\n]*\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class File:
    """One file, ready to send."""

    content: bytes
    packed: dict[str, bytes]  # by encoding, the smallest first
    media_type: str
    etag: str


def path_of(name: str) -> Path:
    """Where a file lies. Raises NotFound for anything outside the two folders."""
    root, rest = (built_dir() / "static", name[7:]) if name.startswith("vendor/") else (OWN, name)
    if "\x00" in rest:
        raise NotFound
    path = (root / rest).resolve()
    if path in (HOUSE_SHEET, HOUSE_SCRIPT):
        return path
    if not path.is_relative_to(root.resolve()) or not path.is_file():
        raise NotFound
    return path


def parts_of(path: Path) -> Sequence[Path]:
    """The files that one is made of, in order: most are made of themselves."""
    if path == HOUSE_SCRIPT:
        return [built_dir() / "static" / f"{name}.js" for name in LIBRARIES]
    return SHEETS if path == HOUSE_SHEET else (path,)


@lru_cache(FILES_MAX)
def load(path: Path, _changed_ns: int) -> File:
    """Read a file; again when it has changed."""
    content = b"\n".join(part.read_bytes() for part in parts_of(path))
    if path.is_relative_to(OWN) and path.suffix == ".css":
        content = REMARKS.sub(b"", content)
    elif path.is_relative_to(OWN) and path.suffix == ".js":
        content = REMARK_LINES.sub(b"", content)
    media_type = TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    packed: dict[str, bytes] = {}
    if path.suffix in (".js", ".css", ".svg"):
        packed = {"br": brotli.compress(content, quality=11), "gzip": gzip.compress(content, 9, mtime=0)}
    return File(content, packed, media_type, f'"{hashlib.sha256(content).hexdigest()[:20]}"')


def changed_ns(path: Path) -> int:
    """When a file, or one of those it is made of, changed last."""
    return max(part.stat().st_mtime_ns for part in parts_of(path))


async def plain(response: Response[bytes]) -> Response[bytes]:
    """A file needs only this one of the headers that pages carry."""
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@get("/static/{name:path}", sync_to_thread=False, after_request=plain)
def files(request: Ask, name: str) -> Response[bytes]:
    """A file; fonts are kept for good, the rest is asked for again and mostly answered with 304."""
    path = path_of(name.lstrip("/"))
    file = load(path, changed_ns(path))
    keep = "public, max-age=31536000, immutable" if path.suffix == ".woff2" else "public, no-cache"
    headers = {"Cache-Control": keep, "ETag": file.etag, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == file.etag:
        return Response(b"", status_code=304, headers=headers)
    taken = request.headers.get("accept-encoding", "")
    for encoding, packed in file.packed.items():
        if encoding in taken:
            return Response(packed, media_type=file.media_type, headers={**headers, "Content-Encoding": encoding})
    return Response(file.content, media_type=file.media_type, headers=headers)
