"""The simulated motor map has its peaks where the measured one has them."""

import subprocess
import sys

import numpy as np
import pytest
from scipy.stats import norm

from boldglm.datasets import load_mni152_brain_mask, load_sample_motor_activation_image
from boldglm.datasets.simulate_motor import _PLACES
from boldglm.image import get_data
from boldglm.reporting import get_clusters_table


@pytest.fixture
def z_map():
    return load_sample_motor_activation_image()


def _around(img, centre, radius=4.0):
    """Values within some mm of a place."""
    away = np.indices(img.shape).T @ img.affine[:3, :3].T + img.affine[:3, 3] - centre
    near = radius >= np.linalg.norm(away, axis=-1).T
    return img.get_fdata()[near]


@pytest.mark.parametrize(("centre", "height"), _PLACES)
def test_places_have_their_height(z_map, centre, height):
    values = _around(z_map, centre)
    strongest = values[np.abs(values).argmax()]
    assert np.sign(strongest) == np.sign(height)
    assert abs(strongest - height) < 1.5


def test_the_left_hand_is_positive_on_the_right():
    heights = dict(_PLACES)
    for (x, _, z), height in heights.items():
        cerebellum = z < 0
        assert (height > 0) == ((x > 0) != cerebellum)


def test_divergence_signs_are_those_of_the_measured_map(z_map):
    peer = pytest.importorskip("nilearn.datasets")
    import nibabel as nib

    measured = nib.load(peer.load_sample_motor_activation_image())
    for centre, _ in _PLACES[:4]:
        ours, theirs = _around(z_map, centre).mean(), _around(measured, centre).mean()
        assert np.sign(ours) == np.sign(theirs)
        assert abs(theirs) > 4
    assert abs(get_data(measured)).max() == pytest.approx(8, abs=0.2)
    assert get_data(z_map).max() == pytest.approx(8, abs=1)
    assert get_data(z_map).min() == pytest.approx(-8, abs=1)


def test_elsewhere_it_is_noise_of_z(z_map):
    inside = get_data(load_mni152_brain_mask(3)) > 0
    values = get_data(z_map).copy()
    assert not values[~inside].any()
    far = inside.copy()
    grid = np.moveaxis(np.indices(z_map.shape), 0, -1)
    world = grid @ z_map.affine[:3, :3].T + z_map.affine[:3, 3]
    for centre, _ in _PLACES:
        far &= np.linalg.norm(world - centre, axis=-1) > 18
    noise = values[far]
    assert noise.std() == pytest.approx(1, abs=0.03)
    assert noise.mean() == pytest.approx(0, abs=0.03)
    assert np.mean(noise > 1.645) == pytest.approx(norm.sf(1.645), abs=0.01)
    # 3 mm apart after smoothing by 6 mm: exp(-(3 / 2 sigma)^2) = 1 / sqrt(2)
    both = far[1:] & far[:-1]
    assert np.corrcoef(values[1:][both], values[:-1][both])[0, 1] == pytest.approx(
        np.sqrt(0.5), abs=0.03
    )


def test_a_table_finds_the_six_places(z_map):
    table = get_clusters_table(z_map, 3.5, cluster_threshold=5, two_sided=True)
    found = table[["X", "Y", "Z"]].to_numpy(dtype=float)
    assert len(found) == len(_PLACES)
    for centre, _ in _PLACES:
        assert np.linalg.norm(found - centre, axis=1).min() < 6


def test_the_header_says_that_it_is_simulated(z_map):
    assert z_map.header["descrip"].item().startswith(b"SIMULATED")
    assert (z_map.affine == load_mni152_brain_mask(3).affine).all()
    assert z_map.get_data_dtype() == np.float32
    assert "simulated" in load_sample_motor_activation_image.__doc__.splitlines()[0]


def test_it_is_the_same_each_time_and_the_users_own(z_map):
    values = get_data(z_map).copy()
    get_data(z_map)[...] = 0
    again = load_sample_motor_activation_image()
    np.testing.assert_array_equal(get_data(again), values)
    code = (
        "from boldglm.datasets import load_sample_motor_activation_image as load\n"
        "print(repr(float(load().get_fdata().max())))"
    )
    elsewhere = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert float(elsewhere.stdout) == values.max()


def test_global_random_numbers_are_left_alone():
    state = np.random.get_state()[1].copy()  # noqa: NPY002
    load_sample_motor_activation_image()
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002
