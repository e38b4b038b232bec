"""What is asked of the benchmarks, what is kept of them, and the page of both."""

import inspect
import json
import os
import re
import sys
from datetime import datetime
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from benchmarks.baseline import ROWS, TIMES, asked, standings

from benchmarks import benchmarks_page, measure, pages, quiet, records, run, timing


@pytest.fixture(autouse=True)
def results(tmp_path, monkeypatch):
    monkeypatch.setattr(records, "RESULTS", tmp_path / "results")
    return tmp_path / "results"


def result(row="fit", **given):
    fields = {"name": row, "ours": [1.0], "peer": [20.0], "difference": ""}
    return timing.Result(**fields | asked(row) | given)


def group(*measured, name="glm", others=0.0):
    return records.Group(name, list(measured), 12.34, others)


@pytest.fixture
def clock(monkeypatch):
    """Set the day that measurements are of."""

    def set_day(day):
        class Then(datetime):
            @classmethod
            def now(cls, tz=None):
                return cls(2026, 1, day, tzinfo=tz)

        monkeypatch.setattr(records, "datetime", Then)

    return set_day


def measure_at(clock, day, *measured, group_name="glm", fast=False):
    clock(day)
    path = records.write_run([group(*measured, name=group_name)], fast)
    # a second run within the second would take its name
    path.rename(path.with_name(f"{path.stem}-{group_name}.json"))


def cells(*groups):
    """The cells of the table's rows by the first words of the row."""
    table = benchmarks_page.table([one.record() for one in groups])
    rows = [[c.strip() for c in x.split("|")[1:-1]] for x in table.splitlines()[2:]]
    return dict(zip((row.key for row in ROWS), rows, strict=True))


class TestRows:
    def test_every_row_is_measured_by_its_group(self):
        assert len({row.key for row in ROWS}) == len(ROWS)
        for row in ROWS:
            module = inspect.getmodule(run.BENCHMARKS[row.group])
            assert f'"{row.key}"' in inspect.getsource(module), row.key

    def test_every_row_asks_for_something(self):
        for row in ROWS:
            assert row.ratio or row.mib, row.key
            assert row.target

    def test_what_is_asked_is_said_in_words(self):
        targets = {row.key: row.target for row in ROWS}
        assert targets["faces"] == f"{TIMES}12, ≤ 700 MiB"
        assert targets["scans"] == "≤ 600 MiB, flat in scans"
        assert targets["plot_stat_map"] == "not slower"

    def test_a_result_of_no_row_is_refused(self):
        record = group(result()).record()["results"][0] | {"row": "fits"}
        with pytest.raises(ValueError, match=r"'fits'; expected one of 'faces'"):
            standings([record])

    def test_the_last_record_of_a_row_counts_and_rows_keep_their_order(self):
        measured = group(result(), result("report"), result(peer=[2.0]))
        found = standings(measured.record()["results"])
        assert [one.row for one in found] == list(ROWS)
        by_key = {one.row.key: one.verdict for one in found}
        assert by_key["fit"] == "MISSED"
        assert by_key["report"] == "met"
        assert by_key["faces"] == "not measured"

    def test_what_disagrees_has_met_nothing(self):
        (one,) = [s for s in standings(group(result(agree=False)).record()["results"])
                  if s.record]  # fmt: skip
        assert (one.met, one.verdict) == (False, "DISAGREES")


