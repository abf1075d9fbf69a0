"""What a painted scene must be, whatever it shows: layered, whole, the same twice, and what the words asked for."""

import numpy as np
import pytest

from bowerbird.inference.runner.illustrator import composition, light, paint, scene
from bowerbird.inference.runner.illustrator.colour import hexed, to_lab
from bowerbird.inference.runner.illustrator.media.build import MEDIA
from bowerbird.inference.runner.illustrator.scene import Scene, Subject
from bowerbird.inference.runner.illustrator.stage import Stage
from bowerbird.inference.runner.illustrator.worlds import world_of
from bowerbird.inference.runner.illustrator.worlds.build import WORLDS

SIDE = 256


def fox(**more):
    return Subject("fox", "noto:fox", "fox", **more)


def layers(what, width=SIDE, height=SIDE, seed=5):
    return list(paint.paint(what, width, height, seed))


def check(what):
    first, second = layers(what), layers(what)
    assert len(first) >= 6
    assert [layer.step for layer in first] == list(range(1, len(first) + 1))
    assert {layer.steps for layer in first} == {len(first)}
    assert all(layer.name and layer.name.isprintable() for layer in first)
    for layer in first:
        assert layer.image.shape == (SIDE, SIDE, 3)
        assert layer.image.dtype == np.uint8
    assert first[-1].image.std() > 8, "a flat picture"
    assert np.array_equal(first[-1].image, second[-1].image), "the same recipe, other pixels"


def test_every_name_of_the_contract_can_be_painted():
    assert set(WORLDS) == set(scene.WORLDS)
    assert set(MEDIA) == set(scene.MEDIA)


@pytest.mark.parametrize("world", scene.WORLDS)
def test_every_world(world):
    check(Scene(world=world, medium="watercolour", subjects=[fox()]))


@pytest.mark.parametrize("medium", scene.MEDIA)
def test_every_medium(medium):
    check(Scene(world="lake", medium=medium, time="golden", subjects=[fox()]))


@pytest.mark.parametrize("world", scene.WORLDS)
def test_every_world_without_anyone_has_six_layers_in_the_medium_with_fewest_passes(world):
    assert next(iter(paint.paint(Scene(world=world, medium="papercut"), 64, 64, 1))).steps >= 6


def test_every_time_and_weather_has_its_own_light():
    seen = {layers(Scene(world="hills", medium="clean", time=time), 64, 64)[-1].image.tobytes() for time in scene.TIMES}
    assert len(seen) == len(scene.TIMES)
    seen = {
        layers(Scene(world="meadow", medium="clean", weather=weather), 64, 64)[-1].image.tobytes() for weather in scene.WEATHERS
    }
    assert len(seen) == len(scene.WEATHERS)


def test_seeds_differ():
    a, b = (layers(Scene(subjects=[fox()]), seed=seed)[-1].image.astype(int) for seed in (1, 2))
    assert np.abs(a - b).mean() > 4


def test_the_consumer_may_stop():
    running = paint.paint(Scene(), SIDE, SIDE, 1)
    assert next(running).step == 1
    running.close()


@pytest.mark.parametrize(("width", "height"), [(256, 384), (640, 256), (257, 311), (512, 512)])
def test_odd_sizes(width, height):
    assert layers(Scene(world="sea", medium="clean", subjects=[fox()]), width, height)[-1].image.shape == (height, width, 3)


