"""What is one's own: take it all along, bring along from elsewhere, leave."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Router, delete, get, post
from litestar.datastructures import UploadFile
from litestar.response import Stream

from bowerbird.api.errors import problem
from bowerbird.api.mastodon.people import when
from bowerbird.door import Ask, body, person, pool, visitor
from bowerbird.gallery import archive, bring, leaving
from bowerbird.gallery.archive import Archive
from bowerbird.gallery.bring import Brought


class File(msgspec.Struct, kw_only=True):
    """POST /api/bower/v1/import: `type` is following, blocking, muting, lists or bookmarks, `mode` merge or overwrite; or a form with `file`."""

    type: str
    mode: str = "merge"
    csv: str = ""


class Farewell(msgspec.Struct):
    """DELETE /api/bower/v1/account."""

    password: str | None = None


def packed(found: Archive) -> dict[str, Any]:
    """An archive as JSON."""
    return {
        "id": str(found.id), "state": found.state, "size_bytes": found.size_bytes,
        "ready_at": when(found.ready_at) if found.ready_at else None, "expires_at": when(found.expires_at) if found.expires_at else None,
        "url": "/api/bower/v1/export/file" if found.state == "ready" else None,
    }  # fmt: skip


def brought(found: Brought) -> dict[str, Any]:
    """How far a file is."""
    return {
        "id": str(found.id), "type": found.kind, "mode": "overwrite" if found.overwrite else "merge", "lines": len(found.lines),
        "done": found.done, "finished": found.finished_at is not None, "missing": [{"line": line, "why": why} for line, why in found.missing],
    }  # fmt: skip


@post("/export", status_code=202)
async def ask(request: Ask) -> dict[str, Any]:
    """Have everything packed that one said and made."""
    me = await person(request, "read")
    async with pool(request).transaction() as db:
        return packed(await archive.ask(db, me))


@get("/export")
async def status(request: Ask) -> dict[str, Any]:
    """How one's latest archive is."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        return packed(await archive.latest(db, me))


@get("/export/file")
async def fetch(request: Ask) -> Stream:
    """One's archive; nobody else's."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        found, content = await archive.open_(db, me)
    headers = {
        "Content-Disposition": f'attachment; filename="bowerbird-{me.username}-{found.id}.zip"',
        "Content-Length": str(found.size_bytes),
        "Cache-Control": "private, no-store",
    }
    return Stream(content, media_type="application/zip", headers=headers)


@post("/import", status_code=202)
async def start(request: Ask) -> dict[str, Any]:
    """Bring a file along."""
    me = await person(request, "write")
    if "form" in request.headers.get("content-type", ""):
        form = await request.form()
        sent = form.get("file")
        content = (
            (await sent.read(bring.LENGTH_MAX + 1)).decode("utf-8", errors="replace") if isinstance(sent, UploadFile) else ""
        )
        file = File(type=str(form.get("type") or ""), mode=str(form.get("mode") or "merge"), csv=content)
    else:
        file = await body(request, File)
    async with pool(request).transaction() as db:
        return brought(await bring.start(db, me, file.type, file.csv, overwrite=file.mode == "overwrite"))


@get("/import")
async def progress(request: Ask) -> dict[str, Any]:
    """How far the latest file is."""
    me = await person(request, "read")
    async with pool(request).reading() as db:
        return brought(await bring.latest(db, me))


@delete("/account", status_code=200)
async def leave(request: Ask) -> dict[str, Any]:
    """Leave: gone at once for everyone, removed within minutes. The answer says what stays, and how long."""
    me = await person(request, "write")
    by_session = (await visitor(request)).session_id is not None
    said = await body(request, Farewell)
    async with pool(request).transaction() as db:
        await leaving.attempt(db, me)
    async with pool(request).transaction() as db:
        await leaving.leave_with(db, me, said.password, by_session=by_session)
    request.app.state.doorkeeper.forget()
    return {"left": True, "stays": list(leaving.STAYS)}


routes = Router(
    "/api/bower/v1", route_handlers=[ask, status, fetch, start, progress, leave], exception_handlers={Exception: problem}
)
