"""The runner behind ``make examples``."""

import subprocess
import sys
from pathlib import Path

RUNNER = Path(__file__).parents[2] / "tools" / "run_examples.py"
GOOD = """\
import sys
import matplotlib.pyplot as plt
assert sys.argv[1:] == ["--simulated"]
print("good")
for line in ([0, 1], [1, 0]):
    plt.figure()
    plt.plot(line)
plt.show()
"""


def run(folder, *scripts):
    command = [sys.executable, str(RUNNER), "--out", str(folder), *map(str, scripts)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_figures_and_words_of_every_script_are_kept(tmp_path):
    script = tmp_path / "plot_good.py"
    script.write_text(GOOD)
    out = tmp_path / "out"
    done = run(out, script)
    assert done.returncode == 0
    assert done.stdout.split()[0] == "plot_good"
    assert " ok\n" in done.stdout
    assert {path.name for path in out.iterdir()} == {
        "plot_good.txt",
        "plot_good-1.png",
        "plot_good-2.png",
    }
    assert (out / "plot_good.txt").read_text() == "good\n"


def test_a_script_that_fails_or_shows_nothing_fails_the_run(tmp_path):
    good, wrong, dark = (tmp_path / f"plot_{n}.py" for n in ("good", "wrong", "dark"))
    good.write_text(GOOD)
    wrong.write_text("assert 1 == 2, 'one is not two'\n")
    dark.write_text("print('no figure')\n")
    done = run(tmp_path / "out", wrong, dark, good)
    assert done.returncode == 1
    assert "one is not two" in done.stdout
    assert "plot_dark.py has shown no figure" in done.stdout
    assert "failed: plot_wrong.py, plot_dark.py" in done.stdout
    assert (tmp_path / "out" / "plot_good-1.png").is_file()
