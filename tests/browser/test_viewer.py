"""The viewer in a browser: what is picked, moved and clicked is what is shown."""

import gzip
import io
import re
from dataclasses import replace

import nibabel as nib
import numpy as np
import pytest
from matplotlib.image import imread
from scipy import ndimage, stats
from tests.reporting.sample_report import AFFINE, sample_content

from boldglm.reporting.html_report import HTMLReport
from boldglm.reporting.page import write_page
from boldglm.reporting.volume_files import as_volume

pytestmark = pytest.mark.usefixtures("bundle")

VOXEL = AFFINE[0, 0]


@pytest.fixture(scope="module")
def content():
    return sample_content()


@pytest.fixture(scope="module")
def page(content):
    return write_page(content)


@pytest.fixture
def opened(visit, page):
    return visit(page)


def canvas(opened):
    """Pixels of the viewer without its colour bars, which are coloured at any time."""
    pixels = imread(io.BytesIO(opened.page.locator("#viewer").screenshot()))[..., :3]
    return pixels[: int(0.88 * len(pixels))]


def warm(pixels):
    red, green, blue = np.moveaxis(pixels, -1, 0)
    return int(((red > 0.45) & (red > 1.4 * blue) & (red > 1.05 * green)).sum())


def cool(pixels):
    red, _, blue = np.moveaxis(pixels, -1, 0)
    return int(((blue > 0.4) & (blue > 1.5 * red)).sum())


def row(opened, index):
    return opened.page.locator(f"#picked-clusters tr[data-cluster='{index}'] button")


def slide(opened, z):
    opened.page.locator("#threshold").evaluate(
        "(slider, z) => { slider.value = z;"
        " slider.dispatchEvent(new Event('input', {bubbles: true})); }",
        str(z),
    )


def value_at(contrast, mm):
    image = nib.Nifti1Image.from_bytes(gzip.decompress(contrast.volume.nifti))
    index = np.linalg.inv(image.affine) @ [*mm, 1]
    return image.get_fdata()[tuple(np.round(index[:3]).astype(int))]


def test_it_opens_at_the_first_peak_with_the_threshold_of_the_report(opened, content):
    first = content.contrasts[0]
    assert opened.state("contrast") == first.key
    assert opened.state("threshold") == first.height
    peak = first.clusters[0]
    assert opened.state("crosshair") == pytest.approx(
        [peak.x, peak.y, peak.z], abs=1e-3
    )
    assert opened.page.evaluate("boldglmReport.nv.volumes.length") == 2
    assert opened.page.locator("#prepared").is_hidden()
    assert warm(canvas(opened)) > 500


def test_a_map_is_unpacked_only_when_it_is_picked(opened, content):
    names = "boldglmReport.nv.volumes.map((volume) => volume.name)"
    first, second = content.contrasts[:2]
    ground = f"{content.background.name}.nii.gz"
    assert opened.page.evaluate(names) == [ground, f"{first.volume.name}.nii.gz"]
    opened.page.select_option("#contrast", second.key)
    opened.until(f"{names}[1] === '{second.volume.name}.nii.gz'")
    assert opened.page.evaluate(f"{names}.length") == 2


def test_the_picker_changes_words_table_and_picture(opened, content):
    before = canvas(opened)
    empty = content.contrasts[2]
    opened.page.select_option("#contrast", empty.key)
    opened.until(f"boldglmReport.nv.volumes[1].name === '{empty.volume.name}.nii.gz'")
    assert opened.state("contrast") == empty.key
    assert opened.text("#picked") == empty.conclusion
    assert opened.page.locator("#picked-clusters table").count() == 0
    after = canvas(opened)
    assert (before != after).any()
    assert warm(before) > 500
    assert warm(after) == cool(after) == 0


