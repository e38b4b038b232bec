"""Designs of the noise table: as many regressors as they say, new ones each time."""

import numpy as np
import pytest
from benchmarks.null_designs import N_MOTION, NullDesign, clumps, motion
from benchmarks.null_rows import GROUPS, ROWS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.title)
def test_every_row_has_a_design_of_full_rank_with_the_task_first(row, rng):
    X = row.design.matrix(rng)
    assert X.shape == (row.design.n_scans, row.design.n_regressors)
    unit = X / np.linalg.norm(X, axis=0)
    assert np.linalg.matrix_rank(unit) == X.shape[1]
    task, others = X[:, 0], X[:, 1:]
    left = task - others @ np.linalg.lstsq(others, task)[0]
    # The task is not a constant, and something is left of it
    assert np.linalg.norm(left) > 0.2 * np.linalg.norm(task - task.mean())


def test_rows_have_names_of_their_own_and_lie_group_by_group():
    titles = [row.title for row in ROWS]
    assert len(set(titles)) == len(titles)
    order = [GROUPS.index(row.group) for row in ROWS]
    assert order == sorted(order)


def test_blocks_are_as_long_as_they_say(rng):
    X = NullDesign(30.0).matrix(rng)
    power = np.abs(np.fft.rfft(X[:, 0] - X[:, 0].mean()))
    assert np.fft.rfftfreq(300, 2.0)[power.argmax()] == pytest.approx(1 / 60)


def test_events_and_confounds_are_drawn_anew_and_blocks_are_not(rng):
    events, blocks = NullDesign(None), NullDesign(16.0)
    one, other = events.matrix(rng), events.matrix(rng)
    assert not np.allclose(one[:, 0], other[:, 0])
    one, other = blocks.matrix(rng), blocks.matrix(rng)
    np.testing.assert_array_equal(one[:, 0], other[:, 0])
    assert not np.allclose(one[:, -1], other[:, -1])


def test_too_few_regressors_are_an_error(rng):
    with pytest.raises(ValueError, match="lower high_pass"):
        NullDesign(n_regressors=5).matrix(rng)


def test_motion_is_parameters_changes_and_squares(rng):
    moved = motion(50, rng)
    assert moved.shape == (50, N_MOTION)
    place, change = moved[:, :6], moved[:, 6:12]
    np.testing.assert_allclose(change[1:], np.diff(place, axis=0))
    np.testing.assert_allclose(moved[:, 12:], moved[:, :12] ** 2)


def test_a_share_of_the_scans_is_left_out_a_few_at_a_time(rng):
    kept = clumps(3000, 0.1, 3.0, rng)
    assert kept.size == pytest.approx(0.9 * 3000, abs=20)
    gaps = np.diff(kept)
    gaps = gaps[gaps > 1] - 1
    assert 2.2 < gaps.mean() < 4
    assert NullDesign().kept(rng) is None
    assert NullDesign(censored=0.1).kept(rng).size <= 270
    single = np.diff(clumps(3000, 0.05, 1.0, rng))
    assert np.mean(single[single > 1] == 2) > 0.9
