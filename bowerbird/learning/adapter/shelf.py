"""Where files of adapters lie, and which stay: those that speak, and the last few that passed. Of whoever withdrew nothing does."""

from __future__ import annotations

import shutil
from pathlib import Path

from bowerbird.core.database import Database
from bowerbird.core.settings import Settings
from bowerbird.core.whole import partly
from bowerbird.inference import adapters
from bowerbird.learning import releases
from bowerbird.learning.releases import ADAPTER, Release

KEPT_MAX = 6  # that may be gone back to, 5 MB each


async def standing(db: Database) -> list[Release]:
    """The versions whose files stay."""
    kept = list[Release]()
    for one in await releases.latest(db, ADAPTER, 200):
        if not one.gone or (len(kept) < KEPT_MAX and one.found.passed and not await releases.owes(db, one)):
            kept.append(one)
    return kept


def tidy(where: Settings, kept: list[Release]) -> int:
    """Delete the files of all others; how many."""
    folder, names = adapters.folder(where), {adapters.file_of(where, one.sha256).name for one in kept}
    gone = [file for file in folder.iterdir() if file.name not in names] if folder.exists() else []
    for file in gone:
        file.unlink()
    return len(gone)


def put(where: Settings, file: Path, sha256: str) -> None:
    """Where the language model looks for it, whole or not at all."""
    with partly(adapters.file_of(where, sha256)) as part:
        shutil.copyfile(file, part)