def test_of_two_quick_picks_the_last_is_shown_however_long_the_first_takes(
    opened, content
):
    slow, last = content.contrasts[2:4]
    opened.page.evaluate(
        """async ([slow, ...keys]) => {
          const load = boldglmViewer.NVImage.loadFromBase64;
          boldglmViewer.NVImage.loadFromBase64 = async function (given) {
            if (given.name === slow) {
              await new Promise((resolve) => setTimeout(resolve, 500));
              window.slowIsThere = true;
            }
            return load.call(this, given);
          };
          const select = document.getElementById('contrast');
          for (const key of keys) {
            select.value = key;
            select.dispatchEvent(new Event('change'));
          }
        }""",
        [f"{slow.volume.name}.nii.gz", slow.key, last.key],
    )
    opened.until("window.slowIsThere")
    opened.page.wait_for_timeout(300)
    volumes = "boldglmReport.nv.volumes.map((volume) => volume.name)"
    assert opened.page.evaluate(volumes)[1:] == [f"{last.volume.name}.nii.gz"]
    assert opened.state("contrast") == last.key


def test_the_slider_hides_what_does_not_pass(opened, content):
    shown = []
    for z in (0.0, 2.0, 5.0, content.contrasts[0].volume.largest + 0.05):
        slide(opened, z)
        assert opened.state("threshold") == pytest.approx(z, abs=0.006)
        pixels = canvas(opened)
        shown.append(warm(pixels) + cool(pixels))
    assert shown == sorted(shown, reverse=True)
    assert shown[0] > shown[1] > shown[2] > shown[3] == 0


@pytest.mark.parametrize(
    ("index", "height"), [(0, 3.0902), (0, 1.5), (1, 1.5), (3, 2.0)]
)
@pytest.mark.parametrize("size", [0, 1, 4, 30])
def test_clusters_that_the_report_leaves_out_are_left_out_at_any_height(
    visit, content, index, height, size
):
    contrast = replace(content.contrasts[index], cluster_size=size, height=height)
    opened = visit(write_page(replace(content, contrasts=(contrast,))))
    image = nib.Nifti1Image.from_bytes(gzip.decompress(contrast.volume.nifti))
    values = image.get_fdata()
    last = 0
    for z in (height, 2.5):
        if z != height:
            slide(opened, z)
        left = np.zeros(values.shape, bool)
        for sign in (1, -1) if contrast.two_sided else (1,):
            labels, _ = ndimage.label(sign * values >= z)
            sizes = np.bincount(labels.ravel())
            left |= (labels > 0) & (sizes[labels] >= size)
        last, count = count_of(opened), int(left.sum())
        assert last == count > 0
        words = f"{count} voxels" + (
            f" in clusters of {size} or more" if size > 1 else ""
        )
        assert opened.text("#threshold-words").endswith(f"in each voxel; {words}")
        raw = opened.page.evaluate(
            "Array.from(boldglmReport.nv.volumes[1].img, (level) => level)"
        )
        shown = np.reshape(raw, values.shape, order="F") * image.dataobj.slope
        reach = np.abs(shown) >= z if contrast.two_sided else shown >= z
        np.testing.assert_array_equal(reach, left)


def test_clusters_are_those_of_voxels_that_share_faces(opened, rng):
    """Also at the edges of a map, where the next number is not the next voxel."""
    for _ in range(20):
        levels = rng.integers(-3, 4, (4, 5, 6))
        found = opened.page.evaluate(
            """([values, shape]) => {
              const limits = { level: 2, twoSided: true, size: 3 };
              const map = Int16Array.from(values);
              const { kept, count } = largeClusters(map, shape, limits);
              return [Array.from(kept), count];
            }""",
            [levels.ravel(order="F").tolist(), levels.shape],
        )
        expected = levels.copy()
        for sign in (1, -1):
            labels, _ = ndimage.label(sign * levels >= 2)
            expected[(labels > 0) & (np.bincount(labels.ravel())[labels] < 3)] = 0
        np.testing.assert_array_equal(
            np.reshape(found[0], levels.shape, order="F"), expected
        )
        assert found[1] == (np.abs(expected) >= 2).sum()


def count_of(opened):
    return opened.state("shown")


def test_a_voxel_that_is_left_out_still_has_its_value(visit, content):
    first = content.contrasts[0]
    cluster = first.clusters[0]
    opened = visit(
        write_page(replace(content, contrasts=(replace(first, cluster_size=9999),)))
    )
    assert count_of(opened) == 0
    pixels = canvas(opened)
    assert warm(pixels) == cool(pixels) == 0
    opened.page.focus("#viewer")
    opened.page.keyboard.press("ArrowRight")
    place = (cluster.x + VOXEL, cluster.y, cluster.z)
    assert f"z = {value_at(first, place):.2f}" in opened.text("#location")


