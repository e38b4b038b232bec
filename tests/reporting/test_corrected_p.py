"""Corrected p in the table of clusters, against the maps read voxel by voxel."""

import numpy as np
import pytest
from nibabel import Nifti1Image
from scipy.ndimage import gaussian_filter

from boldglm._base.errors import DimensionError, GridError
from boldglm._base.warnings import ThresholdWarning
from boldglm.reporting import get_clusters_table

AFFINE = np.array([[-2.0, 0, 0, 40], [0, 2, 0, -50], [0, 0, 2.4, -30], [0, 0, 0, 1]])


def noise(seed, shape=(24, 26, 22)):
    smooth = gaussian_filter(np.random.default_rng(seed).normal(size=shape), 1.3)
    return smooth / smooth.std()


@pytest.fixture
def z_img():
    return Nifti1Image(noise(0), AFFINE)


@pytest.fixture
def maps():
    """-log10 p as permutations return them, each map another one."""
    names = ("logp_max_t", "logp_max_tfce", "logp_max_size", "logp_max_mass")
    return {
        name: Nifti1Image(np.abs(noise(seed)).astype(np.float32), AFFINE)
        for seed, name in enumerate(names, start=1)
    }


def voxels_of(table):
    points = table[["X", "Y", "Z"]].to_numpy(float)
    inverse = np.linalg.inv(AFFINE)
    found = points @ inverse[:3, :3].T + inverse[:3, 3]
    return tuple(np.rint(found).astype(int).T)


@pytest.mark.parametrize("cluster_threshold", [0, 5])
def test_columns_are_the_maps_at_peaks_and_in_clusters(z_img, maps, cluster_threshold):
    statistics = {"t": z_img, "tfce": z_img, "size": z_img, "mass": z_img}
    table, labels = get_clusters_table(
        z_img,
        2.0,
        cluster_threshold,
        two_sided=True,
        min_distance=3.0,
        return_label_maps=True,
        p_values_img={**statistics, **maps},
    )
    names = ["p (max t)", "p (TFCE)", "p (size)", "p (mass)"]
    assert list(table.columns[6:]) == names
    voxels = voxels_of(table)
    for column, name in (("p (max t)", "logp_max_t"), ("p (TFCE)", "logp_max_tfce")):
        logp = maps[name].get_fdata(dtype=np.float64)
        np.testing.assert_allclose(table[column].astype(float), 10 ** -logp[voxels])
    ids = sum(one.get_fdata() for one in labels)
    is_first = [isinstance(name, int) for name in table["Cluster ID"]]
    assert 0 < sum(is_first) < len(table)
    for column, name in (
        ("p (size)", "logp_max_size"),
        ("p (mass)", "logp_max_mass"),
    ):
        logp = maps[name].get_fdata(dtype=np.float64)
        for row, first in zip(table.to_dict("records"), is_first, strict=True):
            if first:
                expected = 10 ** -logp[ids == row["Cluster ID"]].max()
                assert row[column] == pytest.approx(expected)
            else:
                assert row[column] == ""


@pytest.mark.parametrize("two_sided", [True, False])
def test_the_rest_of_the_table_does_not_change(z_img, maps, two_sided):
    plain = get_clusters_table(z_img, 2.0, two_sided=two_sided)
    table = get_clusters_table(z_img, 2.0, two_sided=two_sided, p_values_img=maps)
    assert len(plain) > 20
    assert table[plain.columns].equals(plain)


def row_of(*heights):
    data = np.zeros((3, 3, len(heights) + 2))
    data[1, 1, 1:-1] = heights
    return Nifti1Image(data, np.eye(4))


Z = row_of(4, 1, 6, 0, 5, 0, -7)
P = row_of(0.5, 0.1, 0.2, 0.4, 0.3, 0.05, 0.025)


def test_one_image_is_p():
    table = get_clusters_table(Z, 0.5, two_sided=True, min_distance=1, p_values_img=P)
    assert table.columns[-1] == "p"
    assert table["Cluster ID"].tolist() == [1, "1a", 2, 3]
    assert table["p"].tolist() == [0.2, 0.5, 0.3, 0.025]


@pytest.mark.parametrize(
    ("key", "column"),
    [
        ("p_max_t", "p (max t)"),
        ("p_max_tfce", "p (TFCE)"),
        ("p", "p"),
        ("p (peak, FWE)", "p (peak, FWE)"),
        ("p_fwe", "p (fwe)"),
        ("p_t", "p (t, uncorrected)"),
    ],
)
def test_keys_with_p_are_p(key, column):
    table = get_clusters_table(Z, 0.5, min_distance=1, p_values_img={key: P})
    assert list(table.columns[6:]) == [column]
    assert table[column].tolist() == [0.2, 0.5, 0.3]


@pytest.mark.parametrize(
    ("key", "column"),
    [("logp", "p"), ("logp_peak", "p (peak)"), ("logp (peak)", "p (peak)")],
)
def test_keys_with_logp_are_logarithms(key, column):
    logp = row_of(3, 9, 2, 9, 1, 9, 0)
    table = get_clusters_table(Z, 0.5, min_distance=1, p_values_img={key: logp})
    assert table[column].tolist() == pytest.approx([0.01, 0.001, 0.1])


