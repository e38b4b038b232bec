import re
import signal
import subprocess
import sys

import pytest

from boldglm import __version__
from boldglm.cli import demo, main


@pytest.fixture
def demo_that(monkeypatch):
    """Put something else in the place of the demo."""

    def replace(act):
        monkeypatch.setattr(demo, "run_demo", act)

    return replace


class Outcome:
    def __init__(self, passed):
        self.passed = passed


def fail_with(error):
    def act(*args, **kwargs):
        raise error

    return act


def test_the_version_is_told(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"boldglm {__version__}\n"


def test_help_names_the_commands_and_hides_what_is_for_tests(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    assert "demo" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["demo", "--help"])
    text = capsys.readouterr().out
    assert "--out DIR" in text
    assert "--size" not in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: COMMAND"),
        (["dmeo"], "invalid choice: 'dmeo'"),
        (["demo", "--seed", "-1"], "expected one argument|not a whole number"),
        (["demo", "--seed", "two"], "'two' is not a whole number from 0 up"),
        (["demo", "--fast"], "unrecognized arguments: --fast"),
    ],
)
def test_what_cannot_be_understood_is_an_error_with_code_2(capsys, arguments, message):
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    assert re.search(message, capsys.readouterr().err)


@pytest.mark.parametrize(("passed", "code"), [(True, 0), (False, 1)])
def test_the_exit_code_says_whether_the_findings_are_true(demo_that, passed, code):
    def act(*args, **kwargs):
        return Outcome(passed)

    demo_that(act)
    assert main(["demo"]) == code


def test_the_arguments_reach_the_demo(demo_that, tmp_path):
    asked = {}

    def act(folder, **options):
        asked.update(options, folder=folder)
        return Outcome(passed=True)

    demo_that(act)
    main(["demo", "--out", str(tmp_path), "--seed", "7", "--quiet", "--size", "small"])
    assert asked == {"folder": tmp_path, "seed": 7, "quiet": True, "size": "small"}


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ValueError("bad\n  value"), "boldglm demo: bad\n  value\n"),
        (TypeError("wrong kind"), "boldglm demo: wrong kind\n"),
        (OSError(28, "No space left"), "boldglm demo: [Errno 28] No space left\n"),
        (MemoryError(), "boldglm demo: MemoryError\n"),
    ],
)
def test_an_error_is_its_message_and_code_2(demo_that, capsys, error, line):
    demo_that(fail_with(error))
    assert main(["demo"]) == 2
    captured = capsys.readouterr()
    assert captured.err == line
    assert not captured.out


def test_debug_shows_where_an_error_arose(demo_that):
    demo_that(fail_with(ValueError("bad value")))
    with pytest.raises(ValueError, match="bad value"):
        main(["demo", "--debug"])


def test_a_defect_is_not_hidden(demo_that):
    demo_that(fail_with(ZeroDivisionError("division by zero")))
    with pytest.raises(ZeroDivisionError):
        main(["demo"])


def test_ctrl_c_stops_without_a_traceback(demo_that, capsys):
    demo_that(fail_with(KeyboardInterrupt()))
    assert main(["demo"]) == 130
    assert capsys.readouterr().err.strip() == "Stopped."


def test_a_file_in_the_way_of_the_folder_is_an_error_with_its_name(tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    code = main(["demo", "--out", str(tmp_path / "file"), "--size", "small", "--quiet"])
    assert code == 2
    assert str(tmp_path / "file") in capsys.readouterr().err
    assert (tmp_path / "file").read_text() == "mine"


def test_the_package_runs_as_a_module_and_loads_nothing_to_say_its_version():
    code = (
        "import sys\nfrom boldglm.cli import main\n"
        "try:\n    main(['--version'])\nexcept SystemExit:\n"
        "    print([m for m in ('numpy', 'nibabel') if m in sys.modules])"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.splitlines()[-1] == "[]"
    module = subprocess.run(
        [sys.executable, "-m", "boldglm", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert module.stdout == f"boldglm {__version__}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to send there")
def test_ctrl_c_in_the_middle_of_the_demo_stops_it(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-m", "boldglm", "demo", "--out", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # what runs in the background of a shell is born deaf to it
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    begun = process.stderr.read(len("[ 1/10] simulate run 1 ..."))
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    assert begun == "[ 1/10] simulate run 1 ..."
    assert rest == " stopped\nStopped.\n"
    assert process.returncode == 130
