import json
from dataclasses import replace

import nibabel
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from boldglm.cli import demo_text, main
from boldglm.cli.demo import run_demo


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("demo") / "out"


@pytest.fixture(scope="module")
def findings(folder):
    """The whole demo, small, once for this file."""
    return run_demo(folder, seed=0, size="small", quiet=True)


def test_all_that_is_true_is_found_and_nothing_else(findings):
    for finding in findings.contrasts:
        assert all(peak.passed for peak in finding.peaks), finding
        assert finding.null.n_false == 0
        assert finding.null.n_voxels > 1000
    assert findings.passed


def test_every_contrast_looks_for_the_places_it_should_show(findings):
    looked_for = {
        finding.name: {peak.label for peak in finding.peaks}
        for finding in findings.contrasts
    }
    assert {name: len(places) for name, places in looked_for.items()} == {
        "faces - houses": 5,
        "faces": 6,
        "houses": 5,
        "effects of interest": 8,
    }
    assert "precuneus" not in looked_for["faces - houses"]


def test_the_threshold_is_bonferronis(findings, folder):
    norm = pytest.importorskip("scipy.stats").norm
    mask = next(folder.rglob("*desc-brain_mask.nii.gz"))
    n_voxels = np.count_nonzero(nibabel.load(mask).dataobj)
    two_sided, _, _, one_sided = findings.contrasts
    assert two_sided.threshold == pytest.approx(norm.isf(0.0005 / n_voxels), rel=1e-6)
    assert one_sided.threshold == pytest.approx(norm.isf(0.001 / n_voxels), rel=1e-6)


def test_null_voxels_are_about_standard_normal(findings):
    for finding in findings.contrasts[:3]:
        assert abs(finding.null.mean) < 0.3
        assert 0.9 < finding.null.sd < 1.1


def test_one_model_of_both_runs_is_the_fixed_effect_of_two(findings):
    assert findings.fixed_effects_difference < 1e-6


def test_maps_are_on_disk_and_thresholded_where_they_say(findings, folder):
    stems = ["faces-houses", "faces", "houses", "effects-of-interest"]
    for stem, finding in zip(stems, findings.contrasts, strict=True):
        z = np.asarray(nibabel.load(folder / f"maps/{stem}_z.nii.gz").dataobj)
        kept = np.asarray(
            nibabel.load(folder / f"maps/{stem}_z-thresholded.nii.gz").dataobj
        )
        height = z if stem == "effects-of-interest" else np.abs(z)
        assert (height[kept != 0] > finding.threshold).all()
        np.testing.assert_allclose(kept[kept != 0], z[kept != 0], rtol=1e-6)
        assert np.count_nonzero(kept) >= 2 * len(finding.peaks)


def test_effects_are_those_put_in_after_smoothing(findings, folder):
    effect = nibabel.load(folder / "maps/faces-houses_fixed-effect.nii.gz")
    truth = [
        np.asarray(nibabel.load(folder / f"data/truth/effect-{name}.nii.gz").dataobj)
        for name in ("faces", "houses")
    ]
    ndimage = pytest.importorskip("scipy.ndimage")
    smooth = ndimage.gaussian_filter(truth[0] - truth[1], 6.0 / 2.3548 / 6.0)
    there = np.abs(smooth) > 0.2
    found = np.asarray(effect.dataobj)[there]
    slope = np.polyfit(smooth[there], found, 1)[0]
    assert slope == pytest.approx(1.0, abs=0.1)
    assert np.corrcoef(smooth[there], found)[0, 1] > 0.95


def test_the_table_of_peaks_is_on_disk(findings, folder):
    table = pd.read_csv(folder / "peaks.tsv", sep="\t")
    assert len(table) == sum(len(finding.peaks) for finding in findings.contrasts)
    assert table["found"].all()
    away = np.linalg.norm(
        table[["true_x", "true_y", "true_z"]].to_numpy() - table[["x", "y", "z"]],
        axis=1,
    )
    np.testing.assert_allclose(table["distance"], away, rtol=1e-3)


def test_figures_are_pictures(findings, folder):
    assert {path.name for path in findings.figures} == {
        "design-matrix_run-1.png",
        "faces-houses_z.png",
        "effects-of-interest_z.png",
    }
    for path in findings.figures:
        assert path.parent == folder / "figures"
        with Image.open(path) as picture:
            assert min(picture.size) > 200
            assert len(set(picture.convert("L").tobytes())) > 30


def test_the_report_has_what_the_demo_found(findings, folder):
    page = (folder / "report.html").read_text()
    assert findings.report == folder / "report.html"
    for finding in findings.contrasts:
        assert f"{finding.threshold:.2f}" in page
        assert finding.name in page


def test_the_truth_lies_beside_the_data(findings, folder):
    truth = json.loads((folder / "data/truth/truth.json").read_text())
    assert len(truth["activations"]) == 8


def test_nothing_temporary_is_left(findings, folder):
    assert not [path for path in folder.rglob("*") if path.name.startswith(".")]


def test_the_command_says_what_it_found_and_where_it_is(
    findings, folder, capsys, monkeypatch
):
    monkeypatch.setattr("boldglm.cli.demo.run_demo", told(findings))
    assert main(["demo", "--out", str(folder)]) == 0
    text = capsys.readouterr().out
    assert "faces - houses: |z| > " in text
    assert "right parahippocampal" in text
    assert "24 of 24 responses in 4 contrasts found within 12 mm" in text
    assert text.count("nothing found in") == 4
    assert 'noise_model="auto" corrects for what the design takes' in text
    for path in (
        folder / "maps",
        folder / "data",
        *findings.figures,
        folder / "report.html",
    ):
        assert str(path) in text
    assert text.rstrip().endswith("All is as it should be: 3.2 s.")
    assert max(map(len, text.splitlines()[:-10])) < 90


def told(findings, **options):
    """A demo that only tells what another has found."""

    def act(*args, quiet, **kwargs):
        demo_text.report(findings, seconds=3.21, quiet=quiet, **options)
        return findings

    return act


def test_quiet_says_only_where_everything_is(findings, capsys):
    demo_text.report(findings, seconds=1.0, quiet=True)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 7
    assert lines[0].startswith("Data and truth")


def test_what_is_wrong_is_marked_and_said_even_when_quiet(findings, capsys):
    (first, *others) = findings.contrasts
    peak = replace(first.peaks[0], found=None, z=float("nan"))
    null = replace(first.null, n_false=3)
    broken = replace(
        findings,
        contrasts=(replace(first, peaks=(peak,), null=null), *others),
        fixed_effects_difference=0.5,
    )
    assert not broken.passed
    demo_text.report(broken, seconds=1.0, quiet=False)
    text = capsys.readouterr().out
    assert "nothing" in text
    assert "Something is wrong: 1.0 s." in text
    demo_text.report(broken, seconds=1.0, quiet=True)
    lines = capsys.readouterr().out.splitlines()
    cross = demo_text.mark(False)
    assert [line.startswith(cross) for line in lines] == [True] * 3 + [False] * 7
    assert "19 of 20 responses" in lines[0]
    assert "faces - houses: 3 found in" in lines[1]


def test_marks_are_letters_where_the_terminal_has_no_other(monkeypatch, capsys):
    class Ascii:
        encoding = "ascii"

    monkeypatch.setattr("boldglm.cli.demo_text.sys.stdout", Ascii())
    assert (demo_text.mark(True), demo_text.mark(False)) == ("ok", "WRONG")