@pytest.mark.parametrize("medium", scene.MEDIA)
@pytest.mark.parametrize(("width", "height"), [(176, 220), (240, 160)])
def test_every_medium_fills_portrait_and_wide_sheets(medium, width, height):
    image = layers(Scene(world="hills", medium=medium, time="golden", subjects=[fox()]), width, height)[-1].image
    assert image.shape == (height, width, 3)
    middle = image[height // 8 : -height // 8, width // 8 : -width // 8]
    for half in (middle[: len(middle) // 2], middle[len(middle) // 2 :]):
        assert half.std() > 4, "a part of the sheet stayed empty"


@pytest.mark.parametrize(
    ("world", "weather"), [("sea", "storm"), ("hills", "rain"), ("lake", "snow"), ("meadow", "wind"), ("street", "fog")]
)
def test_weather_is_seen(world, weather):
    calm, rough = (
        layers(Scene(world=world, weather=w, said=["weather"], medium="clean"))[-1].image.astype(int) for w in ("clear", weather)
    )
    assert np.abs(calm - rough).mean() > 3


@pytest.mark.parametrize(("world", "count"), [("room", 1), ("forest", 3), ("street", 2), ("lake", 5)])
def test_whoever_sits_on_what_the_world_offers_sits_at_its_height(world, count):
    what = Scene(world=world, subjects=[fox(count=count, place="on")])
    stage = Stage(what, light.light_of(what, 5), SIDE, SIDE, 5)
    perch = world_of(stage).perch
    assert perch is not None
    placed = placed_in(what)
    assert len(placed) == count
    assert all(
        abs(one.foot / SIDE - perch.y(one.x / SIDE)) < 0.02 and perch.left <= one.x / SIDE <= perch.right for one in placed
    )


def test_sizes_are_bounded():
    with pytest.raises(ValueError, match="px a side"):
        next(paint.paint(Scene(), 10, 256, 1))


@pytest.mark.parametrize("colour", ["#2f6fd6", "#3f9a4a", "#8a4fc4", "#e8c53a"])
def test_a_colour_asked_for_is_seen_where_the_subject_stands(colour):
    what = Scene(
        world="plain",
        medium="clean",
        time="day",
        subjects=[Subject("elephant", "noto:elephant", "elephant", colour=colour, size="large")],
    )
    image = layers(what)[-1].image
    (placed,) = placed_in(what)
    top, left = int(placed.foot - placed.height * 0.8), int(placed.x - placed.width * 0.3)
    part = image[top : int(placed.foot - placed.height * 0.2), left : int(placed.x + placed.width * 0.3)]
    lab, wish = to_lab(part.reshape(-1, 3).astype(np.float32) / 255), to_lab(hexed(colour))
    turned = np.angle(np.exp(1j * (np.arctan2(lab[:, 2], lab[:, 1]) - np.arctan2(wish[2], wish[1]))))
    alike = (np.abs(turned) < 0.6) & (np.hypot(lab[:, 1], lab[:, 2]) > 0.04)
    assert alike.mean() > 0.4


def placed_in(what, width=SIDE, height=SIDE, seed=5):
    stage = Stage(what, light.light_of(what, seed), width, height, seed)
    return composition.composed(stage, world_of(stage))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 12])
@pytest.mark.parametrize("world", ["hills", "space", "lake"])
def test_counts(world, count):
    placed = placed_in(Scene(world=world, subjects=[fox(count=count)]))
    assert len(placed) == count
    assert all(0 <= one.x <= SIDE and one.foot > 0 for one in placed)
    assert len({(round(one.x), round(one.foot)) for one in placed}) == count, "two in one place"


RELATIONS = {
    "left_of": lambda a, b: a.x < b.x,
    "right_of": lambda a, b: a.x > b.x,
    "above": lambda a, b: a.foot < b.foot - b.height * 0.9,
    "on": lambda a, b: a.foot < b.foot - b.height * 0.5,
    "behind": lambda a, b: a.depth > b.depth,
    "in_front": lambda a, b: a.depth < b.depth,
}


@pytest.mark.parametrize("place", RELATIONS)
def test_places(place):
    cat = Subject("cat", "noto:cat", "cat", place=place, of=1)
    by = {one.subject: one for one in placed_in(Scene(subjects=[cat, Subject("house", "noto:house", "house")]))}
    assert RELATIONS[place](by[0], by[1])


def test_a_circle_of_relations_ends():
    a, b = fox(place="on", of=1), fox(place="on", of=0)
    assert len(placed_in(Scene(subjects=[a, b]))) == 2


def test_a_drawing_that_is_gone_is_still_painted():
    assert layers(Scene(subjects=[Subject("thing", "noto:no such thing", "thing")]), 128, 128)


def test_sleepers_close_their_eyes_and_lie_down():
    up, down = (placed_in(Scene(subjects=[fox(pose=pose)]))[0] for pose in ("standing", "sleeping"))
    assert down.height / down.width < 0.75 < up.height / up.width
