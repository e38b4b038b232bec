"""No test runs loops that were compiled from what was there before."""

import os

from conftest import forget_stale_kernels


def test_loops_older_than_what_they_import_are_forgotten(tmp_path):
    cache = tmp_path / "__pycache__"
    cache.mkdir()
    (tmp_path / "used.py").write_text("")
    (tmp_path / "one_kernels.py").write_text("from boldglm.core.used import name\n")
    (tmp_path / "two_kernels.py").write_text("import numpy as np\n")
    older, newer = tmp_path / "used.py", cache / "one_kernels.f-2.py311.nbi"
    stale = cache / "one_kernels.f-1.py311.nbi"
    apart = cache / "two_kernels.f-1.py311.nbi"
    for age, path in enumerate((stale, apart, older, newer)):
        path.touch()
        os.utime(path, (1e9 + age, 1e9 + age))
    forget_stale_kernels(tmp_path)
    assert sorted(cache.iterdir()) == sorted([newer, apart])
