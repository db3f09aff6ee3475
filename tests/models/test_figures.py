"""The figures: each species can be told from the others, and every look of it is seen and stays in its frame."""

from functools import cache
from itertools import combinations, product

import numpy as np
import pytest
from numpy.typing import NDArray

from cygnet_training.accessories import ACCESSORIES, draw_sleep
from cygnet_training.figure import Look
from cygnet_training.grammar import ACCESSORIES as WEARABLE
from cygnet_training.grammar import COLOURS, FLYING, LIFELESS, POSES, SPECIES
from cygnet_training.palette import BODIES, palette_of
from cygnet_training.species import FIGURES, draw_figure
from cygnet_training.vector import Pen, finish, new_sheet

SIZE = 48
SCALE = 0.36
PAPER = (12, 200, 190)
# The shares below are of the frame's square [-1, 1]², of which the smallest figure covers about a quarter.
FRAME = (2 * SCALE * SIZE) ** 2


@cache
def drawn(species: str, look: Look, colour: str = "red", mirrored: bool = False) -> NDArray[np.int64]:
    sheet = new_sheet(SIZE, PAPER)
    draw_figure(Pen(sheet, scale=SCALE, mirrored=mirrored), species, palette_of(colour), look)
    return np.asarray(finish(sheet), dtype=np.int64)


def difference(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    """The share of the frame that differs plainly."""
    return float((np.abs(one - other).max(-1) > 60).sum() / FRAME)


def silhouette(species: str, look: Look) -> NDArray[np.bool_]:
    return np.asarray(np.abs(drawn(species, look) - PAPER).max(-1) > 30)


def test_the_figures_are_those_that_captions_speak_of() -> None:
    assert set(FIGURES) == set(SPECIES)
    assert set(BODIES) == set(COLOURS)
    assert {"", *ACCESSORIES} == set(WEARABLE)
    assert {species for species, figure in FIGURES.items() if figure.flies} == set(FLYING)
    assert {species for species, figure in FIGURES.items() if not figure.sleeps} == set(LIFELESS)


@pytest.mark.parametrize("species", SPECIES)
def test_every_look_fills_its_frame_and_little_more(species: str) -> None:
    """The frame is [-1, 1]²; what a figure wears, holds and dreams may stand out a little, as pictures have room."""
    margin = int(SIZE * (0.5 - 1.3 * SCALE))
    for pose, accessory, afloat in product(POSES, WEARABLE, (False, True)):
        seen = silhouette(species, Look(afloat, pose, accessory))
        assert 0.2 < seen.sum() / FRAME < 0.9, (pose, accessory)
        inside = seen[margin:-margin, margin:-margin]
        assert inside.sum() == seen.sum(), (pose, accessory, np.argwhere(seen).min(0), np.argwhere(seen).max(0))


@pytest.mark.parametrize(("one", "other"), list(combinations(SPECIES, 2)))
def test_no_two_species_have_the_same_silhouette(one: str, other: str) -> None:
    """At least a fifth of what either covers is covered by one of them alone."""
    first, second = silhouette(one, Look()), silhouette(other, Look())
    assert (first ^ second).sum() / (first | second).sum() > 0.2


@pytest.mark.parametrize("species", SPECIES)
@pytest.mark.parametrize("colour", COLOURS)
def test_the_colour_is_the_main_one(species: str, colour: str) -> None:
    """No other colour word's colour covers more of the figure; a boat's sails and a penguin's front are white."""
    pixels = drawn(species, Look(), colour)
    covers = {name: (np.abs(pixels - value).max(-1) < 12).sum() / FRAME for name, value in BODIES.items()}
    usual = {"boat": ("white",), "penguin": ("white",)}.get(species, ())
    assert covers[colour] > 0.06
    assert covers[colour] == max(cover for name, cover in covers.items() if name not in usual or name == colour)


@pytest.mark.parametrize("species", SPECIES)
def test_every_accessory_is_seen_on_every_colour(species: str) -> None:
    """Each differs plainly from the bare figure and from each other accessory."""
    for colour in COLOURS:
        pictures = {accessory: drawn(species, Look(accessory=accessory), colour) for accessory in WEARABLE}
        for one, other in combinations(WEARABLE, 2):
            assert difference(pictures[one], pictures[other]) > 0.01, (colour, one, other)


@pytest.mark.parametrize("species", SPECIES)
def test_poses_are_seen_where_the_species_knows_them(species: str) -> None:
    figure, usual = FIGURES[species], drawn(species, Look())
    for pose, known in (("flying", figure.flies), ("sleeping", figure.sleeps)):
        share = difference(usual, drawn(species, Look(pose=pose)))
        assert share > 0.03 if known else share == 0.0
    if figure.flies:
        first, second = silhouette(species, Look()), silhouette(species, Look(pose="flying"))
        assert (first ^ second).sum() / (first | second).sum() > 0.2


def test_letters_of_sleep_are_readable_in_a_mirrored_figure() -> None:
    """On the axis of the mirror the letters stay where they are, and a Z stays a Z."""
    letters = []
    for mirrored in (False, True):
        sheet = new_sheet(SIZE, PAPER)
        draw_sleep(Pen(sheet, mirrored=mirrored), 0.0, 0.2, 0.0)
        letters.append(np.asarray(finish(sheet), dtype=np.int64))
    assert difference(letters[0], letters[1]) == 0.0
    assert difference(letters[0], letters[0][:, ::-1]) > 0.02
