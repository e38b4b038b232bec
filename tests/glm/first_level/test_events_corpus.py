"""Events files as people write them: the design expected, or one clear error.

The same oddities are written to a temporary folder here, so that they are tested
where the real files are not at hand.
"""

import csv
import re
import warnings

import numpy as np
import pytest

from boldglm._base.errors import DesignError
from boldglm.glm.first_level.design_matrix import make_first_level_design_matrix
from boldglm.glm.first_level.experimental_paradigm import read_events

FRAME_TIMES = np.arange(100) * 2.0

#: What a file with an oddity is answered with, as in the message after its name.
ERRORS = {
    "na_onset": r", line \d+, column 'onset': 'n/a' is a missing value",
    "na_duration": r", line \d+, column 'duration': 'n/a' is a missing value",
    "zero_bytes": " is empty",
    "blank_only": " is empty",
    "non_numeric_onset": ", line 3, column 'onset': 'ten' is not a number",
    "non_numeric_duration": ", line 3, column 'duration': '2s' is not a number",
    "comma_decimals": ", line 2, column 'onset': '0,5' is not .* with a point",
    "comma_separated": ", line 1: .* separated by commas, not by tabs",
    "space_separated": ", line 1: .* separated by spaces, not by tabs",
    "no_header": ", line 1: no column 'onset'; .* is the header missing",
    "no_onset": ", line 1: no column 'onset'; the columns are 'time', ",
    "no_duration": ", line 1: no column 'duration'; .* 0 stands for an impulse",
    "negative_duration": ", line 3, column 'duration': '-2' is negative",
    "infinite_onset": ", line 4, column 'onset': 'inf' is infinite",
    "ragged_rows": ", line 3: 2 fields, .* none for column 'trial_type'",
    "duplicate_columns": ", line 1: column 'trial_type' is there 2 times",
    "latin1": ", line 2, column 'trial_type': byte 0xe9 is not UTF-8",
    "reserved_names": ", line 2, column 'trial_type'. and by the constant",
    "modulation_na": ", line 3, column 'modulation': 'n/a' is a missing value",
}
WARNINGS = {
    "no_trial_type": "no column 'trial_type'",
    "na_trial_type": r"line \d+, column 'trial_type': 'n/a' is no condition",
    "duplicate_events": r"line \d+: \d+ duplicated events",
    "header_capitals": "'Onset' as 'onset'",
    "after_the_run": "line 5, .* 1 of 4 events start after the end of the run",
    "header_only": "has no events",
}


