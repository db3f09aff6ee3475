"""The heat map: how much of a likeness goes, or comes, when a region is hidden."""

import numpy as np

from cygnet.inference.occlusion import FAINT, heat_map

TARGET = np.array([1, 0, 0], dtype=np.float32)
CENTRE = (0.0, 0.0, 0.0)


def at(*cosines: float) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    """Embeddings that have these cosines with the target."""
    return np.array([[cosine, np.sqrt(1 - cosine**2), 0] for cosine in cosines], dtype=np.float32)


def heat(whole: float, *hidden: float) -> tuple[list[int], list[int]]:
    """Returns how much each region helps, and how much each hurts."""
    helps, hurts = heat_map(at(whole)[0], at(*hidden), TARGET, CENTRE)
    return list(helps), list(hurts)


def test_the_region_that_costs_most_is_brightest() -> None:
    assert heat(0.9, 0.9, 0.7, 0.5, 0.8) == ([0, 128, 255, 64], [0, 0, 0, 0])


def test_a_region_that_spoils_the_likeness_hurts_by_as_much_as_hiding_it_helps() -> None:
    assert heat(0.5, 0.9, 0.5, 0.4, 0.3) == ([0, 0, 64, 128], [255, 0, 0, 0])


def test_differences_of_no_account_stay_faint() -> None:
    helps, hurts = heat(0.9, 0.9 - FAINT / 10, 0.9 + FAINT / 10, 0.9, 0.9)
    assert 0 < max(helps) < 30
    assert 0 < max(hurts) < 30
    assert heat(0.9, 0.9, 0.9, 0.9, 0.9) == ([0, 0, 0, 0], [0, 0, 0, 0])


def test_the_mean_is_subtracted() -> None:
    centre = (0.3, -0.2, 0.1)
    whole, hidden, target = (each + np.array(centre, dtype=np.float32) for each in (at(0.9)[0], at(0.9, 0.7), TARGET))
    assert heat_map(whole, hidden, target, centre) == (bytes([0, 255]), bytes([0, 0]))


def test_a_hidden_picture_without_direction_has_no_likeness_left() -> None:
    regions = np.zeros((1, 3), dtype=np.float32)
    assert heat_map(at(0.9)[0], regions, TARGET, CENTRE) == (bytes([255]), bytes([0]))


def test_without_regions_there_is_no_map() -> None:
    assert heat_map(at(0.9)[0], np.zeros((0, 3), dtype=np.float32), TARGET, CENTRE) == (b"", b"")
