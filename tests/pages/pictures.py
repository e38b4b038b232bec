"""The figures of a page: drawn by us, and kept to be looked at."""

import io
import os
from pathlib import Path

import numpy as np

__all__ = ["Pictures"]


class Pictures:
    """Stands for `plotting` in a page: its functions, which keep what they are given.

    Attributes
    ----------
    maps : dict
        Images by the titles of their figures (or the number of the figure).
    drawn : dict
        The displays, if they are drawn: pyplot has forgotten their figures.

    With BOLDGLM_KEEP_FIGURES set to a folder every figure is written there, too.
    """

    def __init__(self, draw=True):
        self.draw = draw
        self.maps, self.drawn = {}, {}

    def __getattr__(self, name):
        def function(image, *args, **options):
            title = options.get("title", len(self.maps))
            self.maps[title] = image
            if not self.draw:
                return None
            import boldglm.plotting

            display = getattr(boldglm.plotting, name)(image, *args, **options)
            self.drawn[title] = display
            folder = os.environ.get("BOLDGLM_KEEP_FIGURES")
            if folder:
                page = Path(os.environ.get("PYTEST_CURRENT_TEST", "page")).stem
                path = Path(folder) / f"{page}_{title}.png".replace(" ", "_")
                path.parent.mkdir(parents=True, exist_ok=True)
                display.savefig(path)
            return display

        return function

    def show(self):
        """Without a screen: nothing."""
        from boldglm.plotting import show

        show()


def colourful(display):
    """Share of the pixels of a figure that are not grey."""
    buffer = io.BytesIO()
    display.savefig(buffer, dpi=50, format="rgba")
    pixels = np.frombuffer(buffer.getvalue(), np.uint8).reshape(-1, 4)[:, :3]
    return float((np.ptp(pixels.astype(int), axis=1) > 40).mean())
