"""Which contrasts were tested and how, in words that fit a methods section."""

from collections.abc import Sequence

from boldglm.reporting.content import ContrastContent
from boldglm.reporting.report_options import ReportOptions

__all__ = ["tested_words"]

#: Contrasts that are named, and letters of a definition
NAMED, LONGEST = 12, 120


def tested_words(options: ReportOptions, contrasts: Sequence[ContrastContent]) -> str:
    """A paragraph about the contrasts and the threshold.

    Parameters
    ----------
    options : ReportOptions
    contrasts : sequence of ContrastContent
        One at least.
    """
    n = len(contrasts)
    asked = "One contrast was" if n == 1 else f"{n} contrasts were"
    many = " and for no more than one contrast" if n > 1 else ""
    corrected = options.height_control in ("fdr", "bonferroni")
    words = [
        f"{asked} tested voxel by voxel, {_test_words(contrasts)}, "
        f"{_height_words(options, contrasts)}: {_list_words(contrasts)}."
    ]
    if corrected:
        words.append(f"Each map was corrected for its voxels{many}.")
    if options.cluster_threshold > 1:
        size = f"{options.cluster_threshold:g}"
        words.append(f"Clusters of fewer than {size} voxels were left out.")
    return " ".join(words)


def _test_words(contrasts: Sequence[ContrastContent]) -> str:
    """Which statistics, and which sides of them are shown."""
    kinds = {one.kind for one in contrasts}
    both = any(one.two_sided for one in contrasts)
    sides = "on both sides" if both else "on the positive side"
    if kinds == {"F"}:
        return "by F, shown as z"
    if kinds == {"t"}:
        return f"by t, shown as z {sides}"
    return f"by t or, for several rows, by F, shown as z (of t {sides})"


def _height_words(options: ReportOptions, contrasts: Sequence[ContrastContent]) -> str:
    alpha = f"{options.alpha:g}"
    if options.height_control == "fpr":
        return f"at p < {alpha} per voxel, not corrected for their number"
    if options.height_control == "fdr":
        return (
            f"at a false discovery rate of {alpha} (Benjamini and Hochberg, 1995; "
            "Genovese et al., 2002)"
        )
    if options.height_control == "bonferroni":
        return f"at a family-wise error rate of {alpha} (Bonferroni; Dunn, 1961)"
    sides = {one.two_sided for one in contrasts}
    height = f"> {options.threshold:g}"
    if sides == {True, False}:
        return f"where |z| {height} (of F z {height})"
    return f"where {'|z|' if True in sides else 'z'} {height}"


def _list_words(contrasts: Sequence[ContrastContent]) -> str:
    """Names, each with what it asks where that is more than its name."""
    told = []
    for one in contrasts[:NAMED]:
        name, definition = " ".join(one.name.split()), _definition(one)
        same = name == definition
        told.append(_shortened(name) if same else f"{_shortened(name)} ({definition})")
    more = len(contrasts) - NAMED
    return ", ".join(told) + (f" and {more} more" if more > 0 else "")


def _definition(contrast: ContrastContent) -> str:
    """What is asked; of which first-level maps stands with these."""
    return _shortened(contrast.definition.partition(" [first level: ")[0])


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