def test_a_cluster_has_the_smallest_p_in_it():
    for key in ("p_max_size", "p_mass"):
        table = get_clusters_table(Z, 0.5, min_distance=1, p_values_img={key: P})
        column = table.columns[-1]
        assert table[column].tolist() == [0.1, "", 0.3]


def test_voxels_not_tested_have_nan():
    p = row_of(0.5, np.nan, np.nan, 0.4, np.nan, 0, 0)
    table = get_clusters_table(
        Z, 0.5, min_distance=1, p_values_img={"p_max_t": p, "p_max_size": p}
    )
    assert np.isnan(table["p (max t)"]).tolist() == [True, False, True]
    assert table["p (size)"].iloc[0] == 0.5
    assert np.isnan(table["p (size)"].iloc[2])


def test_p_of_a_logarithm_just_below_zero_is_one():
    logp = row_of(0, 0, -1e-9, 0, 0, 0, 0)
    table = get_clusters_table(Z, 5.5, p_values_img={"logp_max_t": logp})
    assert table["p (max t)"].tolist() == [1.0]


def test_maps_may_be_files_and_are_not_modified(tmp_path, z_img, maps, readonly):
    frozen = {
        name: Nifti1Image(readonly(img.get_fdata()), AFFINE)
        for name, img in maps.items()
    }
    for name, img in maps.items():
        img.to_filename(tmp_path / f"{name}.nii.gz")
    files = {name: str(tmp_path / f"{name}.nii.gz") for name in maps}
    found = get_clusters_table(z_img, 2.5, p_values_img=frozen)
    assert found.equals(get_clusters_table(z_img, 2.5, p_values_img=files))
    single = {"p": row_of(*[0.5] * 7)}
    get_clusters_table(Z, 0.5, p_values_img=single)
    assert list(single) == ["p"]


def test_an_empty_table_has_its_columns(maps, z_img):
    with pytest.warns(ThresholdWarning, match="No clusters found"):
        table = get_clusters_table(z_img, 50.0, p_values_img=maps)
    assert len(table) == 0
    assert len(table.columns) == 10


@pytest.mark.parametrize(
    "other",
    [
        Nifti1Image(P.get_fdata()[:, :, :-1], np.eye(4)),
        Nifti1Image(P.get_fdata(), np.diag([2.0, 1, 1, 1])),
    ],
)
def test_another_grid_is_an_error(other):
    for given, name in (
        (other, "p_values_img"),
        ({"p_x": other}, r"p_values_img\['p_x'\]"),
    ):
        with pytest.raises(GridError, match=f"{name} lies on another grid"):
            get_clusters_table(Z, 0.5, p_values_img=given)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (row_of(0, 0, 1.5, 0, 0, 0, 0), r"lies between 0 and 1.5; expected p from 0"),
        ({"p_max_t": row_of(-1, 0, 0, 0, 0, 0, 0)}, "lies between -1 and 0"),
        ({"logp_max_t": row_of(0, 0, 0, -2, 0, 0, 0)}, "'logp_max_t'. goes down to -2"),
        (row_of(np.nan, 0, 1.5, 0, 0, 0, 0), "lies between 0 and 1.5"),
        ({"z": P}, "has the key 'z'; keys are named 'logp...'"),
        ({"phi": P}, "has the key 'phi'"),
        ({3: P}, "has the key 3"),
        ({"p_max_tfce": P, "p_tfce": P}, r"Two maps .* 'p \(TFCE\)'; .*'p_tfce'"),
    ],
)
def test_what_is_no_p_is_an_error(given, message):
    with pytest.raises(ValueError, match=message):
        get_clusters_table(Z, 0.5, p_values_img=given)


def test_what_is_no_image_is_an_error():
    with pytest.raises(TypeError, match="numpy array"):
        get_clusters_table(Z, 0.5, p_values_img=P.get_fdata())
    series = Nifti1Image(np.zeros((*P.shape, 2)), np.eye(4))
    with pytest.raises(DimensionError, match="expected a 3D image"):
        get_clusters_table(Z, 0.5, p_values_img={"p": series})


@pytest.mark.parametrize("contrast", ["t", "F"])
def test_the_whole_result_of_permutations_is_taken(contrast):
    """With p and logarithms, corrected and not: a column for each corrected p."""
    import pandas as pd

    from boldglm.glm.second_level import non_parametric_inference

    rng = np.random.default_rng(0)
    images = [Nifti1Image(one, np.eye(4)) for one in rng.normal(1, 1, (9, 5, 5, 5))]
    design = pd.DataFrame({"a": np.repeat([1.0, 0], [4, 5]), "b": np.ones(9)})
    found = non_parametric_inference(
        images,
        design_matrix=design,
        second_level_contrast=[0, 1] if contrast == "t" else np.eye(2),
        mask=Nifti1Image(np.ones((5, 5, 5), np.uint8), np.eye(4)),
        n_perm=50,
        threshold=0.05,
        tfce=True,
        step_down=True,
    )
    table = get_clusters_table(found[contrast], 2.5, p_values_img=found)
    assert list(table.columns[6:]) == [
        f"p (max {contrast})",
        f"p (step-down {contrast})",
        "p (size)",
        "p (mass)",
        "p (TFCE)",
    ]
    voxel = tuple(table.loc[0, ["X", "Y", "Z"]].astype(int))
    peak = found[f"p_max_{contrast}"].get_fdata()[voxel]
    assert table.loc[0, f"p (max {contrast})"] == peak
