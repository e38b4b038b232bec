"""What may be passed as the maps of a group, and what is said about the rest."""

from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest
from tests.glm.first_level import simulated_runs as runs
from tests.glm.second_level import simulated_group as sim

from boldglm._base.errors import (
    ContrastError,
    DesignError,
    DimensionError,
    GridError,
    ImageFileError,
    NotFittedError,
)
from boldglm._base.warnings import DesignWarning, ImageWarning
from boldglm.glm.first_level import FirstLevelModel
from boldglm.glm.second_level import SecondLevelModel
from boldglm.glm.second_level.group_maps import collect_maps
from boldglm.image import concat_imgs, new_img_like

N = sim.N


@pytest.fixture(scope="module")
def data():
    return sim.volumes()


@pytest.fixture(scope="module")
def files(data, tmp_path_factory):
    return sim.write(tmp_path_factory.mktemp("maps"), data)


@pytest.fixture(scope="module")
def expected(data):
    return fit(sim.images(data), "~ 1").compute_contrast().get_fdata()


def fit(maps, design=None, confounds=None, **parameters):
    parameters.setdefault("mask_img", sim.brain())
    return SecondLevelModel(**parameters).fit(maps, confounds, design)


def table_of(files, order=None, name="faces"):
    labels = sim.subjects()["subject_label"]
    table = pd.DataFrame(
        {
            "subject_label": labels,
            "map_name": name,
            "effects_map_path": [str(path) for path in files],
        }
    )
    return table if order is None else table.iloc[order]


# --- images ---


def test_all_ways_to_pass_images_are_one(data, files, expected):
    images = sim.images(data)
    for maps in (
        images,
        tuple(images),
        files,
        [str(path) for path in files],
        [images[0], *files[1:]],
        concat_imgs(images),
        str(files[0].parent / "sub-*.nii.gz"),
        pd.Series([str(path) for path in files], index=range(5, 5 + N)),
        [new_img_like(one, one.get_fdata()[..., np.newaxis]) for one in images],
    ):
        z = fit(maps, "~ 1").compute_contrast()
        np.testing.assert_allclose(z.get_fdata(), expected, atol=1e-5)


def test_a_4d_file_is_a_group(data, expected, tmp_path):
    nib.save(concat_imgs(sim.images(data)), tmp_path / "group.nii")
    for path in (tmp_path / "group.nii", str(tmp_path / "group.nii")):
        z = fit(path, "~ 1").compute_contrast().get_fdata()
        np.testing.assert_allclose(z, expected, atol=1e-6)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ([], TypeError, "at least two .*; this one has 0"),
        (lambda m: m[:1], TypeError, "at least two .*; this one has 1"),
        (lambda m: m[0], DimensionError, "one image of shape .*9, 10, 11.*4-D image"),
        (
            lambda m: [m[0], concat_imgs(m[:2])],
            DimensionError,
            r"4 dimensions.*second_level_input\[1\]",
        ),
        (lambda m: [m[0], 3], TypeError, r"second_level_input\[1\] is a int; expected"),
        (
            lambda m: [m[0], FirstLevelModel()],
            TypeError,
            r"same type: .*\[0\] is a Nifti1Image and .*\[1\] a FirstLevelModel",
        ),
        (lambda m: [m[0], m[1].get_fdata()], TypeError, "numpy array .*new_img_like"),
        (lambda m: m[0].get_fdata(), TypeError, "numpy array .*new_img_like"),
        (lambda m: dict(enumerate(m)), TypeError, "got dict. Pass what it holds"),
        (3, TypeError, "got int"),
        (None, TypeError, "got NoneType"),
        (lambda m: [m[0], "no-map.nii"], ImageFileError, r"no-map\.nii"),
        ("no-map-*.nii", ImageFileError, "No files match 'no-map-"),
        (FirstLevelModel(), TypeError, "is one first-level model"),
        (
            lambda m: [m[0], nib.Nifti1Image(np.zeros((2, 2, 2)), np.eye(4))],
            GridError,
            "image #1 is different from the first",
        ),
    ],
)
def test_what_is_no_group_of_images_is_explained(data, given, error, message):
    maps = given(sim.images(data)) if callable(given) else given
    with pytest.raises(error, match=f"(?s){message}"):
        fit(maps, "~ 1")


