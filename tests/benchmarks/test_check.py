"""What tells that we have become slower."""

import json
import math
import shutil
import sys

import pytest
from benchmarks.check_works import WORKS, prepared

from benchmarks import check, check_worker, records


@pytest.fixture
def call(monkeypatch, tmp_path):
    """Run the command on measurements that are given, in order."""
    monkeypatch.setattr(records, "RESULTS", tmp_path)

    def run(*measured, by="instructions", arguments=()):
        asked = []

        def measure(chosen):
            asked.append(list(chosen))
            return dict(measured[len(asked) - 1])

        monkeypatch.setattr(check, "counted", measure)
        monkeypatch.setattr(check, "timed", measure)
        monkeypatch.setattr(sys, "argv", ["check", "--by", by, *arguments])
        return check.main(), asked

    return run


def kept(call, by="instructions", **works):
    assert call(works, by=by, arguments=["--keep"])[0] == 0
    return json.loads(check.reference_path(by).read_text())


class TestVerdict:
    def test_a_quarter_more_passes_and_more_than_that_fails(self, call, capsys):
        kept(call, a=100.0, b=1000.0)
        assert call({"a": 125.0, "b": 900.0})[0] == 0
        assert "SLOWER" not in capsys.readouterr().out
        assert call({"a": 125.5, "b": 900.0})[0] == 1
        said = capsys.readouterr().out
        assert "more than 1.25 times the reference:\n  a\n" in said

    def test_other_packages_are_named_where_something_is_slower(self, call, capsys):
        reference = kept(call, a=100.0)
        reference["versions"]["numpy"] = "1.0"
        check.reference_path("instructions").write_text(json.dumps(reference))
        assert call({"a": 99.0})[0] == 0
        assert "the reference had" not in capsys.readouterr().out
        assert call({"a": 200.0})[0] == 1
        said = capsys.readouterr().out
        assert "the reference had 1.0" in said
        assert said.count("the reference had") == 1

    def test_without_a_reference_nothing_is_said_to_be_well(self, call, capsys):
        assert call({"a": 100.0})[0] == 2
        assert "--keep" in capsys.readouterr().out
        kept(call, a=100.0)
        assert call({"a": 100.0, "new": 5.0})[0] == 2
        assert "--only NAME:\n  new" in capsys.readouterr().out

    def test_what_became_faster_is_told(self, call, capsys):
        kept(call, a=100.0)
        assert call({"a": 79.0})[0] == 0
        assert "faster: --keep" in capsys.readouterr().out

    def test_one_piece_kept_leaves_the_others(self, call):
        kept(call, a=100.0, b=5.0)
        assert kept(call, b=6.0)["works"] == {"a": 100.0, "b": 6.0}

    def test_slow_seconds_are_measured_again_but_instructions_are_not(self, call):
        kept(call, by="ratio", a=1.0, b=1.0)
        slow = {"a": 2.0, "b": 1.0}
        code, asked = call(slow, {"a": 1.1}, by="ratio")
        assert (code, asked) == (0, [[], ["a"]])
        code, asked = call(slow, {"a": 3.0}, {"a": 1.9}, by="ratio")
        assert (code, asked) == (1, [[], ["a"], ["a"]])
        kept(call, a=1.0, b=1.0)
        assert call(slow) == (1, [[]])

    def test_each_kind_of_machine_has_its_reference(self, monkeypatch):
        monkeypatch.setattr("platform.machine", lambda: "arm64")
        monkeypatch.setattr("platform.system", lambda: "Darwin")
        monkeypatch.setattr(records, "machine", lambda: {"processor": "Apple M3 (8)"})
        names = [check.reference_path(way).name for way in check.WAYS]
        assert names == [
            "reference-instructions-arm64.json",
            "reference-ratio-arm64-darwin-apple-m3-8.json",
        ]


class TestMeasuring:
    def test_ratios_are_those_of_the_quickest_runs(self, monkeypatch, capsys, tmp_path):
        work, fixed = [0.5, 0.08, 0.02], [0.02, 0.01]
        monkeypatch.setattr(check_worker, "yardstick", lambda: "yardstick".title)
        monkeypatch.setattr("benchmarks.check_works.prepared", lambda *_: "work".title)
        monkeypatch.setattr(check_worker, "ROUNDS", 2)
        times = {"Yardstick": iter(fixed), "Work": iter(work)}
        monkeypatch.setattr(
            check_worker, "_seconds", lambda one, often: next(times[one()]) * often
        )
        monkeypatch.setattr(check_worker, "LEAST", 0.0)
        check_worker._time(["a"], tmp_path)
        said = json.loads(capsys.readouterr().out)
        assert said == {"name": "a", "value": pytest.approx(0.02 / 0.01)}

    def test_totals_are_read_from_what_callgrind_writes(self, tmp_path):
        path = tmp_path / "counts.2"
        path.write_text("version: 1\npart: 2\nevents: Ir\nsummary: 1757282\n\nfn=(1)\n")
        assert check._total(path) == 1757282
        path.write_text("version: 1\n")
        with pytest.raises(RuntimeError, match=r"no total into .*counts\.2"):
            check._total(path)

    def test_a_worker_that_fails_is_told_with_its_error(self):
        with pytest.raises(RuntimeError, match="no such piece"):
            check._lines(
                [sys.executable, "-c", "raise SystemExit('no such piece')"], {}
            )

    def test_lines_that_are_not_json_are_left_out(self):
        code = 'print(\'hello\'); print(\'{"name": "a", "value": 2.0}\')'
        found = check._lines([sys.executable, "-c", code], {})
        assert found == [{"name": "a", "value": 2.0}]

    # A model of order 8 and 42 regressors are much for 80 scans, and this is told
    @pytest.mark.filterwarnings("ignore:.*no stationary noise was found")
    @pytest.mark.slow
    @pytest.mark.parametrize("name", WORKS)
    def test_every_piece_runs(self, name, tmp_path, monkeypatch):
        monkeypatch.setenv("BOLDGLM_BENCH_DIR", str(tmp_path / "cache"))
        assert callable(prepared(name, tmp_path))

    @pytest.mark.slow
    @pytest.mark.skipif(not shutil.which("valgrind"), reason="needs valgrind")
    def test_counts_are_those_of_the_piece(self, tmp_path, monkeypatch):
        monkeypatch.setenv("BOLDGLM_BENCH_DIR", str(tmp_path))
        name = "design of 300 scans"
        found = check.counted([name])
        assert list(found) == [check_worker.IMPORT, name]
        # importing takes more than a design, and neither is nothing
        assert 1e6 < found[name] < found[check_worker.IMPORT] < 1e11


def test_without_a_reference_the_ratio_is_not_a_number():
    found = check.compare({"works": {"a": 2.0}}, {"a": 3.0, "b": 1.0})
    assert found["a"] == 1.5
    assert math.isnan(found["b"])