class TestKept:
    def test_numbers_are_json_and_say_where_they_are_from(self, results):
        measured = group(result(limit_mib=5, agree=np.bool_(True)), others=0.125)
        path = records.write_run([measured], fast=True)
        assert path.parent == results / "runs"
        text = json.loads(path.read_text(), parse_constant=pytest.fail)
        assert text["fast"] is True
        found = text["groups"]["glm"]
        assert (found["seconds"], found["others"]) == (12.3, 0.12)
        assert found["machine"]["cores"] >= 1
        assert found["versions"]["nilearn"].startswith("0.14")
        (row,) = found["results"]
        assert (row["ratio"], row["agree"]) == (20, True)
        assert row["asks"][1] == {"text": "<= 5 MiB", "met": False}

    def test_a_row_without_peer_has_no_ratio(self):
        (row,) = group(result(peer=[])).record()["results"]
        assert row["ratio"] is None

    def test_the_last_measurement_of_each_group_is_kept(self, clock):
        measure_at(clock, 1, result(), group_name="glm")
        measure_at(clock, 1, result("faces"), group_name="faces")
        measure_at(clock, 2, result(ours=[2.0]), group_name="glm")
        path, left = records.keep_runs()
        kept = records.kept(path)
        assert left == []
        assert list(kept["groups"]) == ["faces", "glm"]
        assert kept["groups"]["glm"]["results"][0]["ours"] == [2.0]
        assert kept["groups"]["faces"]["results"][0]["ours"] == [1.0]
        before = path.read_bytes()
        records.keep_runs()
        assert path.read_bytes() == before

    def test_what_is_kept_gives_way_to_newer_runs_only(self, clock, results):
        measure_at(clock, 2, result(ours=[2.0]))
        path, _ = records.keep_runs()
        for run_file in (results / "runs").iterdir():
            run_file.unlink()
        measure_at(clock, 1, result(ours=[1.0]))
        records.keep_runs()
        assert records.kept(path)["groups"]["glm"]["results"][0]["ours"] == [2.0]
        measure_at(clock, 3, result(ours=[3.0]))
        records.keep_runs()
        assert records.kept(path)["groups"]["glm"]["results"][0]["ours"] == [3.0]

    def test_what_disagrees_or_is_small_or_of_another_version_is_not_kept(
        self, clock, results, monkeypatch
    ):
        measure_at(clock, 1, result(agree=False))
        measure_at(clock, 2, result("faces"), group_name="faces", fast=True)
        with monkeypatch.context() as other:
            other.setattr(records.boldglm, "__version__", "0.0.1")
            measure_at(clock, 3, result("fiac"), group_name="fiac")
        assert records.keep_runs() == (None, ["glm"])
        assert [path.name for path in results.iterdir()] == ["runs"]

    def test_a_run_changes_nothing_that_is_kept(self, monkeypatch, results, capsys):
        monkeypatch.setattr(run, "BENCHMARKS", {"glm": lambda *_: [result()]})
        for arguments in ([], ["--fast"]):
            monkeypatch.setattr(sys, "argv", ["run", *arguments])
            assert run.main() == 0
        assert [path.name for path in results.iterdir()] == ["runs"]
        said, small = capsys.readouterr().out.split("written to ")[1:]
        assert "| met |" in said
        assert "| met |" not in small

    def test_the_last_version_stands_in_for_one_not_measured(self, results):
        with pytest.raises(FileNotFoundError, match="make bench"):
            records.newest()
        results.mkdir()
        (results / "reference-ratio-x.json").write_text("{}")
        for version, day in (("0.9", "2026-02-01"), ("0.10", "2026-03-01")):
            record = {"version": version, "groups": {"glm": {"time": day}}}
            (results / f"{version}.json").write_text(json.dumps(record))
        assert records.newest().name == "0.10.json"

    def test_only_what_has_targets_is_measured_unless_all_is_asked_for(self):
        for arguments, noise in (([], False), (["--all"], True), (["--fast"], True)):
            options = run.parser().parse_args(arguments)
            chosen = run.chosen(options)
            assert {row.group for row in ROWS} <= set(chosen)
            assert ("noise" in chosen) is noise
        only = run.parser().parse_args(["--only", "region"])
        assert run.chosen(only) == ["region"]


class TestQuiet:
    def test_others_are_all_but_ourselves(self, monkeypatch):
        busy, own = iter([100.0, 112.0]), iter([5.0, 13.0])
        clock = iter([0.0, 10.0])
        monkeypatch.setattr(quiet, "_busy_seconds", lambda: next(busy))
        monkeypatch.setattr(quiet, "_own_seconds", lambda: next(own))
        monkeypatch.setattr(quiet.time, "perf_counter", lambda: next(clock))
        assert quiet.Watch().others() == pytest.approx((12 - 8) / 10)

    def test_idle_and_waiting_time_is_not_busy(self, monkeypatch, tmp_path):
        stat = tmp_path / "stat"
        stat.write_text("cpu  100 20 3 9999 888 4 5 60 7 7\ncpu0 1 1 1 1\n")
        monkeypatch.setattr(quiet, "STAT", stat)
        ticks = os.sysconf("SC_CLK_TCK")
        assert quiet._busy_seconds() == pytest.approx(
            (100 + 20 + 3 + 4 + 5 + 60) / ticks
        )

    def test_a_system_that_does_not_tell_is_not_called_quiet(
        self, monkeypatch, tmp_path
    ):
        monkeypatch.setattr(quiet, "STAT", tmp_path / "none")
        assert quiet.Watch().others() is None