def test_a_pattern_in_a_list_stands_for_too_many(files):
    with pytest.raises(TypeError, match=r"\[0\], '.*', stands for 12 files"):
        fit([str(files[0].parent / "*.nii.gz"), files[0]], "~ 1")


def test_a_list_of_images_needs_a_design(data):
    with pytest.raises(
        ValueError, match=r"require a design matrix .*design_matrix='~ 1'"
    ):
        fit(sim.images(data), confounds=sim.subjects())


def test_a_design_with_other_rows_than_maps(data):
    with pytest.raises(DesignError, match="5 rows, but there are 12 maps"):
        fit(sim.images(data), np.ones((5, 1)))


# --- tables ---


def test_rows_of_a_table_are_sorted_by_subject(files, data, expected):
    order = np.random.default_rng(0).permutation(N)
    shuffled = table_of(files, order)
    before = shuffled.copy(deep=True)
    model = fit(shuffled)
    pd.testing.assert_frame_equal(shuffled, before)
    for options in ({}, {"first_level_contrast": "faces"}):
        z = model.compute_contrast(**options).get_fdata()
        np.testing.assert_allclose(z, expected, atol=1e-6)
    assert list(model.design_matrix_) == ["intercept"]
    assert model.labels_.size == model.n_elements_
    np.testing.assert_array_equal(model._data_for("faces").maps, sim.values(data))


def test_confounds_of_a_table_follow_its_subjects(files, data):
    table = sim.subjects()
    confounds = table[["subject_label", "age"]].iloc[::-1]
    by_hand = fit(sim.images(data), "~ age", table)
    by_table = fit(table_of(files), confounds=confounds)
    assert list(by_table.design_matrix_) == ["age", "intercept"]
    by_formula = fit(table_of(files), "~ age", table.iloc[::-1])
    expected = by_hand.compute_contrast("age").get_fdata()
    for model in (by_table, by_formula):
        z = model.compute_contrast("age").get_fdata()
        np.testing.assert_allclose(z, expected, atol=1e-5)
        assert model.confounds_ is not None


def test_each_map_of_a_table_is_read_when_it_is_asked_for(files, data, monkeypatch):
    """And once; until then there are no results."""
    from boldglm.image import reading

    opened, stream = [], reading.VoxelStream

    def counted(stored, *args, **kwargs):
        opened.append(stored.path.name)
        return stream(stored, *args, **kwargs)

    monkeypatch.setattr(reading, "VoxelStream", counted)
    half = N // 2
    first, second = (
        table_of(files[:half] * 2),
        table_of(files[half:] * 2, name="houses"),
    )
    model = fit(pd.concat([second, first]))
    assert opened == []
    with pytest.raises(NotFittedError, match="first_level_contrast first"):
        model.results_  # noqa: B018
    for _ in range(2):
        for name in ("faces", "houses"):
            model.compute_contrast(first_level_contrast=name)
            assert model.results_[0.0].theta.shape[0] == 1
    assert len(opened) == 2 * N
    rows = model._data_for("houses").maps
    np.testing.assert_array_equal(rows[:half], sim.values(data)[half:])


def test_tables_of_several_maps_need_a_name(files):
    both = pd.concat([table_of(files), table_of(files, name="houses")])
    model = fit(both)
    with pytest.raises(ContrastError, match="several maps; it has 'faces', 'houses'"):
        model.compute_contrast()
    with pytest.raises(
        ContrastError, match=r"'cats' is no map_name .* 'faces', 'houses"
    ):
        model.compute_contrast(first_level_contrast="cats")
    lacking = fit(both.iloc[:-1])
    lacking.compute_contrast(first_level_contrast="faces")
    with pytest.raises(ContrastError, match="no map 'houses' of subject '12'"):
        lacking.compute_contrast(first_level_contrast="houses")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            lambda t: t.drop(columns="map_name"),
            ValueError,
            "must have the columns .*; it lacks 'map_name' and has 'subject_label'",
        ),
        (
            lambda t: pd.concat([t, t.iloc[:1]]),
            ValueError,
            "map 'faces' of subject '01' more than once",
        ),
        (lambda t: t.iloc[:1], ValueError, "maps of one subject, '01'"),
        (lambda t: t.iloc[:0], ValueError, "at least two"),
        (
            lambda t: t.assign(subject_label=["1", 2, *t["subject_label"][2:]]),
            ValueError,
            "has text and numbers",
        ),
        (
            lambda t: t.assign(map_name=[None, *t["map_name"][1:]]),
            ValueError,
            "'map_name' of second_level_input is empty in row 0",
        ),
        (
            lambda t: t.assign(effects_map_path="no.nii"),
            ImageFileError,
            r"no\.nii",
        ),
        (lambda t: t.assign(effects_map_path=3), TypeError, "of row 0 is a int"),
    ],
)
def test_tables_that_do_not_fit_are_explained(files, change, error, message):
    with pytest.raises(error, match=message):
        fit(change(table_of(files)))