def test_a_place_of_the_table_has_the_number_of_the_table(visit, content):
    """Maps are rounded on the page, peaks are not."""
    first = content.contrasts[0]
    peak = replace(first.clusters[0], peak=first.clusters[0].peak + 0.02)
    contrast = replace(first, clusters=(peak, *first.clusters[1:]))
    opened = visit(write_page(replace(content, contrasts=(contrast,))))
    assert f"z = {peak.peak:.2f}" in opened.text("#location")
    opened.page.focus("#viewer")
    opened.page.keyboard.press("ArrowLeft")
    place = (peak.x - VOXEL, peak.y, peak.z)
    assert f"z = {value_at(first, place):.2f}" in opened.text("#location")


def test_below_zero_is_shown_from_the_threshold_on(opened, content):
    """The peak below 0 is -5.4: all that passes 5 lies in it, and it is shown."""
    row(opened, len(content.contrasts[0].clusters) - 1).click()
    slide(opened, 5.0)
    assert cool(canvas(opened)) > 20
    slide(opened, 5.5)
    assert cool(canvas(opened)) == 0


def test_the_slider_obeys_the_keyboard(opened):
    before = opened.state("threshold")
    opened.page.focus("#threshold")
    opened.page.keyboard.press("ArrowRight")
    assert opened.state("threshold") == pytest.approx(before + 0.01, abs=0.006)
    opened.page.keyboard.press("End")
    assert warm(canvas(opened)) == 0


def test_a_button_leads_back_to_the_threshold_of_the_report(opened, content):
    back = opened.page.locator("#threshold-back")
    height, before = content.contrasts[0].height, canvas(opened)
    assert back.is_disabled()
    slide(opened, height + 1.5)
    assert (before != canvas(opened)).any()
    back.click()
    assert opened.state("threshold") == height
    assert float(opened.page.input_value("#threshold")) == pytest.approx(
        height, abs=0.006
    )
    assert (before == canvas(opened)).all()
    assert back.is_disabled()


@pytest.mark.parametrize(
    ("index", "side"), [(0, "two-sided"), (1, ""), (3, "one-sided")]
)
def test_the_threshold_is_told_with_its_p(opened, content, index, side):
    contrast = content.contrasts[index]
    opened.page.select_option("#contrast", contrast.key)
    opened.until(
        f"boldglmReport.nv.volumes[1].name === '{contrast.volume.name}.nii.gz'"
    )
    for z in (0.0, 0.5, 1.96, 2.82, 2.83, 3.09, 5.0, 7.0):
        slide(opened, z)
        words = opened.text("#threshold-words")
        sign = r"\|z\|" if contrast.two_sided else "z"
        told = re.fullmatch(
            rf"{sign} > ([\d.]+): ({side} ?)p = (\S+) in each voxel; \d+ voxels?",
            words,
        )
        assert told, words
        assert float(told[1]) == z
        p = stats.norm.sf(z) * (2 if contrast.two_sided else 1)
        assert float(told[3]) == pytest.approx(p, rel=0.051)
        assert opened.page.get_attribute("#threshold", "aria-valuetext") == words


def test_below_zero_is_shown_where_the_test_has_two_sides(opened, content):
    negative = content.contrasts[0].clusters[-1]
    row(opened, len(content.contrasts[0].clusters) - 1).click()
    assert opened.state("crosshair") == pytest.approx(
        [negative.x, negative.y, negative.z], abs=1e-3
    )
    assert cool(canvas(opened)) > 100
    one_sided = content.contrasts[3]
    assert value_at(one_sided, (negative.x, negative.y, negative.z)) < -4
    opened.page.select_option("#contrast", one_sided.key)
    opened.until(
        f"boldglmReport.nv.volumes[1].name === '{one_sided.volume.name}.nii.gz'"
    )
    assert cool(canvas(opened)) == 0


