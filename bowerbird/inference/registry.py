"""The picture models a house has added: weights below `models/` in the data directory, and one file that says what they are."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import msgspec

from bowerbird.core.errors import Conflict, Invalid, NotFound
from bowerbird.core.settings import Settings

NAME = "registry.json"
REWARD = "picture-reward.json"  # what people's picks taught, beside the models
ANSWER_REWARD = "answer-reward.json"  # what their votes between answers taught
MODELS_MAX = 40
ID = re.compile(r"[a-z0-9][a-z0-9._-]{1,79}")
TAKEN = ("illustrator", "painter", "paint", "upscaler", "endpoint", "smollm2-135m-instruct", "all-minilm-l6-v2")
Plug = Literal["diffusers", "sdcpp", "lora"]


class File(msgspec.Struct, frozen=True):
    """One file of a model, by its path below the model's folder."""

    name: str
    size_bytes: int
    sha256: str


class Model(msgspec.Struct, frozen=True, kw_only=True):
    """One added model. `main`: its one file, "" for a folder; `base`: the model that a LoRA changes, by `scale`."""

    id: str
    plug: Plug
    name: str
    source: str
    revision: str
    licence: str
    folder: str
    main: str = ""
    base: str = ""
    scale: float = 1.0
    steps: int = 0  # 0: what the engine takes by itself
    guidance: float = -1.0  # below 0: what the engine takes by itself
    files: tuple[File, ...]
    sha256: str  # over the names and hashes of its files
    pipeline: str = ""  # the class named in model_index.json
    variant: str = ""  # "fp16" where its files say so

    @property
    def size_bytes(self) -> int:
        """What it takes on the disk."""
        return sum(file.size_bytes for file in self.files)


def home(where: Settings) -> Path:
    """Where models lie."""
    return where.home / "models"


def stamp(where: Settings) -> int:
    """A number that changes whenever the list does."""
    try:
        return (home(where) / NAME).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def models(where: Settings) -> list[Model]:
    """All of them, in the order they were added. Raises Invalid where the file is not ours any more."""
    try:
        return msgspec.json.decode((home(where) / NAME).read_bytes(), type=list[Model])
    except FileNotFoundError:
        return []
    except (msgspec.DecodeError, msgspec.ValidationError) as broken:
        raise Invalid(
            f"{home(where) / NAME} cannot be read: {broken}. Mend it, or remove it and add the models again."
        ) from broken


def model(where: Settings, id_: str) -> Model:
    """One of them. Raises NotFound."""
    found = next((one for one in models(where) if one.id == id_), None)
    if found is None:
        raise NotFound(f"There is no model “{id_}”. `bowerbird models list` shows those there are.")
    return found


def weights(where: Settings, one: Model) -> Path:
    """The folder, or the one file, that its engine loads."""
    return home(where) / one.folder / one.main if one.main else home(where) / one.folder


def free(where: Settings, id_: str) -> None:
    """Raises Conflict where the name is taken, Invalid where it is no name."""
    if not ID.fullmatch(id_):
        raise Invalid("A model's name has 2 to 80 of: a–z, 0–9, dot, dash, underscore. Give it one with --name.")
    if id_ in TAKEN or any(other.id == id_ for other in models(where)):
        raise Conflict(f"There is a model “{id_}” already. Remove it first, or give this one another name with --name.")


def add(where: Settings, one: Model) -> None:
    """Write it down; its files are in place. Raises Conflict where the name is taken."""
    with _writing(where) as all_:
        free(where, one.id)
        if len(all_) >= MODELS_MAX:
            raise Conflict(f"There are {MODELS_MAX} models already. Remove one first.")
        all_.append(one)


def remove(where: Settings, id_: str) -> Model:
    """Take it out of the list and its files off the disk. Raises NotFound, or Conflict while a LoRA needs it."""
    with _writing(where) as all_:
        gone = model(where, id_)
        leaning = [one.id for one in all_ if one.base == id_]
        if leaning:
            raise Conflict(f"“{id_}” is the base of {', '.join(leaning)}. Remove that first.")
        all_[:] = [one for one in all_ if one.id != id_]
    shutil.rmtree(home(where) / gone.folder, ignore_errors=True)
    return gone


@contextmanager
def _writing(where: Settings) -> Generator[list[Model]]:
    """The list, to be changed by one at a time; written in one go."""
    home(where).mkdir(parents=True, exist_ok=True)
    with open(home(where) / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        all_ = models(where)
        yield all_
        fresh = home(where) / f".{NAME}.{os.getpid()}"
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(all_)))
        fresh.replace(home(where) / NAME)
