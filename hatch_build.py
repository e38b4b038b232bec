"""Build the viewer of the reports into the package, where npm is there to do it."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

__all__ = ["ViewerHook", "build_viewer"]

_SOURCES = ("package.json", "package-lock.json", "build.mjs", "index.js", "absent.js")
# Where there is no network, npm should say so at once and not ask again for minutes
_INSTALL = (
    *("ci", "--prefer-offline", "--no-audit", "--no-fund"),
    *("--fetch-retries=0", "--fetch-timeout=60000"),
)
_PATIENCE = 300


class ViewerHook(BuildHookInterface):
    """Runs before files are collected, for wheels, sdists and editable installs."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
        """Build the viewer; a report without it shows prepared slices."""
        root = Path(self.root)
        sys.stderr.write(
            build_viewer(root / "viewer", root / "src/boldglm/reporting/viewer") + "\n"
        )


def build_viewer(sources: Path, folder: Path) -> str:
    """Make `folder`/niivue.js from `sources`, unless it was made from them before.

    Parameters
    ----------
    sources : Path
        The npm project.
    folder : Path
        Made if need be.

    Returns
    -------
    str
        What was done, in a line. Nothing is raised: without npm, without a network or
        with an npm that fails, the package is whole but for the viewer.
    """
    bundle = folder / "niivue.js"
    missing = [name for name in _SOURCES if not (sources / name).is_file()]
    mark = "" if missing else _mark(sources)
    if not missing and _is_made_from(bundle, mark):
        return f"boldglm: the viewer of reports is up to date ({bundle})."
    npm, node = shutil.which("npm"), shutil.which("node")
    if missing:
        why = f"of its sources in {sources} there is no {missing[0]}"
    elif npm is None or node is None:
        why = "there is no npm on this machine"
    else:
        why = _failure([npm, *_INSTALL], sources) or _failure(
            [node, "build.mjs", str(folder.resolve()), mark], sources
        )
        if not why:
            return f"boldglm: the viewer of reports was built ({bundle})."
    kept = " An older one is kept." if bundle.is_file() else ""
    return (
        f"boldglm: the viewer of reports was not built, because {why}.{kept} "
        "Everything else is there; reports show prepared slices where it is missing."
    )


def _mark(sources: Path) -> str:
    """Digest of the sources: after a clone, times of files say little."""
    digest = hashlib.sha256()
    licences = sorted((sources / "licenses").glob("*.txt"))
    for path in [*(sources / name for name in _SOURCES), *licences]:
        digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()


def _is_made_from(bundle: Path, mark: str) -> bool:
    if not bundle.is_file():
        return False
    with bundle.open(encoding="utf-8") as file:
        return file.readline() == f"/* viewer {mark} */\n"


def _failure(command: list[str], folder: Path) -> str:
    """Run a command; why it failed, or ''."""
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_PATIENCE,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"'{Path(command[0]).name} {command[1]}' did not run: {error}"
    if done.returncode == 0:
        return ""
    said = (done.stderr or done.stdout).strip().splitlines() or ["no message"]
    return f"'{Path(command[0]).name} {command[1]}' failed: {said[0].strip()}"
