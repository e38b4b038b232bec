"""The small parts of the benchmarks: a ratio that is wrong is worse than none."""

import gzip
import math
import sys

import nibabel as nib
import numpy as np
import pytest
from benchmarks.series_files import series_writer

from benchmarks import agreement, cache, image_problems, measure, records, run, timing


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("BOLDGLM_BENCH_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def result(**given):
    return timing.Result(**{"name": "a", "ours": [1.0], "peer": [], **given})


class TestRows:
    def test_the_ratio_is_the_median_over_pairs(self):
        row = result(ours=[1.0, 2.0, 4.0], peer=[10.0, 10.0, 10.0], difference="")
        assert row.ratio == 5

    def test_the_ratio_is_that_of_medians_where_there_are_no_pairs(self):
        row = result(ours=[1.0, 2.0, 4.0], peer=[10.0], difference="")
        assert row.ratio == 5

    def test_a_row_without_peer_has_no_ratio(self):
        row = result(difference="alone")
        assert math.isnan(row.ratio)
        assert "nan" not in row.line()

    def test_what_is_asked_is_met_or_missed(self):
        row = result(
            peer=[11.0],
            difference="",
            target=12,
            ours_mib=650.0,
            limit_mib=700,
            also=[timing.Ask("flat", met=False)],
        )
        assert [ask.met for ask in row.asks] == [False, True, False]
        assert ">= 12x MISSED; <= 700 MiB met; flat MISSED" in row.line()
        assert row.unasked().asks == []

    def test_a_limit_without_measurement_is_missed(self):
        (ask,) = result(difference="", limit_mib=700).asks
        assert not ask.met


class TestAgreement:
    def test_correlation_leaves_out_what_is_zero_in_both(self, rng):
        a = rng.standard_normal(50)
        b = a + rng.standard_normal(50)
        outside = np.zeros(500)
        expected = np.corrcoef(a, b)[0, 1]
        found = agreement.correlation(np.r_[a, outside], np.r_[b, outside])
        assert found == pytest.approx(expected)

    def test_the_gap_is_in_units_of_the_range(self):
        assert agreement.gap(np.array([0.0, 5, 10]), np.array([0.0, 4, 10])) == 0.1

    def test_the_overlap_is_dices(self):
        assert agreement.overlap(np.array([1, 1, 0, 0]), np.array([1, 0, 1, 0])) == 0.5

    def test_other_shapes_never_agree(self):
        a, b = np.ones(3), np.ones(4)
        for compare in (agreement.correlation, agreement.gap, agreement.overlap):
            assert math.isnan(compare(a, b))
        assert not agreement.maps_agree({"z": a}, {"z": b}, ["z"])[0]

    def test_maps_agree_if_the_worst_does(self, rng):
        a, noise = rng.standard_normal((2, 1000))
        ours, peer = {"same": a, "other": a}, {"same": a, "other": a + 0.1 * noise}
        assert agreement.maps_agree(ours, peer, ["same"])[0]
        assert not agreement.maps_agree(ours, peer, ["same", "other"])[0]


class TestCache:
    def test_data_are_made_once(self):
        made = []
        for _ in range(2):
            place = cache.cached("a", made.append)
        assert len(made) == 1
        assert place.name == "a"

    def test_half_made_data_are_not_kept(self, folder):
        def fail(partial):
            (partial / "half").write_text("x")
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            cache.cached("a", fail)
        assert list(folder.iterdir()) == []

    def test_a_full_disk_is_told_before_anything_is_made(self):
        with pytest.raises(cache.NoRoomError, match="BOLDGLM_BENCH_DIR"):
            cache.cached("a", pytest.fail, megabytes=1e12)

    def test_clean_deletes_all(self, folder):
        cache.cached("a", lambda place: (place / "x").write_bytes(bytes(2_000_000)))
        assert cache.clean() == 2
        assert not folder.exists()


class TestFiles:
    @pytest.mark.parametrize("dtype", ["int16", "float32"])
    @pytest.mark.parametrize("quick", [True, False])
    def test_series_written_scan_by_scan_read_back(self, tmp_path, rng, dtype, quick):
        data = (100 * rng.standard_normal((3, 4, 5, 6))).astype(np.float32)
        affine = np.diag([-2.0, 3, 4, 1])
        affine[:3, 3] = 1, 2, 3
        paths = [tmp_path / "a.nii", tmp_path / "a.nii.gz"]
        with series_writer(paths, data.shape, affine, dtype, quick) as write:
            for scan in range(6):
                write(data[..., scan])
        expected = np.rint(data) if dtype == "int16" else data
        for path in paths:
            found = nib.load(path)
            assert found.get_data_dtype() == np.dtype(dtype)
            assert np.array_equal(found.dataobj, expected)
            assert np.allclose(found.affine, affine)
        assert gzip.decompress(paths[1].read_bytes()) == paths[0].read_bytes()

    def test_ellipsoids_have_exactly_so_many_voxels(self):
        inside = image_problems.ellipsoid((9, 11, 7), 123)
        assert inside.sum() == 123
        assert inside[4, 5, 3]
        assert not inside[0, 0, 0]

    def test_volumes_of_the_faces_differ_in_place_not_in_world(self):
        files = image_problems.faces(small=True)
        images = [nib.load(files[f"func{run}"][-1]) for run in (1, 2)]
        assert not np.allclose(images[0].affine, images[1].affine, atol=0.1)
        centres = []
        for img in images:
            above_air = np.clip(img.get_fdata() - 60, 0, None)
            weights = above_air / above_air.sum()
            voxel = [(weights * index).sum() for index in np.indices(img.shape)]
            centres.append(img.affine[:3, :3] @ voxel + img.affine[:3, 3])
            assert np.linalg.norm(centres[-1] - centres[0]) < 0.03


class TestProcesses:
    def test_memory_is_that_of_the_workload_not_of_who_started_it(self):
        held = np.ones(40_000_000)  # 305 MiB, all touched
        files = image_problems.functions(small=True)
        job = measure.Job("function", files, files, {"name": "load_img, get_data"})
        one = measure.measure(job, measure.OURS)
        assert held.nbytes / 2**20 > 300
        assert one.rise_mib < 30
        assert one.seconds > 0
        if sys.platform == "linux":
            assert 20 < one.peak_mib < 300
        expected = nib.load(files["run"]).get_fdata(dtype=np.float32)
        assert one.results["result"].shape == expected.shape
        assert np.array_equal(one.results["result"], expected)

    def test_what_fails_or_is_missing_is_said_and_the_rest_goes_on(self):
        files = image_problems.functions(small=True) | {"run": "no-such.nii"}
        jobs = [
            measure.Job("function", files, None, {"name": name})
            for name in ("mean_img", "unmask")
        ]
        jobs.append(measure.Job("region", files, None, {"what": "raw", "run": "mask"}))
        failed, other, done = measure.measure_all(jobs, measure.OURS)
        assert "no-such.nii" in failed.failed
        assert other.failed
        assert done.results["bytes"] > 352
        with pytest.raises(measure.WorkloadError, match=r"no-such\.nii"):
            measure.measure(jobs[0], measure.OURS)

    def test_a_function_that_is_not_there_is_skipped(self):
        from benchmarks.workloads import NotThereError, find

        with pytest.raises(NotThereError, match=r"boldglm\.image\.not_yet"):
            find("boldglm", "image.not_yet")


class TestCommand:
    @pytest.fixture
    def table(self, monkeypatch, tmp_path):
        def prepare(*results):
            monkeypatch.setattr(records, "RESULTS", tmp_path / "results")
            monkeypatch.setattr(run, "BENCHMARKS", {"glm": lambda *_: list(results)})

            def call(*arguments):
                monkeypatch.setattr(sys, "argv", ["run", *arguments])
                return run.main()

            return call

        return prepare

    def test_missed_targets_fail_only_when_strict(self, table, capsys):
        call = table(result(peer=[2.0], difference="", target=3))
        assert call() == 0
        assert "targets missed:\n  a (>= 3x)" in capsys.readouterr().out
        assert call("--strict") == 1
        assert call("--strict", "--fast") == 0

    def test_results_that_disagree_always_fail(self, table, capsys):
        assert table(result(difference="", agree=False))() == 1
        assert "results disagree:\n  a" in capsys.readouterr().out

    def test_a_program_that_fails_is_a_row(self, monkeypatch, table, capsys):
        call = table()

        def fail(*_):
            msg = "broken"
            raise measure.WorkloadError(msg)

        monkeypatch.setitem(run.BENCHMARKS, "glm", fail)
        assert call() == 1
        assert "not measured: broken" in capsys.readouterr().out
