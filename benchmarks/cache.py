"""Where the data of the benchmarks lie between runs: generated once, used again."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

__all__ = ["NoRoomError", "cache_folder", "cached", "clean", "size_of"]


class NoRoomError(OSError):
    """The disk is too full for the data of a benchmark."""


def cache_folder() -> Path:
    """``BOLDGLM_BENCH_DIR``, or ``boldglm-bench`` in the folder of temporary files."""
    chosen = os.environ.get("BOLDGLM_BENCH_DIR")
    return Path(chosen) if chosen else Path(tempfile.gettempdir()) / "boldglm-bench"


def cached(name: str, make: Callable[[Path], None], megabytes: float = 1) -> Path:
    """Folder `name` of the cache, filled by `make` if it is not there yet.

    It appears under its name only when complete: what an interrupted run leaves is
    never taken for data.

    Raises
    ------
    NoRoomError
        If there is not twice the room that the data take.
    """
    folder = cache_folder() / name
    if folder.is_dir():
        return folder
    cache_folder().mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(cache_folder()).free / 1e6
    if free < 2 * megabytes:
        msg = (
            f"{cache_folder()} has {free:,.0f} MB free; {name} takes {megabytes:,.0f} "
            "and twice that is asked. Set BOLDGLM_BENCH_DIR to a larger disk."
        )
        raise NoRoomError(msg)
    if megabytes >= 50:
        print(f"  making {folder} (about {megabytes:,.0f} MB, once) ...", flush=True)
    with tempfile.TemporaryDirectory(dir=cache_folder(), prefix=".making-") as partial:
        content = Path(partial) / "content"
        content.mkdir()
        make(content)
        if not folder.is_dir():  # another run may have been quicker
            content.replace(folder)
    return folder


def clean() -> float:
    """Delete the cache; return how many megabytes it held."""
    megabytes = size_of(cache_folder())
    shutil.rmtree(cache_folder(), ignore_errors=True)
    return megabytes


def size_of(folder: Path) -> float:
    """Megabytes of the files in `folder`."""
    return (
        sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6
    )
