"""The build hook: a viewer where npm is there, a whole package where it is not."""

import importlib.util
import json
import shutil
import stat
import subprocess
import sys
import types
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
VIEWER = ROOT / "viewer"

pytestmark = pytest.mark.skipif(
    not VIEWER.is_dir(), reason="needs the sources of the viewer"
)


@pytest.fixture
def hook(monkeypatch):
    """The hook's module; hatchling itself is there only while a package is built."""
    plugin = types.ModuleType("hatchling.builders.hooks.plugin.interface")
    plugin.BuildHookInterface = object
    parts = plugin.__name__.split(".")
    for end in range(1, len(parts)):
        name = ".".join(parts[:end])
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    monkeypatch.setitem(sys.modules, plugin.__name__, plugin)
    spec = importlib.util.spec_from_file_location(
        "hatch_build", ROOT / "hatch_build.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def sources(tmp_path):
    """A copy of the viewer's sources."""
    folder = tmp_path / "viewer"
    shutil.copytree(VIEWER, folder, ignore=shutil.ignore_patterns("node_modules"))
    return folder


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Put programs of these names, and what they do, in place of all others."""
    if sys.platform == "win32":
        pytest.skip("needs programs that are shell scripts")
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))

    def put(**scripts):
        for name, script in scripts.items():
            path = folder / name
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(path.stat().st_mode | stat.S_IXUSR)

    return put


def note(tmp_path):
    """A script that notes how it was called."""
    return f'echo "$0 $*" >> "{tmp_path}/calls"'


def calls(tmp_path):
    path = tmp_path / "calls"
    return path.read_text().splitlines() if path.exists() else []


# Makes what build.mjs would make
BUILD = '/bin/mkdir -p "$2" && printf "/* viewer %s */\\nvar v;" "$3" > "$2/niivue.js"'


def test_it_is_built_once_from_the_same_sources(hook, sources, programs, tmp_path):
    programs(npm=note(tmp_path), node=f"{note(tmp_path)}\n{BUILD}")
    folder = tmp_path / "made"
    assert "was built" in hook.build_viewer(sources, folder)
    install, build = calls(tmp_path)
    assert "npm ci " in install
    assert f"node build.mjs {folder}" in build
    assert "up to date" in hook.build_viewer(sources, folder)
    assert len(calls(tmp_path)) == 2


@pytest.mark.parametrize(
    "changed",
    ["package-lock.json", "index.js", "absent.js", "build.mjs", "licenses/niivue.txt"],
)
def test_it_is_built_again_when_a_source_changes(
    hook, sources, programs, tmp_path, changed
):
    programs(npm=note(tmp_path), node=f"{note(tmp_path)}\n{BUILD}")
    hook.build_viewer(sources, tmp_path / "made")
    path = sources / changed
    path.write_text(path.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert "was built" in hook.build_viewer(sources, tmp_path / "made")
    assert len(calls(tmp_path)) == 4


def test_without_npm_one_line_says_so(hook, sources, programs, tmp_path):
    programs()
    said = hook.build_viewer(sources, tmp_path / "made")
    assert "was not built, because there is no npm" in said
    assert "prepared slices" in said
    assert "\n" not in said
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize("is_built", [False, True])
def test_without_its_sources_the_package_is_whole(hook, programs, tmp_path, is_built):
    programs(npm=note(tmp_path), node=note(tmp_path))
    folder = tmp_path / "made"
    if is_built:
        folder.mkdir()
        (folder / "niivue.js").write_text("/* viewer  */\n")
    said = hook.build_viewer(tmp_path / "no-viewer", folder)
    assert "was not built, because of its sources" in said
    assert "there is no package.json" in said
    assert ("An older one is kept" in said) == is_built
    assert calls(tmp_path) == []


def test_an_npm_that_fails_is_told_and_no_harm(hook, sources, programs, tmp_path):
    programs(npm="echo 'npm error code ENOTFOUND' >&2; exit 1", node=note(tmp_path))
    said = hook.build_viewer(sources, tmp_path / "made")
    assert "'npm ci' failed: npm error code ENOTFOUND" in said
    assert "\n" not in said
    assert calls(tmp_path) == []


def test_a_build_that_fails_leaves_the_older_one(hook, sources, programs, tmp_path):
    programs(npm=note(tmp_path), node="exit 3")
    folder = tmp_path / "made"
    folder.mkdir()
    (folder / "niivue.js").write_text("/* viewer older */\n")
    said = hook.build_viewer(sources, folder)
    assert "'node build.mjs' failed: no message. An older one is kept." in said
    assert (folder / "niivue.js").read_text() == "/* viewer older */\n"


def test_an_npm_that_never_ends_is_given_up(
    hook, sources, programs, tmp_path, monkeypatch
):
    monkeypatch.setattr(hook, "_PATIENCE", 0.2)
    programs(npm="exec /bin/sleep 20", node=note(tmp_path))
    said = hook.build_viewer(sources, tmp_path / "made")
    assert "'npm ci' did not run" in said
    assert calls(tmp_path) == []


def test_the_hook_runs_for_the_package_and_speaks_one_line(hook, monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(
        hook, "build_viewer", lambda *paths: asked.append(paths) or "done"
    )
    one = hook.ViewerHook()
    one.root = "/root"
    one.initialize("standard", {})
    assert asked == [(Path("/root/viewer"), Path("/root/src/boldglm/reporting/viewer"))]
    assert capsys.readouterr().err == "done\n"


def test_the_lock_names_no_registry():
    lock = json.loads((VIEWER / "package-lock.json").read_text(encoding="utf-8"))
    assert len(lock["packages"]) > 10
    for name, package in lock["packages"].items():
        assert "resolved" not in package
        assert ("integrity" in package) == bool(name), name


def test_versions_are_exact_and_those_of_the_lock():
    wanted = json.loads((VIEWER / "package.json").read_text(encoding="utf-8"))
    lock = json.loads((VIEWER / "package-lock.json").read_text(encoding="utf-8"))
    for name, version in (wanted["dependencies"] | wanted["devDependencies"]).items():
        assert lock["packages"][f"node_modules/{name}"]["version"] == version


def test_what_was_built_is_not_committed():
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("needs git and the repository")
    made = ["src/boldglm/reporting/viewer/niivue.js", "viewer/node_modules/x/y.js"]
    done = subprocess.run(
        [git, "check-ignore", *made],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == made