class TestPage:
    def test_cells_have_what_was_measured(self):
        found = cells(
            group(
                result(ours=[0.413], peer=[9.42]),
                result("scans", ours=[], peer=[], ours_mib=403.4, peer_mib=3700.0),
                result("import", ours=[0.0021], peer=[0.028]),
                result("TFCE", ours=[7.04], peer=[1527.5]),
            )
        )
        assert found["fit"][1:] == [
            f"{TIMES}15", "0.41 s", "9.42 s", f"{TIMES}23", "met",
        ]  # fmt: skip
        assert found["scans"][2:] == ["403 MiB", "3,700 MiB", "", "met"]
        assert found["import"][2:5] == ["2.1 ms", "28 ms", f"{TIMES}13"]
        assert found["TFCE"][2:4] == ["7.04 s", "1,528 s"]
        assert found["faces"][2:] == ["", "", "", "not measured"]
        assert f"300 {TIMES} 235,375" in found["fit"][0]

    def test_what_is_missed_is_named(self):
        missed = result(peer=[14.0], limit_mib=5, ours_mib=4.0)
        found = cells(group(missed, result("report", agree=False)))
        assert found["fit"][-1] == "**MISSED**: >= 15x"
        assert found["report"][-1] == "DISAGREES"

    def test_a_busy_machine_is_told(self):
        for others, told in ((0.1, False), (None, False), (1.3, True)):
            record = {"version": "1", "groups": {"glm": group(others=others).record()}}
            text = benchmarks_page.text(record)
            assert ("kept up to 1.3 processors busy" in text) is told
            assert text.startswith("Version 1. Measured 20")

    def test_the_figure_has_a_dot_where_there_is_a_ratio(self):
        groups = [group(result(), result("faces", ours_mib=600.0, peer_mib=1800.0),
                        result("report", peer=[])).record()]  # fmt: skip
        svg = benchmarks_page.figure(groups)
        assert svg == benchmarks_page.figure(groups)
        words = {"".join(x.itertext()) for x in ET.fromstring(svg).iter() if
                 x.tag.endswith("text")}  # fmt: skip
        assert {"faces, resampled", "AR(1) fit, default threads", f"{TIMES}20"} <= words
        assert "report, 8 contrasts" not in words
        assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")

    def test_the_command_rewrites_page_and_figure(self, tmp_path, monkeypatch, capsys):
        page, drawn = tmp_path / "page.md", tmp_path / "drawn.svg"
        page.write_text("above\n" + "\n".join(pages.MARKERS) + "\nbelow")
        monkeypatch.setattr(benchmarks_page, "PAGE", page)
        monkeypatch.setattr(benchmarks_page, "FIGURE", drawn)
        monkeypatch.setattr(sys, "argv", ["benchmarks_page"])
        records.write_run([group(result())], fast=False)
        assert benchmarks_page.main() == 0
        assert str(drawn) in capsys.readouterr().out
        assert "| 1 s | 20 s |" in page.read_text()
        assert "<svg" in drawn.read_text()

    def test_the_page_is_of_the_numbers_that_are_kept(self, monkeypatch):
        monkeypatch.setattr(records, "RESULTS", measure.ROOT / "benchmarks/results")
        kept = records.kept(records.newest())
        page = benchmarks_page.PAGE.read_text(encoding="utf-8")
        assert pages.replaced(page, benchmarks_page.text(kept)) == page
        svg = benchmarks_page.FIGURE.read_text(encoding="utf-8")
        ratio = re.compile(f">({TIMES}[\\d.]+)</text>")
        drawn = benchmarks_page.figure(kept["groups"].values())
        assert ratio.findall(svg) == ratio.findall(drawn) != []
