"""``boldglm report``: from a saved model to its report."""

import argparse
import sys
import warnings
from pathlib import Path
from typing import Any

__all__ = ["add_report", "report_model"]

HEIGHT_CONTROLS = ("fpr", "fdr", "bonferroni", "none")


def add_report(commands: Any) -> None:
    """Add the command to the parser.

    Parameters
    ----------
    commands : what `argparse.ArgumentParser.add_subparsers` returns
    """
    parser = commands.add_parser(
        "report",
        help="make the report of a saved model",
        description=(
            "Make one HTML file of a first-level model that was written with its save "
            "method: what was done, and what the contrasts show."
        ),
    )
    parser.add_argument("model", type=Path, metavar="MODEL_FILE", help="such as m.npz")
    parser.add_argument(
        "contrasts",
        nargs="*",
        default=[],  # or argparse says that one is required
        metavar="CONTRAST",
        help=(
            "an expression of regressors such as 'faces - houses', or rows of an F "
            "test parted by semicolons, 'faces; houses'; with a name before it if you "
            "like: 'category=faces - houses'"
        ),
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help="where to write it (default: beside the model, with the ending .html)",
    )
    parser.add_argument("--title", metavar="TEXT", help="of the page")
    parser.add_argument(
        "--background",
        default="MNI152TEMPLATE",
        metavar="IMAGE",
        help="the anatomy behind the maps, 'none' for none (default: the MNI template)",
    )
    parser.add_argument(
        "--height-control", choices=HEIGHT_CONTROLS, default="fpr", help="(fpr)"
    )
    parser.add_argument(
        "--alpha",
        type=float,
        default=0.001,
        metavar="P",
        help="above 0, at most 0.5 (%(default)s)",
    )
    parser.add_argument(
        "--threshold",
        type=float,
        metavar="Z",
        help="with --height-control none (3.09)",
    )
    parser.add_argument(
        "--cluster-threshold",
        type=int,
        default=0,
        metavar="VOXELS",
        help="smallest cluster that is shown",
    )
    parser.add_argument(
        "--two-sided", action="store_true", help="show negative effects too"
    )
    parser.add_argument(
        "--debug", action="store_true", help="show where in the code an error arose"
    )
    parser.set_defaults(run=_report)


def _report(arguments: argparse.Namespace) -> int:
    control = arguments.height_control
    background = arguments.background
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        path = report_model(
            arguments.model,
            arguments.contrasts,
            arguments.out,
            title=arguments.title,
            bg_img=None if background.lower() == "none" else background,
            height_control=None if control == "none" else control,
            alpha=arguments.alpha,
            threshold=arguments.threshold,
            cluster_threshold=arguments.cluster_threshold,
            two_sided=arguments.two_sided,
        )
    for warning in caught:
        print(f"Note: {warning.message}", file=sys.stderr)
    print(path)
    return 0


def report_model(
    model_file: Path, contrasts: list[str], out: Path | None = None, **options: Any
) -> Path:
    """Write the report of a saved model.

    Parameters
    ----------
    model_file : Path
        See `FirstLevelModel.save`.
    contrasts : list of str
        Expressions, with ``name=`` before them or without; rows of an F are parted
        by semicolons.
    out : Path, optional
        Default: beside the model.
    **options
        See `FirstLevelModel.generate_report`.

    Returns
    -------
    Path
        Of the report.

    Raises
    ------
    ImageFileError
        If the file is no saved model.
    ValueError
        If the report would replace the model, or two contrasts have one name.
    ContrastError
        If the model has no such regressors.
    """
    from boldglm.glm.first_level import FirstLevelModel

    model = FirstLevelModel.load(model_file)
    target = (out or model_file.with_suffix(".html")).expanduser().resolve()
    if target == model_file.expanduser().resolve():
        msg = (
            f"The report would replace the model, {model_file}: name another file "
            "with --out."
        )
        raise ValueError(msg)
    asked = _by_name(contrasts)
    model.generate_report(asked or None, **options).save_as_html(target)
    return target


def _by_name(contrasts: list[str]) -> dict[str, str]:
    """Expressions of ``'name=expression'`` by name; expressions have no ``=``."""
    found: dict[str, str] = {}
    for text in contrasts:
        name, _, expression = (part.strip() for part in text.rpartition("="))
        name = name or expression
        if found.setdefault(name, expression) != expression:
            msg = (
                f"There are two contrasts named {name!r}: {found[name]!r} and "
                f"{expression!r}. Give each a name of its own, as in 'name=expression'."
            )
            raise ValueError(msg)
    return found
