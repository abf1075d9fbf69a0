"""How long a picture is looked up in the block list, by its length: `python -m bench.blocklist`. No hash is near, so every look goes to the end."""

from __future__ import annotations

import os
import secrets
import statistics
import tempfile
import time
from pathlib import Path

from bowerbird.core import command
from bowerbird.core.database import Database
from bowerbird.core.settings import load
from bowerbird.moderation import blocklist

LENGTHS = (1_000, 10_000, 100_000)
LOOKS = 40


async def measured(db: Database) -> dict[int, list[float]]:
    """Milliseconds of each look, by the length of the list."""
    found: dict[int, list[float]] = {}
    standing = 0
    for length in LENGTHS:
        rows = [(secrets.token_hex(32), standing + place) for place in range(length - standing)]
        await db.execute(
            """insert into moderation.blocklist (hash, id, why) select ('x' || hex)::bit(256), id, 'measured'
               from unnest(%s::text[], %s::bigint[]) t(hex, id)""",
            [hex_ for hex_, _ in rows], [id_ for _, id_ in rows],
        )  # fmt: skip
        await db.execute("analyze moderation.blocklist")
        standing = length
        found[length] = []
        for _ in range(LOOKS):
            began = time.perf_counter()
            assert not await blocklist.near(db, secrets.token_hex(32)), "chance has it that never happens"
            found[length].append(1000 * (time.perf_counter() - began))
    return found


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="bower-bench-") as folder:
        Path(folder).chmod(0o755)  # the embedded PostgreSQL runs as a user of its own when we are root
        os.environ["BOWERBIRD_DATA_DIR"] = f"{folder}/data"
        for length, took in command.run(load(), measured).items():
            print(f"{length} hashes: {statistics.median(took):.1f} ms (slowest of {LOOKS}: {max(took):.1f} ms)")


if __name__ == "__main__":
    main()
