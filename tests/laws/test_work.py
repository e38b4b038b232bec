"""How the work is cut up and who does it changes nothing.

Sums over scans are cut at the same scans, whatever comes how. Over voxels nothing is
summed, but kernels take several at a time and round the last few of a block otherwise:
1e-7 where factors are in single precision.
"""

import numpy as np
import pytest
from tests.laws import line
from tests.laws.line import NOISES, assert_same, slow_if
from threadpoolctl import threadpool_limits

from boldglm.core import contrast, gls, run_statistics
from boldglm.core.parallel import n_workers
from boldglm.glm.first_level import run_reading
from boldglm.image import reading, stored

ROUNDING = 1e-6
SMALL = {
    (gls, "BLOCK"): 16,
    (gls, "STATISTICS_BLOCK"): 64,
    (run_statistics, "VOXELS"): 16,
    (contrast, "BLOCK"): 16,
    (reading, "_BLOCK_BYTES"): 5000,
}
# Where work is cut, and how finely here; the whole run is 165 voxels of 104 scans.
CUTS = {
    "voxels of a fit": {(gls, "BLOCK"): 7},
    "voxels of a fit of sums": {(gls, "BLOCK"): 7, (gls, "STATISTICS_BLOCK"): 4},
    "voxels of a product": {(run_statistics, "VOXELS"): 5},
    "voxels of a contrast": {(contrast, "BLOCK"): 3},
    "scans of a block": {(reading, "_BLOCK_BYTES"): 900, (reading, "_SMALL_BYTES"): 1},
    "bytes of a piece": {(stored, "_PIECE"): 100, (stored, "_PIECE_IN_PLACE"): 52},
    "everything": SMALL,
}
# These pass on what they read: not one bit may differ.
EXACT = {"scans of a block", "bytes of a piece", "voxels of a product"}


@pytest.fixture
def cut(monkeypatch):
    def into(sizes):
        for (module, name), size in sizes.items():
            assert getattr(module, name) > size
            monkeypatch.setattr(module, name, size)

    return into


@pytest.mark.parametrize(
    ("noise", "name"),
    [
        slow_if(noise != "auto2" and name != "everything", noise, name)
        for noise in NOISES
        for name in CUTS
    ],
)
@pytest.mark.parametrize("keep", [False, slow_if(True, True)])
def test_blocks_of_any_size(noise, name, keep, run, paths, as_it_is, cut):
    options = {"minimize_memory": not keep}
    expected = as_it_is(noise, 0, **options)
    cut(CUTS[name])
    found = line.maps(line.fitted(paths, run.design, noise, 0, **options))
    assert_same(found, expected, 0 if name in EXACT else ROUNDING)


@pytest.mark.parametrize("noise", NOISES)
def test_sums_over_fewer_scans_at_a_time(noise, run, paths, as_it_is, monkeypatch):
    """Here the sums themselves are cut: rounding in double precision."""
    expected = as_it_is(noise)
    monkeypatch.setattr(run_statistics, "SCANS", 7)
    found = line.maps(line.fitted(paths, run.design, noise))
    assert_same(found, expected, ROUNDING)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("keep", [False, slow_if(True, True)])
def test_threads(noise, keep, run, paths, cut):
    """Of many blocks the last bit is the same, whoever fits them."""
    cut(SMALL)
    options = {"minimize_memory": not keep, "smoothing_fwhm": 4.0}
    maps = [
        line.maps(line.fitted(paths, run.design, noise, n_jobs=n, **options))
        for n in (1, 2, 3)
    ]
    assert_same(maps[1], maps[0])
    assert_same(maps[2], maps[0])


@pytest.mark.parametrize("noise", NOISES)
def test_threads_of_blas(noise, run, paths, as_it_is):
    with threadpool_limits(1, user_api="blas"):
        assert n_workers() == 1
        found = line.maps(line.fitted(paths, run.design, noise))
    assert_same(found, as_it_is(noise))


@pytest.mark.parametrize(
    ("noise", "scaling"),
    [
        slow_if(noise != "ar1" and scaling is not False, noise, scaling)
        for noise in ("ar1", "auto2", "arma11")
        for scaling in line.SCALINGS
    ],
)
def test_runs_at_once_or_one_after_another(noise, scaling, tmp_path, monkeypatch):
    made = [line.make_run(seed) for seed in range(3)]
    paths = [
        line.write(tmp_path / str(i), run, ending=".nii.gz")
        for i, run in enumerate(made)
    ]
    designs = [run.design for run in made]
    options = {"mask_img": paths[0][1], "n_jobs": 2}
    maps = []
    for room in (run_reading.AT_ONCE, 1):
        monkeypatch.setattr(run_reading, "AT_ONCE", room)
        maps.append(line.maps(line.fitted(paths, designs, noise, scaling, **options)))
    assert_same(maps[1], maps[0])


@pytest.mark.parametrize("noise", NOISES)
def test_scans_that_are_left_out_might_as_well_not_be_there(noise, run, paths):
    """At the ends nothing is remembered over a gap, so a shorter file is the same."""
    kept = np.arange(5, line.SCANS - 3)
    whole = line.table(run.design)
    model = line.fitted(paths, run.design, noise, 1)
    model.fit(paths[0], design_matrices=whole, sample_masks=kept)
    short = run._replace(data=run.data[..., kept], design=run.design[kept])
    expected = line.line(paths[0].parent / noise, short, noise, 1)
    assert_same(line.maps(model), expected, ROUNDING)
