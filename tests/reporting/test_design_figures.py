import base64
import io
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from boldglm.reporting.design_figures import (
    correlation_figure,
    design_figure,
    events_figure,
    motion_figure,
)

SVG = "{http://www.w3.org/2000/svg}"


def pixels(figure):
    (image,) = ET.fromstring(figure.data).iter(f"{SVG}image")
    data = base64.b64decode(image.get("href").partition(",")[2])
    return np.asarray(Image.open(io.BytesIO(data)))


def words(figure):
    return [text.text for text in ET.fromstring(figure.data).iter(f"{SVG}text")]


def test_a_design_is_its_numbers_as_greys(rng, readonly):
    values = rng.standard_normal((40, 3)) * [1, 100, 0]
    figure = design_figure("design", ["a", "b", "zero"], readonly(values))
    grey = pixels(figure).astype(float)
    largest = np.abs(values).max(axis=0)
    expected = 127.5 * (1 + values / np.where(largest > 0, largest, 1))
    np.testing.assert_allclose(grey, expected, atol=0.51)
    assert {"a", "b", "zero"} <= set(words(figure))
    assert "40 rows and 3 regressors" in figure.alternative


def test_correlations_are_those_of_numpy(rng):
    values = rng.standard_normal((50, 4))
    values[:, 1] += 2 * values[:, 0]
    values[:, 3] = 1
    names = ["a", "b", "drift_1", "constant"]
    figure = correlation_figure("correlation", names, values)
    r = np.corrcoef(values[:, :2].T)[0, 1]
    numbers = [word for word in words(figure) if word not in {"a", "b"}]
    assert numbers == ["1.00", f"{r:.2f}", f"{r:.2f}", "1.00"]
    assert f"a and b, {r:.2f}" in figure.caption
    assert correlation_figure("correlation", names[1:], values[:, 1:]) is None


def test_events_lie_where_they_happen():
    events = {
        "onset": [0.0, 50.0, 90.0],
        "duration": [10.0, 0.0, 10.0],
        "trial_type": ["a", "b", "a"],
    }
    figure = events_figure("events", events)
    boxes = [
        rect for rect in ET.fromstring(figure.data).iter(f"{SVG}rect") if rect.get("x")
    ]
    x, width = (np.array([float(box.get(k)) for box in boxes]) for k in ("x", "width"))
    # a row for each condition: both of a, then b
    np.testing.assert_allclose(x - x[0], [0, 630, 350], atol=0.1)
    np.testing.assert_allclose(width, [70, 70, 1.5], atol=0.1)
    assert "a 2, b 1" in figure.alternative


def test_motion_is_in_millimetres_and_without_derivatives(rng):
    names = ["task", "trans_x", "rot_z", "trans_x_derivative1", "rot_z_power2"]
    values = rng.standard_normal((30, 5))
    figure = motion_figure("motion", names, values)
    x, z = np.ptp(values[:, 1]), 50 * np.ptp(values[:, 2])
    assert f"trans_x {x:.2g}, rot_z {z:.2g}." in figure.alternative
    assert motion_figure("motion", names[:1], values[:, :1]) is None
    only = motion_figure("motion", ["framewise_displacement"], values[:, :1])
    assert "framewise_displacement" in only.alternative


@pytest.mark.parametrize("n_columns", [1, 60])
def test_few_and_many_regressors_of_long_names(rng, n_columns):
    names = [f"{'x' * 200} {i}" for i in range(n_columns)]
    values = rng.standard_normal((100, n_columns))
    figure = design_figure("design", names, values)
    assert figure.width < 1200
    both = correlation_figure("correlation", names, values)
    assert (both is None) == (n_columns == 1)
