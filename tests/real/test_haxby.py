"""House against face in a real subject: the figures that come with the data.

Twelve runs of 121 scans at two resolutions. Least squares is exact: its rows are met
to every digit given, and so is AR(1) with the same bins as the peer's.
"""

import numpy as np
import pandas as pd
import pytest

from boldglm.glm import compute_fixed_effects
from boldglm.glm.first_level import FirstLevelModel

N_RUNS = 12
MAPS = ["effect_size", "effect_variance", "stat", "z_score"]
CATEGORIES = [
    "bottle",
    "cat",
    "chair",
    "face",
    "house",
    "scissors",
    "scrambledpix",
    "shoe",
]
FINE = 10**6  # bins that truncate nothing that counts

# data, noise, bins: largest t, its z, voxel, effect there, voxels z > 3.1, smallest z
HOUSE_FACE = {
    ("25mm", "ols", None): ("7.1904", "7.1188", (4, 2, 5), "10.3407", 10, "-3.4974"),
    ("25mm", "ar1", 100): ("5.452", "5.420", (4, 2, 5), "9.945", 6, "-3.233"),
    ("25mm", "ar1", FINE): ("5.416", "5.385", (4, 2, 5), "9.932", 6, "-3.225"),
    ("1slice", "ols", None): (
        "11.0450", "10.7955", (14, 15, 0), "33.8543", 65, "-4.1442"
    ),
    ("1slice", "ar1", 100): ("7.481", "7.401", (14, 15, 0), "30.64", 37, "-3.437"),
    ("1slice", "ar1", FINE): ("7.425", "7.346", (14, 15, 0), "30.56", 36, "-3.418"),
}  # fmt: skip
PRECISION_WEIGHTED = {
    ("25mm", "ols", None): ("7.0321", "6.9650", (4, 2, 5), "9.7385", 10),
    ("25mm", "ar1", 100): ("5.370", "5.340", (4, 2, 5), "8.990", 7),
    ("1slice", "ols", None): ("11.6679", "11.3756", (14, 15, 0), "35.0126", 81),
    ("1slice", "ar1", 100): ("8.189", "8.084", (14, 15, 0), "32.45", 54),
}
PER_CENT = {
    ("25mm", "ols", None): ("7.116", (4, 2, 5)),
    ("25mm", "ar1", 100): ("5.424", (4, 2, 5)),
    ("1slice", "ols", None): ("10.795", (14, 15, 0)),
    ("1slice", "ar1", 100): ("7.404", (14, 15, 0)),
}
ALL_CATEGORIES = {
    ("25mm", "ols", None): "10.833",
    ("25mm", "ar1", 100): "8.174",
    ("1slice", "ols", None): "15.848",
    ("1slice", "ar1", 100): "11.166",
}
EVEN_ODD = {
    ("1slice", "ols", None): ".54",
    ("25mm", "ols", None): ".46",
    ("1slice", "ar1", 100): ".47",
    ("25mm", "ar1", 100): ".39",
}


def met(found, text):
    """Whether a number is the one of the text, to its last digit."""
    decimals = len(text.partition(".")[2])
    return abs(float(found) - float(text)) <= 0.51 * 10.0**-decimals


@pytest.fixture(scope="module")
def study(data_dir):
    """Function that fits runs of the subject."""
    folder = data_dir / "haxby2001_sub001"
    if not folder.is_dir():
        pytest.skip(f"needs {folder}")

    def fit(key, runs=range(1, N_RUNS + 1), scaling=False):
        data, noise, bins = key
        model = FirstLevelModel(
            t_r=2.5,
            hrf_model="spm",
            drift_model="cosine",
            high_pass=1 / 128,
            mask_img=folder / "masks" / data / "brain.nii.gz",
            signal_scaling=scaling,
            noise_model=noise,
        )
        places = [folder / "BOLD" / f"task001_run{run:03d}" for run in runs]
        return model.fit(
            [place / f"bold_{data}.nii.gz" for place in places],
            events=[place / "bold_events.tsv" for place in places],
            bins=bins,
        )

    return fit


def summary(maps):
    """Largest t, its z, voxel, effect there, voxels with z > 3.1, smallest z."""
    values = {name: maps[name].get_fdata() for name in MAPS}
    t, z = values["stat"], values["z_score"]
    peak = tuple(int(i) for i in np.unravel_index(np.argmax(t), t.shape))
    count = int(np.count_nonzero(z > 3.1))
    return t[peak], z[peak], peak, values["effect_size"][peak], count, z.min()


