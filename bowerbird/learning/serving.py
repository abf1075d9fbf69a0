"""Where versions lie, and how one of each model is put into service: by `releases.settle`, as the ledger says."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from bowerbird.core.errors import Conflict
from bowerbird.core.settings import Settings
from bowerbird.core.whole import partly
from bowerbird.feed import nights
from bowerbird.inference import registry

FOLDERS = ("ranker",)  # models of several files


def file_of(where: Settings, model: str, number: int) -> Path:
    """Where a version is kept, a file or a folder; an adapter lies where the language model looks for it (`adapters.file_of`)."""
    home = where.home / "releases" / model
    return home / str(number) if model in FOLDERS else home / f"{number}.json"


def candidate_of(where: Settings, model: str) -> Path:
    """Where one lies that is learned and not numbered yet."""
    home = where.home / "releases" / model
    return home / "candidate" if model in FOLDERS else home / "candidate.json"


def keep(where: Settings, model: str, number: int, candidate: Path) -> None:
    """Give a candidate the place of its number. What lies there was left by a walk that was killed: nobody wrote it down."""
    place = file_of(where, model, number)
    gone(place)
    candidate.rename(place)


def gone(place: Path) -> None:
    """Delete a file or a folder, where it is there."""
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)


def kept(where: Settings, model: str, number: int) -> bool:
    """Whether a version can be put into service: always, for a model that is served from elsewhere, or not at all."""
    return model not in SERVED or file_of(where, model, number).exists()


def put(where: Settings, model: str, number: int | None) -> None:
    """Serve this version of a model from now on; none. Doing it twice does no harm. Raises Conflict where its files are no longer kept."""
    if model not in SERVED:
        return
    if number is not None and not kept(where, model, number):
        raise Conflict(f"The files of {model} {number} are no longer kept.")
    SERVED[model](where, None if number is None else file_of(where, model, number))


def _picture_reward(where: Settings, file: Path | None) -> None:
    """The models' process reads it with the next picture."""
    _beside_the_models(where, registry.REWARD, file)


def _answer_reward(where: Settings, file: Path | None) -> None:
    """The models' process reads it with the next answer."""
    _beside_the_models(where, registry.ANSWER_REWARD, file)


def _beside_the_models(where: Settings, name: str, file: Path | None) -> None:
    place = registry.home(where) / name
    if file is None:
        place.unlink(missing_ok=True)
    else:
        _copied(file, place)


def _copied(file: Path, place: Path) -> None:
    """What is there already stays as it is: whoever serves it would read it anew."""
    if not place.exists() or place.read_bytes() != file.read_bytes():
        with partly(place) as part:
            shutil.copyfile(file, part)


def _nightly(where: Settings, folder: Path | None) -> None:
    """The feed's process reads it within half a minute. Parts are called by their hash; what names them comes last, and goes first."""
    place = where.home / nights.FOLDER
    wanted = {file.name for file in folder.iterdir()} if folder else set[str]()
    if folder is None:
        (place / nights.FILE).unlink(missing_ok=True)
    else:
        for name in sorted(wanted, key=lambda name: (name == nights.FILE, name)):
            if name == nights.FILE or not (place / name).exists():
                _copied(folder / name, place / name)
    for old in place.glob("*.npy"):
        if old.name not in wanted:
            old.unlink()


SERVED: dict[str, Callable[[Settings, Path | None], None]] = {
    "assistant": _answer_reward, "pictures": _picture_reward, "ranker": _nightly,
}  # fmt: skip


def let_go(where: Settings, model: str, but: set[int]) -> None:
    """Delete the files of all versions of a model but these."""
    home = where.home / "releases" / model
    for one in home.iterdir() if home.exists() else ():
        number = one.name.partition(".")[0]
        if number.isdigit() and int(number) not in but:
            gone(one)