def test_a_run_is_no_map(files, data, tmp_path):
    nib.save(concat_imgs(sim.images(data)), tmp_path / "run.nii")
    table = table_of(files)
    table.loc[3, "effects_map_path"] = str(tmp_path / "run.nii")
    with pytest.raises(DimensionError, match="'effects_map_path' of row 3"):
        fit(table)


def test_subjects_may_be_numbers(files, expected):
    table = table_of(files)
    table["subject_label"] = table["subject_label"].astype(int)
    np.testing.assert_allclose(
        fit(table).compute_contrast().get_fdata(), expected, atol=1e-6
    )


# --- first-level models ---


def first_level(seed, label=None, mask=None, **parameters):
    table = runs.events(seed)
    model = FirstLevelModel(
        mask_img=mask or runs.brain(),
        noise_model="ols",
        subject_label=label,
        **parameters,
    )
    return model.fit(runs.image(table, seed), design_matrices=runs.design(table))


@pytest.fixture(scope="module")
def models():
    return [first_level(seed, f"{seed:02d}") for seed in range(5)]


def test_models_give_their_effects(models):
    effects = [m.compute_contrast("a - b", output_type="effect_size") for m in models]
    expected = fit(effects, "~ 1", mask_img=runs.brain())
    group = SecondLevelModel().fit(models)
    maps = group.compute_contrast(first_level_contrast="a - b", output_type="all")
    for name, img in expected.compute_contrast(output_type="all").items():
        np.testing.assert_allclose(maps[name].get_fdata(), img.get_fdata(), rtol=1e-6)
    assert np.array_equal(group.mask_img_.get_fdata(), runs.brain().get_fdata())
    assert list(group.design_matrix_) == ["intercept"]


def test_each_contrast_of_models_is_computed_once(models, monkeypatch):
    calls, compute = [], FirstLevelModel.compute_contrast

    def counted(self, contrast, *args, **kwargs):
        calls.append(str(contrast))
        return compute(self, contrast, *args, **kwargs)

    monkeypatch.setattr(FirstLevelModel, "compute_contrast", counted)
    group = SecondLevelModel().fit(models)
    assert calls == []
    for contrast in (
        "a",
        [1, -1, 0, 0],
        np.array([0, 1, 0, 0]),
        np.array([1, 0, 0, 0]),
    ):
        for _ in range(2):
            group.compute_contrast(first_level_contrast=contrast)
    assert len(calls) == 4 * len(models)


def test_confounds_of_models_are_found_by_subject(models):
    table = sim.subjects()
    table["subject_label"] = [f"{k:02d}" for k in range(N)]
    confounds = table[["subject_label", "age"]].sample(frac=1, random_state=0)
    for group in (
        SecondLevelModel().fit(models, confounds),
        SecondLevelModel().fit(models, confounds, "~ age"),
    ):
        assert group.design_matrix_["age"].tolist() == table["age"].tolist()[:5]
        group.compute_contrast("age", "a")


