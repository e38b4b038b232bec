"""A page's script, run as users run it, with us or with nilearn in its imports."""

import contextlib
import io
import warnings
from types import SimpleNamespace

import pytest
from tests.pages.pictures import Pictures

__all__ = ["data_in", "replay"]


@contextlib.contextmanager
def data_in(folder):
    """Both programs look for data sets in a folder, first of all."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("BOLDGLM_DATA", "NILEARN_SHARED_DATA"):
            patch.setenv(name, str(folder))
        yield


def replay(script, program, folder, **given):
    """Run a script written for nilearn with `program` as the root of its imports.

    Its fetchers find their data sets in `folder`. The name `plotting` in the script
    draws and keeps (see `Pictures`).

    Returns the names the script has made; with them `maps` by their titles,
    `pictures`, `printed`, and `warned`, the warnings that reach the user.
    """
    pictures = Pictures(draw=program == "boldglm")
    names = {"__name__": "page", "plotting": pictures, **given}
    code = compile(script.replace("nilearn", program), "page.py", "exec")
    printed = io.StringIO()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with contextlib.redirect_stdout(printed), data_in(folder):
            exec(code, names)
    names["maps"], names["pictures"] = pictures.maps, pictures.drawn
    names["printed"], names["warned"] = printed.getvalue(), caught
    return SimpleNamespace(**names)