def assert_row(maps, row):
    for found, expected in zip(summary(maps), row, strict=False):
        if isinstance(expected, str):
            assert met(found, expected), (found, expected)
        else:
            assert found == expected


@pytest.mark.parametrize("key", HOUSE_FACE, ids=str)
def test_house_against_face(study, key):
    model = study(key)
    assert [len(design.columns) for design in model.design_matrices_] == [13] * N_RUNS
    assert sum(fit.dof for fit in model.fits_) == 1296
    assert_row(
        model.compute_contrast("house - face", output_type="all"), HOUSE_FACE[key]
    )


@pytest.mark.parametrize("data", ["25mm", "1slice"])
def test_exact_coefficients_are_those_of_ever_finer_bins(study, data):
    """What nilearn's numbers go to when it stops truncating."""
    exact = study((data, "ar1", None)).compute_contrast("house - face")
    fine = study((data, "ar1", FINE)).compute_contrast("house - face")
    np.testing.assert_allclose(exact.get_fdata(), fine.get_fdata(), atol=1e-4)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("key", PRECISION_WEIGHTED, ids=str)
def test_explicit_fixed_effects(study, key, weighted):
    """Run by run: unweighted as in one fit, weighted with figures of their own."""
    each = [
        study(key, [run]).compute_contrast("house - face", output_type="all")
        for run in range(1, N_RUNS + 1)
    ]
    images = compute_fixed_effects(
        [maps["effect_size"] for maps in each],
        [maps["effect_variance"] for maps in each],
        study(key, [1]).mask_img_,
        precision_weighted=weighted,
        dofs=[108] * N_RUNS,
        return_z_score=True,
    )
    expected = PRECISION_WEIGHTED if weighted else HOUSE_FACE
    assert_row(dict(zip(MAPS, images, strict=True)), expected[key])


@pytest.mark.parametrize("key", PER_CENT, ids=str)
def test_in_per_cent_of_the_mean(study, key):
    z = study(key, scaling=0).compute_contrast("house - face").get_fdata()
    expected, voxel = PER_CENT[key]
    assert met(z.max(), expected)
    assert np.unravel_index(np.argmax(z), z.shape) == voxel


@pytest.mark.parametrize("key", ALL_CATEGORIES, ids=str)
def test_all_categories_against_rest(study, key):
    z = study(key).compute_contrast(" + ".join(CATEGORIES)).get_fdata()
    assert met(z.max(), ALL_CATEGORIES[key])
    if key[0] == "25mm":
        assert np.unravel_index(np.argmax(z), z.shape) == (3, 8, 5)


@pytest.mark.parametrize("key", EVEN_ODD, ids=str)
def test_the_effect_is_in_even_and_odd_runs(study, key):
    """Maps of either half of the runs correlate: the effect is real."""
    halves = []
    for first in (1, 2):
        model = study(key, range(first, N_RUNS + 1, 2))
        z = model.compute_contrast("house - face").get_fdata()
        halves.append(z[model.mask_img_.get_fdata() > 0])
    assert met(np.corrcoef(halves)[0, 1], EVEN_ODD[key])


def test_motion_estimates_can_be_confounds(study, data_dir):
    """Six more columns, the effect still there."""
    folder = data_dir / "haxby2001_sub001"
    places = [folder / "BOLD" / f"task001_run{run:03d}" for run in (1, 2, 3)]
    model = study(("1slice", "ols", None), [1, 2, 3])
    plain = model.compute_contrast("house - face").get_fdata()
    motion = [pd.DataFrame(np.loadtxt(p / "bold_moest.txt")) for p in places]
    model.fit(
        [place / "bold_1slice.nii.gz" for place in places],
        events=[place / "bold_events.tsv" for place in places],
        confounds=[one.add_prefix("motion_") for one in motion],
    )
    assert [design.shape for design in model.design_matrices_] == [(121, 19)] * 3
    z = model.compute_contrast("house - face").get_fdata()
    inside = model.mask_img_.get_fdata() > 0
    assert np.corrcoef(z[inside], plain[inside])[0, 1] > 0.7
