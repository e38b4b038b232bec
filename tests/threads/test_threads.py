"""Models at once in several threads: the same numbers, and no more threads than asked.

Numbers are compared to the last bit. Threads are counted by the system, those of BLAS
and of numba among them.
"""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from tests.threads.threads_of import settled, watched
from threadpoolctl import threadpool_info, threadpool_limits

import boldglm
from boldglm.core import (
    contrast,
    gls,
    goodness,
    likelihood,
    noise_bias,
    parallel,
    run_statistics,
    tails,
)
from boldglm.core.parallel import n_workers
from boldglm.glm.first_level import FirstLevelModel, run_reading
from boldglm.glm.second_level import SecondLevelModel, non_parametric_inference
from boldglm.image import reading, smooth_img
from boldglm.maskers import NiftiMasker
from boldglm.mass_univariate import permuted_ols

SHAPE, N_SCANS, AFFINE = (10, 11, 9), 60, np.diag([4.0, 4.0, 4.0, 1.0])
MASK = nib.Nifti1Image(np.ones(SHAPE, np.uint8), AFFINE)
NOISES = (
    "ols",
    "ar1",
    pytest.param("ar3+", marks=pytest.mark.slow),
    pytest.param("auto", marks=pytest.mark.slow),
    "arma11",
)
AT_ONCE = 4

# Random walks: their noise is hardly stationary, and that is told
pytestmark = pytest.mark.filterwarnings("ignore:In .* no stationary noise was found")


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch):
    """So that there is something for several threads to do, in data of this size."""
    monkeypatch.setattr(run_statistics, "VOXELS", 128)
    for module in (gls, contrast, goodness, likelihood, noise_bias, tails):
        monkeypatch.setattr(module, "BLOCK", 128)
    monkeypatch.setattr(reading, "_block_size", lambda *_: 7)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Files of several subjects, two runs each."""
    folder, rng = tmp_path_factory.mktemp("runs"), np.random.default_rng(0)
    paths = []
    for number in range(2 * AT_ONCE):
        values = rng.normal(1000, 30, (*SHAPE, N_SCANS)).cumsum(axis=3) / 10
        path = folder / f"run-{number}.nii.gz"
        nib.save(nib.Nifti1Image((values + 900).astype(np.float32), AFFINE), path)
        paths.append(str(path))
    return [paths[at : at + 2] for at in range(0, len(paths), 2)]


def design():
    at = np.arange(N_SCANS)
    rng = np.random.default_rng(7)
    return pd.DataFrame(
        {"task": at % 20 < 10, "drift": at / N_SCANS, "noise": rng.random(N_SCANS)}
        | {"constant": 1.0},
        dtype=float,
    )


def fitted(files, noise="ar1", **options):
    """All numbers of a model of two runs, and of its contrasts."""
    t_r = {"t_r": 2.0} if noise == "auto" else {}
    options = {"mask_img": MASK, "noise_model": noise} | t_r | options
    model = FirstLevelModel(**options)
    model.fit(files, design_matrices=[design(), design()])
    maps = model.compute_contrast("task - noise", output_type="all")
    numbers = [one.get_fdata() for one in maps.values()]
    for fit in model.fits_:
        numbers += [fit.beta, fit.sigma2, fit.phi, fit.outcome]
    return numbers


def permuted(seed, **options):
    rng = np.random.default_rng(seed)
    found = permuted_ols(
        np.ones((12, 1)), rng.standard_normal((12, 300)), n_perm=3000,
        random_state=seed, two_sided_test=False, **options,
    )  # fmt: skip
    return [found["t"], found["logp_max_t"], found["h0_max_t"]]


def assert_same(found, wanted):
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        np.testing.assert_array_equal(one, other)


def at_once(work, items):
    """Each in a thread of the user's, all begun at the same moment."""
    gate = Barrier(len(items), timeout=60)

    def one(item):
        gate.wait()
        return work(item)

    with ThreadPoolExecutor(len(items)) as pool:
        return list(pool.map(one, items))


# the same numbers


@pytest.mark.parametrize("noise", NOISES)
def test_models_fitted_at_once_have_the_numbers_of_models_fitted_alone(runs, noise):
    alone = [fitted(files, noise) for files in runs]
    for found, wanted in zip(
        at_once(lambda files: fitted(files, noise), runs), alone, strict=True
    ):
        assert_same(found, wanted)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize(
    "n_jobs", [2, *(pytest.param(n, marks=pytest.mark.slow) for n in (3, -1))]
)
def test_the_number_of_threads_changes_no_bit(runs, noise, n_jobs):
    wanted = fitted(runs[0], noise, n_jobs=1)
    assert_same(fitted(runs[0], noise, n_jobs=n_jobs), wanted)
    with threadpool_limits(1):
        assert_same(fitted(runs[0], noise), wanted)


@pytest.mark.parametrize(
    "options",
    [
        {"minimize_memory": False},
        {"smoothing_fwhm": 8.0},
        {"standardize": True},
        {"signal_scaling": (0, 1)},
        {"mask_img": False},
    ],
    ids=lambda options: next(iter(options)),
)
def test_other_ways_of_fitting_are_the_same_at_once_too(runs, options):
    alone = [fitted(files, **options) for files in runs]
    for found, wanted in zip(
        at_once(lambda files: fitted(files, n_jobs=2, **options), runs),
        alone,
        strict=True,
    ):
        assert_same(found, wanted)


def test_permutations_at_once_are_those_alone():
    alone = [permuted(seed) for seed in range(AT_ONCE)]
    for n_jobs in (1, 2):
        found = at_once(lambda seed, n=n_jobs: permuted(seed, n_jobs=n), range(AT_ONCE))
        for one, wanted in zip(found, alone, strict=True):
            assert_same(one, wanted)


