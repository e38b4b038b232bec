from xml.etree import ElementTree as ET

import numpy as np
import pytest

from boldglm.reporting.chart import COLOURS, Chart, clean_text, shade

SVG = "{http://www.w3.org/2000/svg}"


def parsed(chart, caption="caption"):
    figure = chart.figure("name", "what is to be seen", caption)
    assert figure.media_type == "image/svg+xml"
    assert (figure.width, figure.height) == (chart.width, chart.height)
    return ET.fromstring(figure.data)


def points(path):
    return np.array([part.split() for part in path.get("d")[1:].split("L")], float)


def test_lines_go_where_the_numbers_say():
    chart = Chart((0, 10), (-1, 1), 420, 230)
    chart.line([0, 5, np.nan, 10], [-1, 0, 0, 1], COLOURS[0])
    (path,) = parsed(chart).iter(f"{SVG}path")
    left, middle, right = points(path)
    assert left[0] < middle[0] < right[0]
    assert left[1] > middle[1] > right[1]
    np.testing.assert_allclose(middle, (left + right) / 2, atol=0.1)


def test_a_histogram_is_as_high_as_its_counts():
    chart = Chart((0, 2), (0, 4))
    chart.steps([0, 1, 2], [4, 1], COLOURS[0])
    (path,) = parsed(chart).iter(f"{SVG}path")
    y = points(path)[:, 1]
    assert y[0] == y[-1] == y.max()
    height = y.max() - y
    assert height[1] == height[2] == pytest.approx(4 * height[3], abs=0.3)


def test_what_is_beyond_the_axes_stays_within_the_chart():
    chart = Chart((0, 1), (0, 1))
    chart.line([-5, 5], [-5, 5], COLOURS[0])
    (path,) = parsed(chart).iter(f"{SVG}path")
    inside = points(path)
    assert (inside >= 0).all()
    assert (inside <= [chart.width, chart.height]).all()
    chart.upright(7.0, "nowhere")
    assert not list(parsed(chart).iter(f"{SVG}line"))


@pytest.mark.parametrize(
    "ends", [(0, 1), (-4.2, 9.9), (0, 1e5), (0.001, 0.002), (3, 3)]
)
def test_axes_have_a_few_round_numbers(ends):
    chart = Chart(ends, ends)
    chart.axes("across", "up")
    words = [text.text for text in parsed(chart).iter(f"{SVG}text")]
    assert words[-2:] == ["across", "up"]
    numbers = [float(word) for word in words[:-2]]
    assert 4 <= len(numbers) <= 14
    assert all(len(word) <= 6 for word in words[:-2])


def test_words_are_words_whatever_they_are():
    chart = Chart((0, 1), (0, 1))
    hostile = "<script>alert('x')</script>&\x00\x1b"
    chart.words(hostile, 1.0, 2.0)
    chart.key(hostile, COLOURS[0])
    root = parsed(chart)
    assert not list(root.iter(f"{SVG}script"))
    assert [text.text for text in root.iter(f"{SVG}text")] == [
        "<script>alert('x')</script>&",
        "<script>alert('x')</scri",
    ]
    assert clean_text("ünï 🧠") == "ünï 🧠"


def test_shades_run_from_blue_over_white_to_red():
    assert shade(0.0) == "#ffffff"
    assert shade(2.0) == shade(1.0) == "#b2182b"
    assert shade(-1.0) == "#2166ac"


def test_pictures_are_pixels_as_they_are():
    import base64
    import io

    from PIL import Image

    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4)
    chart = Chart((0, 1), (0, 1))
    chart.picture(pixels, (10.0, 20.0, 40.0, 30.0))
    (image,) = parsed(chart).iter(f"{SVG}image")
    assert [float(image.get(k)) for k in ("x", "y", "width", "height")] == [
        10, 20, 40, 30,
    ]  # fmt: skip
    data = base64.b64decode(image.get("href").partition(",")[2])
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(data))), pixels)