@pytest.mark.parametrize("index", [1, 2, 3])
def test_a_row_of_the_table_moves_the_crosshair_there(opened, content, index):
    before = canvas(opened)
    contrast = content.contrasts[0]
    cluster = contrast.clusters[index]
    row(opened, index).click()
    place = [cluster.x, cluster.y, cluster.z]
    assert opened.state("crosshair") == pytest.approx(place, abs=1e-3)
    assert (before != canvas(opened)).any()
    words = opened.text("#location")
    numbers = [float(number) for number in re.findall(r"-?[\d.]+", words)]
    assert numbers[:3] == pytest.approx(place, abs=0.051)
    assert numbers[3] == pytest.approx(value_at(contrast, place), abs=0.0051)
    marked = opened.page.locator("#picked-clusters tr[data-marked]")
    assert marked.count() == 1
    assert marked.get_attribute("data-cluster") == str(index)
    assert row(opened, index).get_attribute("aria-current") == "true"


def test_the_crosshair_stays_when_a_contrast_is_picked_and_no_row_is_marked(
    opened, content
):
    row(opened, 1).click()
    place = opened.state("crosshair")
    other = content.contrasts[1]
    opened.page.select_option("#contrast", other.key)
    opened.until(f"boldglmReport.nv.volumes[1].name === '{other.volume.name}.nii.gz'")
    opened.until("document.querySelector('tr[data-marked]') === null")
    assert opened.state("crosshair") == place
    assert opened.page.locator("button.go[aria-current]").count() == 0
    assert f"z = {value_at(other, place):.2f}" in opened.text("#location")


def test_a_row_further_down_picks_its_contrast_and_leads_to_the_map(opened, content):
    contrast = content.contrasts[1]
    table = opened.page.locator(f"#contrast-{contrast.key} table.clusters")
    table.locator("tr[data-cluster='2'] button").click()
    opened.until("document.activeElement.closest('#explorer') !== null")
    cluster = contrast.clusters[2]
    assert opened.state("contrast") == contrast.key
    assert opened.state("crosshair") == pytest.approx(
        [cluster.x, cluster.y, cluster.z], abs=1e-3
    )
    assert row(opened, 2).evaluate("button => button === document.activeElement")
    assert opened.page.input_value("#contrast") == contrast.key


def test_a_click_on_a_slice_moves_the_crosshair(opened):
    before, pixels = opened.state("crosshair"), canvas(opened)
    box = opened.page.locator("#viewer").bounding_box()
    opened.page.mouse.click(
        box["x"] + 0.3 * box["width"], box["y"] + 0.2 * box["height"]
    )
    assert opened.state("crosshair") != pytest.approx(before, abs=1)
    assert (pixels != canvas(opened)).any()


@pytest.mark.parametrize(
    ("key", "step"),
    [
        ("ArrowLeft", (-1, 0, 0)),
        ("ArrowRight", (1, 0, 0)),
        ("ArrowUp", (0, 1, 0)),
        ("ArrowDown", (0, -1, 0)),
        ("PageUp", (0, 0, 1)),
        ("PageDown", (0, 0, -1)),
    ],
)
def test_keys_move_the_crosshair_by_a_voxel_of_the_map(opened, key, step):
    before = np.array(opened.state("crosshair"))
    words = opened.text("#location")
    opened.page.focus("#viewer")
    opened.page.keyboard.press(key)
    moved = np.array(opened.state("crosshair")) - before
    np.testing.assert_allclose(moved, VOXEL * np.array(step), atol=1e-3)
    assert opened.text("#location") != words


def test_keys_do_not_lead_out_of_the_picture(opened):
    opened.page.focus("#viewer")
    for _ in range(40):
        opened.page.keyboard.press("PageUp")
    _, _, top = opened.state("crosshair")
    assert 80 < top < 130
    opened.page.keyboard.press("PageDown")
    assert opened.state("crosshair")[2] == pytest.approx(top - VOXEL, abs=1e-3)


def test_no_other_key_changes_what_is_shown(opened):
    opened.page.focus("#viewer")
    before = canvas(opened)
    for key in ("v", "c", "s", "h", "m", "Escape"):
        opened.page.keyboard.press(key)
    opened.page.wait_for_timeout(100)
    assert (before == canvas(opened)).all()