def test_groups_at_once_are_those_alone():
    def group(seed):
        rng = np.random.default_rng(seed)
        maps = [nib.Nifti1Image(rng.standard_normal(SHAPE), AFFINE) for _ in range(9)]
        given = pd.DataFrame({"intercept": np.ones(9)})
        model = SecondLevelModel(mask_img=MASK).fit(maps, design_matrix=given)
        clusters = non_parametric_inference(
            maps, design_matrix=given, mask=MASK, n_perm=200, random_state=seed,
            threshold=0.01, tfce=True, n_jobs=2,
        )  # fmt: skip
        z = model.compute_contrast("intercept")
        return [z.get_fdata(), *(one.get_fdata() for one in clusters.values())]

    seeds = range(AT_ONCE)
    alone = [group(seed) for seed in seeds]
    for found, wanted in zip(at_once(group, seeds), alone, strict=True):
        assert_same(found, wanted)


def test_one_model_is_asked_by_several_threads(runs):
    model = FirstLevelModel(mask_img=MASK).fit(
        runs[0], design_matrices=[design(), design()]
    )
    asked = ["task", "noise", "task - noise", "task + drift"]

    def z(contrast):
        return model.compute_contrast(contrast).get_fdata()

    alone = [z(contrast) for contrast in asked]
    assert_same(at_once(z, asked), alone)


def test_images_are_read_and_smoothed_at_once(runs):
    files = [files[0] for files in runs]

    def series(path):
        smoothed = smooth_img(path, 6.0)
        return NiftiMasker(mask_img=MASK).fit().transform(smoothed)

    alone = [series(path) for path in files]
    assert_same(at_once(series, files), alone)


# and no more threads than asked


@pytest.fixture
def extra(monkeypatch):
    """Threads beyond those there were, at most, and afterwards."""

    def of(work):
        work()
        before = settled()
        with watched(monkeypatch) as seen:
            work()
        assert len(seen) > 10
        return max(seen) - before, settled() - before

    return of


@pytest.mark.parametrize("n_jobs", [1, 2, 3])
def test_a_fit_has_the_threads_it_was_asked_for_and_readers(extra, runs, n_jobs):
    """Two compressed runs are read at once, each by a thread that decompresses."""
    most, after = extra(lambda: fitted(runs[0], n_jobs=n_jobs))
    workers = n_workers(None if n_jobs == 1 else n_jobs)
    assert most <= workers - 1 + min(2, workers)
    assert after == 0


def test_a_fit_on_one_thread_has_a_reader_beside_it(extra, runs):
    with threadpool_limits(1):
        most, after = extra(lambda: fitted(runs[0]))
    assert most <= 1
    assert after == 0


@pytest.mark.parametrize("n_jobs", [1, 2, 3])
def test_permutations_have_the_threads_they_were_asked_for(extra, n_jobs):
    most, after = extra(lambda: permuted(0, n_jobs=n_jobs))
    assert most <= n_workers(None if n_jobs == 1 else n_jobs) - 1
    assert after == 0


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_models_in_the_threads_of_a_user_do_not_multiply_them(extra, runs, n_jobs):
    """A user's thread is one of the workers: it has few others beside it."""
    most, after = extra(lambda: at_once(lambda one: fitted(one, n_jobs=n_jobs), runs))
    workers = n_workers(None if n_jobs == 1 else n_jobs)
    assert most <= AT_ONCE * (1 + workers - 1 + min(2, workers))
    assert after == 0


def test_blas_has_one_thread_while_ours_work_and_all_of_them_afterwards(
    runs, monkeypatch
):
    def blas():
        shared, own = parallel._BLAS._libraries
        return [one.num_threads for one in (*shared, *own)]

    seen, real = [], parallel._unless_halted

    def looks(function, item):
        seen.append(max(blas()))
        return real(function, item)

    before = blas()
    monkeypatch.setattr(parallel, "_unless_halted", looks)
    fitted(runs[0], n_jobs=2)
    at_once(lambda files: fitted(files, n_jobs=2), runs)
    assert set(seen) == {1}
    assert blas() == before
    assert len(before) >= sum(one["user_api"] == "blas" for one in threadpool_info())


def test_while_models_work_those_that_were_not_told_how_many_take_one(
    runs, monkeypatch
):
    """Two models of all processors would be twice as many as there are."""
    seen, real = [], run_reading._fit_run

    def looks(*args, **kwargs):
        seen.append(n_workers(None))
        return real(*args, **kwargs)

    monkeypatch.setattr(run_reading, "_fit_run", looks)
    parallel.map_blocks(fitted, runs[:2], n_jobs=2)
    assert set(seen) == {1}


def test_no_kernel_has_threads_of_its_own():
    """Numba's would come on top of ours, a pool for the whole process."""
    sources = Path(boldglm.__file__).parent.rglob("*.py")
    text = "".join(path.read_text("utf-8") for path in sources)
    assert "@njit(nogil=True, cache=True)" in text
    for word in ("parallel=True", "prange", "multiprocessing"):
        assert word not in text


# What is set for the whole process, by library code, changes what other threads see
FILTERS_KNOWN = {
    "reporting/map_figures.py",
    "glm/contrasts.py",
    "glm/first_level/run_contrasts.py",
}


def test_filters_of_warnings_are_those_of_the_user():
    """Of two threads that change them, the last puts back what the first has set."""
    root = Path(boldglm.__file__).parent
    found = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        if "\n    with warnings.catch_warnings" in path.read_text("utf-8")
        or "\n        with warnings.catch_warnings" in path.read_text("utf-8")
    }
    assert {one for one in found if not one.startswith("cli/")} <= FILTERS_KNOWN
