"""What people pick and show becomes a dataset of pictures, and a version in use only where it foretells what people it has not seen pick."""

from __future__ import annotations

import io
import json
import random
import secrets
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from bowerbird.accounts.people import Person
from bowerbird.core import settings as settings_module
from bowerbird.core.database import Database
from bowerbird.core.errors import Conflict
from bowerbird.core.ids import new_id
from bowerbird.core.paging import Page
from bowerbird.core.secrets import secret
from bowerbird.core.settings import Settings
from bowerbird.events import consent, kinds, log
from bowerbird.gallery import showing
from bowerbird.inference import registry
from bowerbird.learning import releases, serving
from bowerbird.learning.datasets import building, export, files, receipts, sieve
from bowerbird.learning.gate import Report
from bowerbird.learning.pictures import reward
from bowerbird.learning.pictures.trade import Picks, choices
from bowerbird.media import attachments, blobs
from bowerbird.media.pictures import Renditions
from bowerbird.social import reactions
from bowerbird.studio import pictures
from tests.contract import walks
from tests.contract.test_datasets import somebody

WARM, COLD = (200, 90, 40), (40, 90, 200)


@contextmanager
def home(folder: Path) -> Generator[Settings]:
    """A house of its own for everything that is written to disk."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("BOWERBIRD_DATA_DIR", str(folder))
        settings_module.settings.cache_clear()
        yield settings_module.settings()
    settings_module.settings.cache_clear()


@pytest.fixture(autouse=True)
async def anew(db: Database) -> None:
    """No version was made in this house, whatever other tests did."""
    await db.execute("delete from learning.releases where model in ('pictures', 'ranker')")


@pytest.fixture
def where(tmp_path: Path) -> Iterator[Settings]:
    with home(tmp_path) as own:
        yield own


def painted(colour: tuple[int, int, int]) -> bytes:
    """No two of them are the same."""
    dice = np.random.default_rng()
    noise = dice.integers(-25, 26, (40, 40, 3))
    out = io.BytesIO()
    Image.fromarray(np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8)).save(out, "webp", quality=90)
    return out.getvalue()


async def drawn(db: Database, me: Person, colour: tuple[int, int, int] = WARM, prompt: str = "a fox", parent: Any = None) -> Any:
    """A picture made here, as the house keeps it."""
    data = painted(colour)
    made = Renditions(data, 40, 40, data, 40, 40, "L00000fQfQfQfQfQfQfQfQfQfQfQ", "#c85a28", animated=False)
    kept = await attachments.attach(db, me.id, made, generated=True)
    return await pictures.create(db, me.id, kept.id, prompt, {"engine": "illustrator"}, parent, 0.5)


async def pick(db: Database, me: Person, offered: list[Any], best: int) -> int:
    """Take one of several tries; the event."""
    tries = [one.id for one in offered]
    return await log.record(db, kinds.CandidatePicked(actor_id=me.id, item_id=new_id(), picked=tries[best], offered=tries))


async def town(db: Database, where: Settings, prefix: str, right: float | None, apart: int = 9, each: int = 8) -> list[Person]:
    """People who agreed and picked, `apart` of them kept for the exam and twice as many not; `right`: how often they take the warm one of three,
    None: by chance."""
    chance, taught, examined = random.Random(prefix), list[Person](), list[Person]()
    while len(examined) < apart or len(taught) < 2 * apart:
        me = await somebody(db, f"{prefix}{secrets.token_hex(4)}")
        group, most = (
            (examined, apart) if sieve.apart(sieve.person_key(secret(where, "datasets"), me.id)) else (taught, 2 * apart)
        )
        if len(group) == most:
            continue
        group.append(me)
        await consent.say(db, me.id, {"train_picture_picks": True})
        for _ in range(each):
            warm = chance.randrange(3)
            offered = [await drawn(db, me, WARM if place == warm else COLD) for place in range(3)]
            hit = chance.random() < right if right is not None else chance.random() < 1 / 3
            await pick(db, me, offered, warm if hit else (warm + chance.choice((1, 2))) % 3)
    return [*taught, *examined]


def everything(folder: Path) -> list[dict[str, Any]]:
    return [row for split in files.SPLITS for row in files.read(folder, split)]


async def test_picks_become_a_version_that_ranks_and_a_withdrawal_makes_another(db: Database, where: Settings) -> None:
    people = await town(db, where, "picks_a", 0.9)
    served = registry.home(where) / registry.REWARD
    first = await walks.through(db, where, Picks())
    assert first.release is not None
    assert first.release.state == "in_use", first.said
    assert served.read_bytes() == serving.file_of(where, "pictures", 1).read_bytes()
    assert (await walks.through(db, where, Picks())).release is None
    taught = await db.value(
        "select min(person_id) from learning.items where dataset_id = %s and split = 'train' and person_id = any(%s)",
        first.dataset.id,
        [one.id for one in people],
    )
    told = await receipts.of(db, taught, Page(limit=80))
    assert {name for one in told for entry in one.entries for name in entry.releases} == {"pictures 1"}
    await consent.say(db, taught, {"train_picture_picks": False})
    assert (await receipts.part(db, taught)).leaving > 0
    second = await walks.through(db, where, Picks())
    assert second.release is not None
    assert second.release.state == "in_use", second.said
    with pytest.raises(Conflict):
        await releases.promote(db, "pictures", 1, where)
    before = {one.id for one in people} - {taught}
    await db.execute("delete from learning.items where person_id = %s", taught)  # as if they had never been
    await db.execute("delete from events.log where actor_id = %s", taught)
    _, folder = await building.build(db, where, "pictures")
    alone = reward.learn(list(choices(folder, "train")))
    assert alone is not None
    assert alone.people <= len(before)
    assert alone == reward.read(serving.file_of(where, "pictures", 2))
    assert await releases.rollback(db, "pictures", where) is None  # the one before learned from who withdrew
    await releases.settle(db, where)
    assert not served.exists()
    assert (await releases.promote(db, "pictures", 2, where)).state == "in_use"
    await releases.settle(db, where)
    assert reward.read(served) == alone
    await releases.retire(db, "pictures", "By hand.")
    await releases.settle(db, where)
    assert not served.exists()


async def test_picks_by_chance_are_held_back_and_what_nobody_released_is_not_served(db: Database, where: Settings) -> None:
    served = registry.home(where) / registry.REWARD
    served.parent.mkdir(parents=True)
    served.write_text("{}")  # of a time before there was a gate
    empty, _ = await building.build(db, where, "pictures")
    for number in range(1, 21):  # what is left of the error after so many rounds lets chance through once in ten thousand runs
        await releases.made(
            db, empty, number, "0", Report(model="pictures", round=number, error=0.0, items=0, people=0, checks=[])
        )
    await town(db, where, "picks_b", None)
    found = await walks.through(db, where, Picks())
    assert found.release is not None
    assert found.release.state == "held"
    assert not served.exists()
    with pytest.raises(Conflict):
        await releases.promote(db, "pictures", found.release.number, where)
    few = await walks.through(db, where, Picks())
    assert few.release is None


async def test_what_goes_into_the_dataset_and_what_does_not(db: Database, where: Settings) -> None:
    ines, noor = await somebody(db, "ines_paints"), await somebody(db, "noor_paints")
    await consent.say(db, ines.id, {"train_picture_picks": True, "train_pictures": True})
    first = await pick(db, ines, [await drawn(db, ines) for _ in range(3)], 1)
    alone = await pick(db, ines, [await drawn(db, ines)], 0)
    theirs = await drawn(db, noor)
    remixed = await pick(db, ines, [await drawn(db, ines, parent=theirs), await drawn(db, ines)], 0)
    gone = [await drawn(db, ines), await drawn(db, ines)]
    lost = await pick(db, ines, gone, 0)
    await pictures.delete(db, ines.id, gone[1].id)
    tries = [await drawn(db, ines), await drawn(db, ines)]
    item = new_id()
    for best in (0, 1):
        await log.record(
            db, kinds.CandidatePicked(actor_id=ines.id, item_id=item, picked=tries[best].id, offered=[one.id for one in tries])
        )
    silent = await pick(db, noor, [await drawn(db, noor), await drawn(db, noor)], 0)
    posts = {}
    for words, parent in (
        ("a heron at dusk", None),
        ("call me on +44 7700 900123", None),
        ("a borrowed octopus", theirs),
        ("unliked", None),
    ):
        shown = await drawn(db, ines, prompt=words, parent=parent)
        posts[words] = await showing.publish(db, ines, words, media_ids=[shown.media_id])
        if words != "unliked":
            await reactions.like(db, noor, posts[words].id)
    built, folder = await building.build(db, where, "pictures")
    told = {one.id: {entry.reason for entry in one.entries} for one in await receipts.of(db, ines.id, Page(limit=80))}
    assert told[first] == {""}
    assert (told[alone], told[remixed], told[lost]) == ({"no_words"}, {"not_from_words"}, {"deleted"})
    assert silent not in told
    assert sorted(reason for reasons in told.values() for reason in reasons) == sorted(
        ["", "no_words", "not_from_words", "deleted", "changed", "", "", "personal_data", "not_from_words", "not_liked"]
    )
    rows = [row for row in everything(folder) if row["person"] == sieve.person_key(secret(where, "datasets"), ines.id)]
    assert sorted(row["kind"] for row in rows) == ["pick", "pick", "picture"]
    liked = next(row for row in rows if row["kind"] == "picture")
    assert liked["prompt"] == "a heron at dusk"
    taken = next(row for row in rows if row["event_ids"] == [first])
    assert (len(taken["others"]), taken["place"], taken["prompt"]) == (2, 1, "")
    assert Image.open(io.BytesIO(taken["image"]["bytes"])).size == (40, 40)
    assert built.facts.kinds["pick"] >= 2
    schema = pq.read_schema(folder / "data" / "train-00000-of-00001.parquet")
    assert json.loads(schema.metadata[b"huggingface"])["info"]["features"]["image"] == {"_type": "Image"}
    again, same = await building.build(db, where, "pictures")
    assert (again.id, same) == (built.id, folder)
    (folder / "README.md").unlink()
    was = {file.name: file.read_bytes() for file in (folder / "data").iterdir()}
    await building.build(db, where, "pictures")
    assert {file.name: file.read_bytes() for file in (folder / "data").iterdir()} == was


async def test_a_vote_between_two_pictures_is_a_pick_while_it_stands(db: Database, where: Settings) -> None:
    ines, painter = await somebody(db, "ines_votes"), await somebody(db, "painter_of_the_house")
    await consent.say(db, ines.id, {"train_picture_picks": True})
    bout_id, ids = await bout(db, ines, [await drawn(db, painter), await drawn(db, painter)])
    await db.execute("insert into learning.votes (bout_id, winner, blind) values (%s, 'b', true)", bout_id)
    told = kinds.PictureVoted(actor_id=ines.id, item_id=bout_id, winner="b", sides=ids, contestants=[1, 2])
    event_id = await log.record(db, told)
    _, folder = await building.build(db, where, "pictures")
    row = next(row for row in everything(folder) if row["event_ids"] == [event_id])
    assert (row["source"], row["place"], len(row["others"]), row["item_kind"]) == ("arena", 1, 1, "bout")
    await db.execute("delete from learning.votes where bout_id = %s", bout_id)
    _, folder = await building.build(db, where, "pictures")
    assert not any(row["event_ids"] == [event_id] for row in everything(folder))


async def bout(db: Database, me: Person, shown: list[Any]) -> tuple[int, list[int]]:
    """Two pictures side by side, as the arena keeps them: (its id, those of its sides)."""
    bout_id, ids = new_id(), [new_id(), new_id()]
    await db.execute(
        "insert into learning.bouts (id, account_id, kind, prompt) values (%s, %s, 'picture', 'a fox')", bout_id, me.id
    )
    for side, side_id, picture in zip("ab", ids, shown, strict=True):
        contestant, made = new_id(), new_id()
        await db.execute(
            "insert into learning.contestants (id, kind, key, name) values (%s, 'picture', %s, 'One')",
            contestant,
            str(contestant),
        )
        await db.execute(
            """insert into studio.generations (id, account_id, prompt, tier, width, height, seed, state)
               values (%s, %s, 'a fox', 'draft', 256, 256, 1, 'done')""",
            made, picture.creator_id,
        )  # fmt: skip
        await db.execute(
            """insert into studio.candidates (id, generation_id, position, seed, state, picture_id) values (%s, %s, 0, 1, 'done', %s)""",
            new_id(), made, picture.id,
        )  # fmt: skip
        await db.execute(
            "insert into learning.sides (id, bout_id, side, contestant_id, generation_id) values (%s, %s, %s, %s, %s)",
            side_id, bout_id, side, contestant, made,
        )  # fmt: skip
    return bout_id, ids


async def gives(db: Database, name: str, liked_by: Person, public: bool = True) -> tuple[list[Any], Any]:
    """Somebody picks the first of three, and shows a picture that is liked; (the three, the shown one)."""
    me = await somebody(db, name)
    await consent.say(db, me.id, {"train_picture_picks": True, "train_pictures": True, "public_dataset": public})
    tries = [await drawn(db, me) for _ in range(3)]
    await pick(db, me, tries, 0)
    shown = await drawn(db, me, prompt=f"a lamp of {name}")
    post = await showing.publish(db, me, "look", media_ids=[shown.media_id])
    await reactions.like(db, liked_by, post.id)
    return tries, shown


def exported(folder: Path, out: Path) -> tuple[str, list[dict[str, Any]]]:
    """(all that is said, line by line) of what leaves; each picture that is named is there, and no other."""
    export.write("pictures", folder, out)
    text = "".join(file.read_text() for file in out.glob("*.jsonl"))
    lines = [json.loads(line) for line in text.splitlines()]
    assert {name for line in lines for name in _names(line)} == {f"pictures/{file.name}" for file in (out / "pictures").iterdir()}
    return text, lines


async def place(db: Database, picture: Any) -> str:
    """How the file of a picture is called in what leaves."""
    return f"pictures/{await db.value('select small from media.attachments where id = %s', picture.media_id)}.webp"


async def test_only_pictures_that_may_leave_the_house_are_exported(db: Database, where: Settings, tmp_path: Path) -> None:
    fan = await somebody(db, "fan_of_both")
    (best, *others), shown = await gives(db, "ines_gives", fan)
    (kept, *_), _ = await gives(db, "noor_keeps", fan, public=False)
    _, folder = await building.build(db, where, "pictures")
    text, lines = exported(folder, tmp_path / "out")
    assert {"file_name": await place(db, shown), "text": "a lamp of ines_gives"} in lines
    assert {"chosen": await place(db, best), "rejected": [await place(db, one) for one in others]} in lines
    assert "noor_keeps" not in text
    assert await place(db, kept) not in text


async def test_a_picture_whose_file_is_lost_is_not_named(db: Database, where: Settings, tmp_path: Path) -> None:
    fan = await somebody(db, "fan_of_the_lost")
    (one, other, third), _ = await gives(db, "loses_one_try", fan)
    (best, *_), _ = await gives(db, "loses_the_best", fan)
    (left, *gone), shown = await gives(db, "loses_the_rest", fan)
    for lost in (other, best, *gone, shown):
        hash_ = (await place(db, lost)).removeprefix("pictures/").removesuffix(".webp")
        await blobs.store(where).delete_async(blobs.path(hash_))
    _, folder = await building.build(db, where, "pictures")
    text, lines = exported(folder, tmp_path / "out")
    assert {"chosen": await place(db, one), "rejected": [await place(db, third)]} in lines
    for absent in (other, best, left, *gone, shown):
        assert await place(db, absent) not in text
    assert "a lamp of loses_the_rest" not in text
    assert "a lamp of loses_one_try" in text


def _names(line: dict[str, Any]) -> list[str]:
    return [line["file_name"]] if "file_name" in line else [line["chosen"], *line["rejected"]]
