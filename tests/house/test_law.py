"""The law of the house: budgets, names, the map, the settings' page. Only what crosses a line fails."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
from pathlib import Path

import msgspec
import pytest

from bowerbird.core.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
FILE_LINES_MAX, FILE_LINES_MEDIAN_MAX, TRAINER_LINES_MAX = 400, 100, 600
FUNCTION_LINES_MAX = 70
SCRIPT_LINES_MAX = 4_000
REFUSED_NAMES = {"utils", "util", "helpers", "helper", "service", "services", "manager", "managers", "common", "misc"}
PARENT_MODULES = ("bowerbird",)


def tracked(*endings: str) -> list[Path]:
    """Files git knows, tracked or new, that are not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [ROOT / name for name in listed if name.endswith(endings) and (ROOT / name).is_file()]


def lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


PYTHON = [p for p in tracked(".py") if p.is_relative_to(ROOT / "bowerbird")]


def test_files_are_short() -> None:
    code = [p for p in PYTHON if p.read_text("utf-8").strip()]
    assert statistics.median(lines(p) for p in code) <= FILE_LINES_MEDIAN_MAX
    long = {
        str(p.relative_to(ROOT)): lines(p)
        for p in tracked(".py", ".js", ".css", ".jinja", ".sql")
        if lines(p) > (TRAINER_LINES_MAX if p.name.startswith("train_") else FILE_LINES_MAX)
    }
    assert not long


def test_functions_are_short() -> None:
    long = [
        f"{p.relative_to(ROOT)}:{node.lineno} {node.name} ({(node.end_lineno or 0) - node.lineno + 1})"
        for p in tracked(".py")
        for node in ast.walk(ast.parse(p.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno + 1 > FUNCTION_LINES_MAX
    ]
    assert not long


def test_hand_written_scripts_stay_small() -> None:
    assert sum(lines(p) for p in tracked(".js", ".mjs")) <= SCRIPT_LINES_MAX


def test_no_room_or_file_has_a_name_that_says_nothing() -> None:
    assert not [
        str(p.relative_to(ROOT)) for p in tracked(".py") if REFUSED_NAMES & {part.removesuffix(".py") for part in p.parts}
    ]


def test_doors_hold_no_sql() -> None:
    sql = re.compile(r"""["']\s*(select|insert into|update|delete from)\s""", re.IGNORECASE)
    doors = [p for p in PYTHON if p.relative_to(ROOT).parts[1] in ("web", "api")]
    assert not [str(p.relative_to(ROOT)) for p in doors if sql.search(p.read_text("utf-8"))]


def test_nobody_below_a_door_commits() -> None:
    rooms = ("events", "media", "accounts", "social", "gallery")
    opens = re.compile(r"\.transaction\(\)|\.commit\(\)")
    exempt = {"sessions.py"}  # a failed sign-in must count though nothing else of it may stay
    below = [p for p in PYTHON if p.relative_to(ROOT).parts[1] in rooms and p.name not in exempt]
    assert not [str(p.relative_to(ROOT)) for p in below if opens.search(p.read_text("utf-8"))]


def test_the_map_is_the_territory() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    on_map = set(re.findall(r"^\| `([\w/]+?)/?` \|", text, re.MULTILINE))
    rooms = {p.relative_to(ROOT / "bowerbird").parts[0] for p in PYTHON if len(p.relative_to(ROOT / "bowerbird").parts) > 1}
    tops = {p.stem for p in PYTHON if p.parent == ROOT / "bowerbird" and p.stem != "__init__"}
    assert on_map == rooms | tops


def test_every_setting_is_written_down() -> None:
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    written = set(re.findall(r"^\| `BOWERBIRD_(\w+)` \|", page, re.MULTILINE))
    assert written == {field.name.upper() for field in msgspec.structs.fields(Settings)}


def test_nothing_names_a_registry_or_a_machine() -> None:
    refused = re.compile(
        "|".join(
            [r"py" + r"pi\.org", r"python" + r"hosted", r"registry\.np" + r"mjs", r"(^|[^.\w])/w" + r"ork/", r"/ro" + r"ot/\."]
        )
    )
    named = [
        f"{p.relative_to(ROOT)}:{number}"
        for p in tracked("")
        if p.suffix not in (".png", ".webp", ".woff2", ".npy")
        for number, line in enumerate(p.read_text("utf-8", errors="replace").splitlines(), 1)
        if refused.search(line)
    ]
    assert not named


def test_the_lock_pins_every_package_by_hash() -> None:
    for name in ("requirements.txt", "requirements-test.txt"):
        text = (ROOT / name).read_text("utf-8")
        packages = re.findall(r"^([\w.\[\]-]+)==", text, re.MULTILINE)
        assert len(packages) > 20
        assert text.count("--hash=sha256:") >= len(packages)


def test_every_licence_of_what_we_use_is_in_notice() -> None:
    notice = (ROOT / "NOTICE").read_text("utf-8")
    browser = msgspec.json.decode((ROOT / "assets" / "package.json").read_bytes())["dependencies"]
    models = re.findall(r"^([\w-]+)==", (ROOT / "assets" / "models.txt").read_text("utf-8"), re.MULTILINE)
    assert not [name for name in [*browser, *models] if name not in notice]


def test_styles_are_the_media_the_illustrator_knows() -> None:
    from bowerbird.inference.runner.illustrator.scene import MEDIA
    from bowerbird.studio.styles import STYLES

    assert {style.id for style in STYLES} == set(MEDIA)


@pytest.mark.parametrize("path", [p for p in PYTHON if "test" not in p.parts], ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_is_left_unfinished(path: Path) -> None:
    assert not re.search(r"\b(TODO|FIXME|XXX)\b", path.read_text("utf-8"))