def test_voxels_that_a_model_has_not_are_not_zero():
    """Some masks are smaller: beyond them there is no effect, and no zero either."""
    smaller = runs.brain().get_fdata()
    smaller[:4] = 0
    masks = [runs.brain(), nib.Nifti1Image(smaller.astype(np.uint8), runs.AFFINE)]
    models = [first_level(seed, mask=masks[seed % 2]) for seed in range(4)]
    everybody = SecondLevelModel().fit(models)
    assert np.array_equal(everybody.mask_img_.get_fdata(), smaller)
    whole = SecondLevelModel(runs.brain(), missing="available").fit(models)
    with pytest.warns(ImageWarning, match=r"most are missing in model at index 1, 270"):
        t = whole.compute_contrast(first_level_contrast="a", output_type="stat")
    beyond = (runs.brain().get_fdata() > 0) & (smaller == 0)
    assert (whole.dof_img_.get_fdata()[beyond] == 1).all()
    assert (whole.dof_img_.get_fdata()[smaller > 0] == 3).all()
    a, b = (
        models[k].compute_contrast("a", output_type="effect_size").get_fdata()[beyond]
        for k in (0, 2)
    )
    expected = (a + b) / np.abs(a - b)
    np.testing.assert_allclose(t.get_fdata()[beyond], expected, rtol=1e-3)
    anybody = SecondLevelModel(missing="available").fit(models)
    assert np.array_equal(anybody.mask_img_.get_fdata(), runs.brain().get_fdata())
    zero = SecondLevelModel(runs.brain(), missing="zero").fit(models)
    zero.compute_contrast(first_level_contrast="a")
    assert (zero.dof_img_.get_fdata()[beyond] == 3).all()


def test_what_is_no_group_of_models_is_explained(models):
    group = SecondLevelModel().fit(models)
    with pytest.raises(ContrastError, match=r"is mandatory.*model '00' has .*'a', 'b'"):
        group.compute_contrast()
    with pytest.raises(
        ContrastError, match=r"(?s)model '00': .*'c' is not a column.*'a'"
    ):
        group.compute_contrast(first_level_contrast="c")
    with pytest.raises(DimensionError, match="has 2 rows, and so many maps"):
        group.compute_contrast(first_level_contrast=np.eye(4)[:2])
    with pytest.raises(NotFittedError, match="model at index 5 has not been fit"):
        SecondLevelModel().fit([*models, FirstLevelModel()])
    with pytest.raises(NotFittedError, match="model 'x' has not been fit"):
        SecondLevelModel().fit([*models, FirstLevelModel(subject_label="x")])
    nameless = [*models[:2], first_level(9)]
    assert SecondLevelModel().fit(nameless).design_matrix_.shape == (3, 1)
    with pytest.raises(ValueError, match=r"model at index 2 has none: set .*= '01'"):
        SecondLevelModel().fit(nameless, sim.subjects())
    coarse = first_level(1, target_affine=np.diag([6.0, 6, 7]))
    with pytest.raises(GridError, match="one grid: model at index 2 has shape"):
        SecondLevelModel().fit([*models[:2], coarse])


def test_models_can_be_those_that_were_saved(models, tmp_path):
    expected = SecondLevelModel().fit(models).compute_contrast(None, "a").get_fdata()
    for index, model in enumerate(models):
        model.save(tmp_path / f"{index}.npz")
    loaded = [FirstLevelModel.load(path) for path in sorted(tmp_path.iterdir())]
    z = SecondLevelModel().fit(loaded).compute_contrast(None, "a").get_fdata()
    np.testing.assert_allclose(z, expected, atol=1e-6)


def test_names_of_maps_are_those_the_user_knows(files, data):
    assert collect_maps(files).names[0].endswith("sub-01.nii.gz")
    assert collect_maps(sim.images(data)).names[1] == "second_level_input[1]"
    assert (
        collect_maps(concat_imgs(sim.images(data))).names[2].startswith("volume 2 of")
    )
    assert collect_maps(table_of(files)).names[2] == "subject '03'"


def test_a_map_that_is_there_twice_is_told(files):
    with pytest.warns(DesignWarning, match=r"has '.*' 3 times \(and 1 others\): each"):
        collect_maps([*files, files[0], files[0], files[1]])


def test_paths_of_two_kinds_may_be_the_same_file(files):
    with pytest.warns(DesignWarning, match="2 times: each counts as a subject"):
        collect_maps([*map(str, files), Path(files[2])])
