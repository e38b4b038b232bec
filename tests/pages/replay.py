"""A page's script, run as users run it, with us or with nilearn in its imports."""

import contextlib
import io
import warnings
from types import SimpleNamespace

__all__ = ["replay"]


def replay(script, program, **given):
    """Run a script written for nilearn with `program` as the root of its imports.

    The figures are left out: the name `plotting` in the script is a recorder, which
    keeps the maps it is given by their titles.

    Returns the names the script has made; with them `maps`, `printed`, and `warned`,
    the warnings that reach the user.
    """
    maps = {}

    def plot_stat_map(image, title, **options):
        maps[title] = image

    recorder = SimpleNamespace(plot_stat_map=plot_stat_map, show=lambda: None)
    names = {"__name__": "page", "plotting": recorder, **given}
    code = compile(script.replace("nilearn", program), "page.py", "exec")
    printed = io.StringIO()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with contextlib.redirect_stdout(printed):
            exec(code, names)
    names["maps"], names["printed"], names["warned"] = maps, printed.getvalue(), caught
    return SimpleNamespace(**names)