def design_of(path):
    """A design and what was warned of on the way."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        design = make_first_level_design_matrix(FRAME_TIMES, path)
    return design, [str(one.message) for one in caught]


def expected_conditions(path):
    """Conditions by a reader of a few lines, for files that can be read."""
    text = path.read_bytes()
    encoding = "utf-16" if text[:2] == b"\xff\xfe" else "utf-8-sig"
    lines = text.decode(encoding).splitlines()
    rows = list(
        csv.DictReader((line for line in lines if line.strip()), delimiter="\t")
    )
    rows = [{k.strip().lower(): v for k, v in row.items() if k} for row in rows]
    if rows and "trial_type" not in rows[0]:
        return ["dummy"]
    names = {row["trial_type"].strip() for row in rows} - {"n/a"}
    try:
        return sorted(names, key=float)
    except ValueError:
        return sorted(names)


def check(path, oddities):
    """Hold the answer to a file against the tables above."""
    wrong = [oddity for oddity in ERRORS if oddity in oddities]
    if wrong:
        with pytest.raises(DesignError, match=f"{path.name}'{ERRORS[wrong[0]]}"):
            design_of(path)
        return
    design, notes = design_of(path)
    conditions = expected_conditions(path) if "header_only" not in oddities else []
    drifts = ["drift_1", "drift_2", "drift_3", "drift_4", "constant"]
    assert design.columns.tolist() == [*conditions, *drifts]
    assert np.isfinite(design.to_numpy()).all()
    due = {oddity for oddity in oddities if oddity in WARNINGS}
    if "header_only" in due:
        due = {"header_only"}
    if "na_trial_type" in due:
        # rows that are left out may have been the duplicates
        due -= {"duplicate_events"}
    for oddity in due:
        pattern = re.compile(f"{path.name}'.*{WARNINGS[oddity]}")
        assert any(pattern.search(note) for note in notes), (oddity, notes)


def test_every_file_of_the_corpus(data_dir):
    folder = data_dir / "events_corpus"
    with (folder / "index.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) > 180
    for row in rows:
        check(folder / row["file"], row["oddities"].split())


def test_real_files_without_errors_give_the_designs_of_the_peer(data_dir):
    """Wherever the peer makes a design at all of a BIDS file, it is this one."""
    peer = pytest.importorskip("nilearn.glm.first_level")
    folder = data_dir / "events_corpus"
    with (folder / "index.csv").open(newline="", encoding="utf-8") as lines:
        rows = [
            row
            for row in csv.DictReader(lines)
            if row["file"].startswith("files/") and "cond" in row["nilearn_0.14.1"]
        ]
    frame_times = np.arange(60) * 2.0
    compared = 0
    for row in rows:
        if "header_only" in row["oddities"] or "many_rows" in row["oddities"]:
            continue
        path = folder / row["file"]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = peer.make_first_level_design_matrix(
                frame_times, path, "glover", oversampling=10
            )
            given = make_first_level_design_matrix(
                frame_times, path, "glover", oversampling=10
            )
        names = [str(name).strip() for name in expected.columns]
        assert given.columns.tolist() == names, path
        np.testing.assert_allclose(given, expected, atol=1e-8, err_msg=str(path))
        compared += 1
    assert compared > 100


PLAIN = (
    "onset\tduration\ttrial_type\n0\t2\tface\n10\t2\thouse\n20\t2\tface\n30\t2\thouse\n"
)


def swap(old, new, count=-1):
    return PLAIN.replace(old, new, count).encode()


WRITTEN = {
    "none": PLAIN.encode(),
    "crlf": swap("\n", "\r\n"),
    "bom": b"\xef\xbb\xbf" + PLAIN.encode(),
    "no_final_newline": PLAIN.rstrip("\n").encode(),
    "blank_line": swap("\n10", "\n\n10"),
    "field_spaces": swap("10\t2\thouse", " 10 \t 2\t house "),
    "unsorted": b"onset\tduration\ttrial_type\n30\t2\thouse\n0\t2\tface\n",
    "extra_columns": b"onset\tduration\tresponse_time\ttrial_type\n1\t2\tn/a\tface\n",
    "empty_column_name": swap("trial_type\n", "trial_type\t\n"),
    "column_name_not_identifier": b"onset\tduration\ttrial_type\ta b-c\n1\t2\tx\ty\n",
    "trial_type_with_space": swap("face", "famous face"),
    "trial_type_with_operator": swap("face", "face-house (a+b)/2.5"),
    "numeric_trial_type": swap("face", "10").replace(b"house", b"9"),
    "trial_type_starts_with_digit": swap("face", "2back"),
    "long_trial_type": swap("face", "a very long name " * 6 + "x"),
    "non_ascii": swap("face", "visage célèbre"),
    "negative_onset": swap("\n0\t", "\n-3\t"),
    "zero_duration": swap("\t2\t", "\t0\t"),
    "overlapping_events": swap("\t2\t", "\t15\t"),
    "duplicate_onsets": swap("10\t2\thouse", "0\t2\thouse"),
    "duplicate_events": swap("20\t2\tface", "0\t2\tface"),
    "one_event": b"onset\tduration\ttrial_type\n5\t1\ta\n",
    "many_rows": b"onset\tduration\ttrial_type\n"
    + b"".join(b"%d\t0.5\t%s\n" % (i, b"ab"[i % 2 :][:1]) for i in range(195)) * 20,
    "header_only": b"onset\tduration\ttrial_type\n",
    "no_trial_type": b"onset\tduration\n1\t2\n9\t2\n",
    "na_trial_type": swap("house", "n/a", 1),
    "na_onset": swap("\n0\t", "\nn/a\t"),
    "na_duration": swap("10\t2", "10\tn/a"),
    "all_na_duration na_duration": swap("\t2\t", "\tn/a\t"),
    "na_duration na_trial_type": swap("10\t2\thouse", "10\tn/a\tn/a"),
    "zero_bytes": b"",
    "blank_only": b"\n\n",
    "quoted_fields": swap("face", '"face, famous"').replace(b"house", b'"house"'),
    "quoted_header_and_numbers": swap("onset", '"onset"').replace(b"10", b'"10"'),
    "non_numeric_onset": swap("10", "ten"),
    "non_numeric_duration": swap("10\t2", "10\t2s"),
    "comma_decimals": swap("0\t2", "0,5\t2"),
    "comma_separated": swap("\t", ","),
    "space_separated": swap("\t", " "),
    "no_header": PLAIN.split("\n", 1)[1].encode(),
    "no_onset": swap("onset", "time"),
    "no_duration": b"onset\ttrial_type\n0\tface\n",
    "negative_duration": swap("10\t2", "10\t-2"),
    "infinite_onset": swap("20", "inf"),
    "ragged_rows": swap("10\t2\thouse", "10\t2").replace(b"20\t2\tface", b"1\t2\tf\tx"),
    "duplicate_columns": swap("trial_type", "trial_type\ttrial_type").replace(
        b"e\n", b"e\ta\n"
    ),
    "bare_carriage_returns": swap("\n", "\r"),
    "mixed_line_ends": swap("house\n", "house\r\n"),
    "latin1": PLAIN.replace("face", "café").encode("latin-1"),
    "utf16": PLAIN.encode("utf-16"),
    "reserved_names": swap("face", "constant").replace(b"house", b"drift_1"),
    "header_capitals": swap(
        "onset\tduration\ttrial_type", "Onset\tDuration\tTrial_Type"
    ),
    "modulation_na": b"onset\tduration\ttrial_type\tmodulation\n0\t1\ta\t1\n"
    b"9\t1\ta\tn/a\n",
    "after_the_run": swap("30\t", "9000\t"),
}


@pytest.mark.parametrize("oddities", WRITTEN)
def test_every_oddity_written_here(oddities, tmp_path):
    path = tmp_path / f"{oddities.replace(' ', '_')}.tsv"
    path.write_bytes(WRITTEN[oddities])
    check(path, oddities.split())


def test_a_quoted_tab_stays_in_the_name(tmp_path):
    path = tmp_path / "quoted_tab_inside.tsv"
    path.write_bytes(swap("face", '"left\tright"'))
    assert read_events(path).conditions == ("house", "left\tright")


@pytest.mark.parametrize(
    "oddity",
    [
        "crlf",
        "bom",
        "no_final_newline",
        "blank_line",
        "field_spaces",
        "empty_column_name",
        "quoted_header_and_numbers",
        "bare_carriage_returns",
        "mixed_line_ends",
        "utf16",
    ],
)
def test_what_is_only_written_oddly_has_the_events_of_the_plain_file(oddity, tmp_path):
    path = tmp_path / "events.tsv"
    path.write_bytes(WRITTEN[oddity])
    train = read_events(path).train
    assert train.onset.tolist() == [0, 10, 20, 30]
    assert train.duration.tolist() == [2, 2, 2, 2]
    assert train.condition.tolist() == [0, 1, 0, 1]


def test_five_thousand_rows_are_read_in_a_blink(tmp_path, rng):
    import time

    path = tmp_path / "events.tsv"
    rows = zip(np.arange(5000) / 9, rng.choice(["a", "b"], 5000), strict=True)
    body = "\n".join(f"{onset:.4f}\t1\t{name}" for onset, name in rows)
    path.write_text(f"onset\tduration\ttrial_type\n{body}\n")
    start = time.perf_counter()
    make_first_level_design_matrix(np.arange(300) * 2.0, path)
    assert time.perf_counter() - start < 1
