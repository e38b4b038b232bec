import nibabel as nib
import pytest
from tests.reporting import simulated_models as sim

from boldglm.cli import main


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "sub-01.npz"
    sim.first_level(1).save(path)
    return path


def test_a_saved_model_is_reported_beside_it(saved, capsys):
    assert main(["report", str(saved), "a", "less=a - b", "--background", "none"]) == 0
    told = capsys.readouterr()
    target = saved.with_suffix(".html")
    assert told.out.strip() == str(target)
    page = target.read_text()
    assert "less" in page
    assert "a - b" in page


def test_options_reach_the_report(saved, tmp_path, capsys):
    out = tmp_path / "report.html"
    nib.save(sim.anatomy(), tmp_path / "anatomy.nii.gz")
    options = ["--out", str(out), "--title", "My report", "--height-control", "none"]
    options += ["--threshold", "4.5", "--two-sided", "--cluster-threshold", "2"]
    options += ["--background", str(tmp_path / "anatomy.nii.gz")]
    assert main(["report", str(saved), "a", *options]) == 0
    page = out.read_text()
    assert "My report" in page
    assert "|z| &gt; 4.50" in page


def test_what_is_worth_knowing_is_said(saved, tmp_path, capsys):
    options = ["--out", str(tmp_path / "r.html"), "--threshold", "4"]
    assert main(["report", str(saved), "--background", "none", *options]) == 0
    assert "Note: threshold=4.0 is not used" in capsys.readouterr().err


def test_a_report_never_replaces_its_model(saved, tmp_path, capsys):
    model = tmp_path / "model.html"
    model.write_bytes(saved.read_bytes())
    for given in ([str(model), "a"], [str(model), "a", "--out", str(model)]):
        assert main(["report", *given, "--background", "none"]) == 2
        assert "would replace the model" in capsys.readouterr().err
        assert model.read_bytes() == saved.read_bytes()


def test_contrasts_may_come_after_options(saved, tmp_path, capsys):
    out = tmp_path / "r.html"
    given = ["a", "--background", "none", "less=a - b", "--out", str(out), "b"]
    assert main(["report", str(saved), *given]) == 0
    content = out.read_text()
    for name in ("a", "b", "less"):
        assert f'"name":"{name}"' in content.replace(": ", ":")


def test_options_that_are_not_there_are_told(saved, capsys):
    for given in (["report", str(saved), "a", "--thershold", "3"], ["demo", "x"]):
        with pytest.raises(SystemExit):
            main(given)
        assert "unrecognized arguments" in capsys.readouterr().err


def test_two_contrasts_of_one_name_are_refused(saved, capsys):
    assert main(["report", str(saved), "x=a", "x=b", "--background", "none"]) == 2
    assert "two contrasts named 'x': 'a' and 'b'" in capsys.readouterr().err


def test_a_message_that_points_at_a_word_keeps_its_lines(saved, capsys):
    assert main(["report", str(saved), "a - nobody", "--background", "none"]) == 2
    _, expression, pointer, *_ = capsys.readouterr().err.splitlines()
    assert pointer.index("^") == expression.index("nobody")


@pytest.mark.parametrize("arguments", [["missing.npz"], ["SAVED", "nobody"], ["."]])
def test_mistakes_are_told_without_a_traceback(saved, tmp_path, capsys, arguments):
    given = [str(saved) if one == "SAVED" else one for one in arguments]
    out = tmp_path / "r.html"
    assert main(["report", *given, "--out", str(out), "--background", "none"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("boldglm report: ")
    assert "Traceback" not in told
    assert not out.exists()


def test_rows_of_an_f_are_parted_by_semicolons(saved, tmp_path, capsys):
    out = tmp_path / "r.html"
    given = ["any=a; b", "a;b", "--background", "none", "--out", str(out)]
    assert main(["report", str(saved), *given]) == 0
    page = out.read_text().replace(": ", ":")
    assert page.count('"kind":"F"') == 2
    assert '"name":"any"' in page
    assert '"definition":"a; b"' in page


def test_a_probability_that_is_none_is_told(saved, capsys):
    given = ["--alpha", "0.9", "--background", "none"]
    assert main(["report", str(saved), "a", *given]) == 2
    assert "alpha is 0.9; expected a probability above 0 and" in capsys.readouterr().err