def test_a_double_click_on_the_rendering_leads_to_its_surface(opened, content):
    before = opened.state("crosshair")
    box = opened.page.locator("#viewer").bounding_box()
    place = box["x"] + 0.7 * box["width"], box["y"] + 0.67 * box["height"]
    opened.page.mouse.dblclick(*place)
    opened.until(f"boldglmReport.crosshair().join() !== '{','.join(map(str, before))}'")
    x, y, z = opened.state("crosshair")
    rim = (x / 68) ** 2 + ((y + 18) / 85) ** 2 + ((z - 8) / 62) ** 2
    assert rim == pytest.approx(1, abs=0.25)
    assert opened.state("threshold") == content.contrasts[0].height


def test_the_wheel_moves_the_page_over_the_map_too(opened):
    box = opened.page.locator("#viewer").bounding_box()
    opened.page.mouse.move(box["x"] + 100, box["y"] + 100)
    before = opened.state("crosshair")
    opened.page.mouse.wheel(0, 200)
    opened.until("window.scrollY > 0")
    assert opened.state("crosshair") == before


@pytest.mark.parametrize("height", [float("inf"), float("nan"), 50.0, 0.0, -1.0])
def test_any_threshold_can_be_shown(visit, content, height):
    contrast = replace(content.contrasts[0], height=height)
    opened = visit(write_page(replace(content, contrasts=(contrast,))))
    shown = warm(canvas(opened))
    assert (shown == 0) == (not height <= 0)
    assert opened.page.evaluate("Number(document.getElementById('threshold').max)") > 7


def test_without_an_anatomy_the_voxels_tested_are_the_ground(visit, content):
    opened = visit(write_page(replace(content, background=None)))
    pixels = canvas(opened)
    assert warm(pixels) > 500
    grey = pixels[(np.ptp(pixels, axis=-1) < 0.05) & (pixels[..., 0] > 0.2)][:, 0]
    assert len(grey) > 0.1 * pixels[..., 0].size
    # What was tested and what was not, not the map once more
    levels = "[...new Set(boldglmReport.nv.volumes[0].img)].sort().join()"
    assert opened.page.evaluate(levels) == "0,1"


def test_a_voxel_that_is_rounded_to_0_is_no_hole_in_the_ground(visit, content):
    values = np.zeros((9, 9, 9))
    values[2:7, 2:7, 2:7] = 3.0
    values[4, 4, 4] = values[2, 4, 4] = 1e-4
    tested = values != 0
    first = content.contrasts[0]
    volume = as_volume("z-0", values, AFFINE, np.ones_like(tested))
    contrast = replace(first, volume=volume, clusters=())
    opened = visit(write_page(replace(content, contrasts=(contrast,), background=None)))
    ground = opened.page.evaluate("Array.from(boldglmReport.nv.volumes[0].img)")
    np.testing.assert_array_equal(np.reshape(ground, values.shape, order="F"), tested)


def test_a_map_that_is_broken_is_told_and_slices_are_shown(visit, content):
    first, second, *_ = content.contrasts
    broken = replace(second, volume=replace(second.volume, nifti=b"no map"))
    opened = visit(write_page(replace(content, contrasts=(first, broken))))
    opened.page.select_option("#contrast", broken.key)
    opened.page.wait_for_selector("#prepared:not([hidden])")
    assert "cannot show this map" in opened.text("#why-prepared")
    assert opened.page.locator("#prepared-picture").is_visible()
    # What the viewer itself says of it
    opened.errors.clear()


def test_a_viewer_that_is_stopped_gives_way_to_slices(opened):
    opened.page.evaluate(
        "document.getElementById('viewer').getContext('webgl2')"
        ".getExtension('WEBGL_lose_context').loseContext()"
    )
    opened.page.wait_for_selector("#prepared:not([hidden])")
    assert "stopped" in opened.text("#why-prepared")
    opened.page.select_option("#contrast", "c1")
    assert opened.page.locator("#prepared-picture").is_visible()


def test_it_runs_in_a_frame_of_another_page(visit, page):
    frame = HTMLReport(page).get_iframe(900, 700)
    opened = visit(f"<!doctype html><title>Notebook</title>{frame}")
    (inner,) = opened.page.frames[1:]
    inner.evaluate("window.boldglmReport.ready")
    assert inner.evaluate("boldglmReport.nv.volumes.length") == 2
    assert inner.locator("#prepared").is_hidden()
