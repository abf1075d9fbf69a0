"""Every SQL statement in the house runs at least once in the tests, on a real PostgreSQL: its own log is the witness.

This test is put last (see conftest.py) and only speaks when the whole suite has run before it; tests/run.py, which runs the suite in two
halves with a house each, tells it where both logs lie."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.run import LOGS

ROOT = Path(__file__).resolve().parents[2] / "bowerbird"
VERBS = {"many", "one", "maybe", "value", "values", "rows", "execute"}
SQL = re.compile(r"\s*(select|insert|update|delete|with)\b", re.IGNORECASE)
WHOLE_SUITE_MIN = 900  # tests; fewer means that somebody runs a part
ELSEWHERE = (  # run as the house starts, before its log is read, or in the houses that the crash tests kill
    "bowerbird/core/embedded.py", "bowerbird/core/migrate.py", "bowerbird/doctor.py", "bowerbird/accounts/invites.py", "bowerbird/studio/jobs.py",
)  # fmt: skip
SPACE = re.compile(r"\s+")
BEGAN = re.compile(r"LOG:  (?:execute [^:]+|statement): (.*\n?)")


def statements() -> Iterator[tuple[str, re.Pattern[str]]]:
    """(where, pattern) of every statement written in a call of the database."""
    for path in ROOT.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in VERBS:
                for argument in node.args[:2]:
                    pieces = list(_pieces(argument))
                    if pieces and SQL.match(pieces[0] or ""):
                        yield (
                            f"{path.relative_to(ROOT.parent)}:{node.lineno}",
                            re.compile("".join(map(_pattern, pieces)), re.DOTALL),
                        )


def _pieces(node: ast.expr) -> Iterator[str | None]:
    """The fixed parts of a string, None for what is filled in."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        for part in node.values:
            yield str(part.value) if isinstance(part, ast.Constant) else None


def _pattern(piece: str | None) -> str:
    if piece is None:
        return r".*?"
    escaped = re.escape(SPACE.sub(" ", piece.replace("%s", "\0").replace("%%", "%")))
    return escaped.replace(re.escape("\0"), r"\$\d+").replace("\0", r"\$\d+")


def executed(log: Path) -> set[str]:
    """What PostgreSQL says it ran, each once, white space folded."""
    found: set[str] = set()
    with log.open(encoding="utf-8", errors="replace") as lines:
        current: list[str] = []
        for line in lines:
            if line.startswith("\t"):
                current.append(line)
                continue
            found.add(SPACE.sub(" ", "".join(current)))
            current = [began[1]] if (began := BEGAN.search(line)) else []
        found.add(SPACE.sub(" ", "".join(current)))
    return found


def test_every_statement_has_run(request: pytest.FixtureRequest) -> None:
    if kept := os.environ.get(LOGS):
        logs = list(Path(kept).iterdir())
        assert len(logs) == 2
    elif request.session.testscollected < WHOLE_SUITE_MIN:
        return
    else:
        logs = [request.getfixturevalue("house").statements]
    ran = set[str]().union(*map(executed, logs))
    never = [where for where, pattern in statements() if not any(pattern.search(statement) for statement in ran)]
    assert not [where for where in never if not where.startswith(ELSEWHERE)]
