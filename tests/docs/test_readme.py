"""What the README says is true."""

import re
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def readme() -> str:
    return (ROOT / "README.md").read_text()


def test_the_example_runs_on_the_files_of_the_demo(
    readme, tmp_path, monkeypatch, capsys
):
    from boldglm.cli.demo import run_demo

    monkeypatch.chdir(tmp_path)
    run_demo(tmp_path / "boldglm-demo", size="small", quiet=True)
    capsys.readouterr()
    code = re.search(r"```python\n(.*?)```", readme, re.DOTALL).group(1)
    exec(compile(code, "README.md", "exec"), {})
    assert "Peak Stat" in capsys.readouterr().out
    assert (tmp_path / "map.png").stat().st_size > 10_000


def test_the_example_of_a_group_runs(readme, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)[1]
    rng = np.random.default_rng(0)
    subjects = pd.DataFrame(
        {"age": rng.uniform(20, 40, 12), "group": ["control", "patient"] * 6}
    )
    maps = [
        nib.Nifti1Image(1 + rng.standard_normal((6, 6, 6)), np.diag([4.0, 4, 4, 1]))
        for _ in range(12)
    ]
    names = {"maps": maps, "subjects": subjects}
    exec(compile(code.replace("10000", "50"), "README.md", "exec"), names)
    assert names["z_map"].shape == (6, 6, 6)
    told = re.search(r"found\.scheme  # '10000 (.*?): …'", readme).group(1)
    assert told in names["found"].scheme
    assert (tmp_path / "group_tfce_pfwe.nii.gz").exists()


def test_the_two_commands_are_named_and_exist(readme):
    makefile = (ROOT / "Makefile").read_text()
    for command in ("demo", "test"):
        assert f"make {command}" in readme
        assert f"\n{command}:" in makefile


def test_every_link_to_a_file_of_the_project_leads_somewhere(readme):
    links = re.findall(r"\]\(((?!http)[^)#]+)", readme)
    assert links
    for link in links:
        assert (ROOT / link).exists(), link
