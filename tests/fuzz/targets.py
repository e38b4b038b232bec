"""What takes bytes or text from outside, as functions that a fuzzer can drive.

Each target answers one input and returns an `Answer`: a fuzzer, guided by coverage or
not, or a test only has to make inputs. ``tools/fuzz.py`` is the fuzzer.
"""

import contextlib
import io
import random
import tempfile
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from tests.fuzz.damage import Images, Models, mutated_text
from tests.fuzz.doors import Answer, answer, holds_nan

__all__ = ["TARGETS", "seeds"]

COLUMNS = (
    ["a", "b", "left hand", "2-back"],
    ["a", "a", "b"],
    ["a-b", "a", "b"],
    [],
    ["1", "2", "1e5"],
    ["", "x"],
    [1, 2.5, None],
    ["'q'", "(", "=", " a ", "a "],
)
#: Pieces of contrasts.
WORDS = [
    *("a", "b", "left hand", "2-back", "a-b", "é", " ", "(", ")", "+", "-", "*", "/"),
    *("=", "1", "2", "0.5", "1e400", "1e-400", ".", "'", '"', "`", "\n", "\x00", "[]"),
    *("**", "//", "1/3", "e", "9" * 400, "((((", "+-+-"),
]
#: Pieces of formulas.
PIECES = [
    *("img", "b", "np", "np.abs", "np.where", "np.log", "np.zeros", "np.full", "np.e"),
    *("np.tile", "np.arange", "np.random", "__class__", ".T", ".shape", ".dtype"),
    *(".mean", ".astype", ".reshape", "(", ")", "[", "]", ",", "+", "-", "*", "/"),
    *("**", "//", "%", "<", ">", "==", "&", "|", "~", "<<", ">>", "@", "and", "not"),
    *("if", "else", "lambda", "for", "in", "1", "0", "-1", "10**9", "1e308", "9" * 30),
    *('"f"', '"i4"', ":", "...", "None", "True", "{", "=", "axis=0", "\n", "\x00", " "),
    *("open", "__import__", "np.float32", "np.int8", "max", "sum", "int", "len", "pow"),
]
#: Pieces of group designs.
TERMS = [
    *("age", "group", "score", "~", "+", "-", "*", ":", "(", ")", "1", "0", " ", "C("),
    *(
        "center(",
        "np.log(",
        "`",
        "'",
        "|",
        "^",
        "/",
        ".",
        ",",
        "\n",
        "é",
        "{",
        "[",
        "**",
    ),
]
CELLS = ["\t", "\n", ",", ";", " ", "nan", "n/a", "inf", "-", "1e999", "é", "\x00", '"']

EVENTS = "onset\tduration\ttrial_type\tmodulation\n1\t2\ta\t1\n4\t0\tb\t2\n9\t2\ta\t1\n"
CONFOUNDS = "x\ty\n" + "".join(f"{n}\t{n * n % 7}\n" for n in range(12))
FSL = "/NumWaves 2\n/NumPoints 3\n/Matrix\n1.0 0.5\n0 1e-1\n2 2\n"
GROUP = pd.DataFrame(
    {
        "age": [20.0, 30, 25, 41],
        "group": ["a", "b", "a", "b"],
        "score": pd.Categorical(["x", "y", "x", "z"], categories=["w", "x", "y", "z"]),
    }
)


@cache
def _folder() -> Path:
    _KEPT.append(tempfile.TemporaryDirectory(prefix="fuzz-"))
    return Path(_KEPT[-1].name)


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


def _joined(pieces: list[str], rng: random.Random, longest: int = 10) -> str:
    return "".join(rng.choice(pieces) for _ in range(rng.randint(0, longest)))


def expression(rng: random.Random, text: str | None = None) -> Answer:
    """A contrast in words."""
    from boldglm.core.expression import expression_to_contrast_vector

    given = _joined(WORDS, rng) if text is None else text
    columns = rng.choice(COLUMNS)
    found = answer(lambda: expression_to_contrast_vector(given, columns))
    weights = found.result
    if weights is not None and (weights.shape != (len(columns),) or holds_nan(weights)):
        return Answer(fault=f"weights {weights} of {columns}", result=given)
    return found


def formula(rng: random.Random, text: str | None = None) -> Answer:
    """A formula of images; numpy may warn of what it is asked for."""
    from boldglm.image.formula import evaluate

    given = _joined(PIECES, rng, 8) if text is None else text
    img = np.arange(24.0).reshape(2, 3, 4)
    arrays = {"img": img, "b": np.ones((2, 3, 4), np.int16)}

    def quiet() -> None:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            evaluate(given, arrays)

    return answer(quiet)


def group_formula(rng: random.Random, text: str | None = None) -> Answer:
    """The design of a group in words; only of terms that are harmless to compute."""
    from boldglm.glm.second_level.formulas import formula_design

    given = "~ " + _joined(TERMS, rng, 7) if text is None else text
    return answer(lambda: formula_design(given, GROUP, len(GROUP)))


def image(rng: random.Random, content: bytes | None = None) -> Answer:
    """An image file."""
    from boldglm.image import get_data, load_img, mean_img

    if content is None:
        path = _images().damaged(rng)
    else:
        path = _folder() / "given.nii"
        path.write_bytes(content)

    def read() -> None:
        img = load_img(path)
        data = get_data(img)
        if data.shape != img.shape:
            msg = f"shape {data.shape} of an image of {img.shape}"
            raise AssertionError(msg)
        mean_img(path)

    found = answer(read)
    # nibabel leaves files of its MGH format open
    left_open = found.fault.startswith("ResourceWarning")
    return Answer() if left_open else found


@cache
def _images() -> Images:
    return Images(_folder())


def model(rng: random.Random, content: bytes | None = None) -> Answer:
    """The file of a saved model."""
    from boldglm.glm.first_level import FirstLevelModel

    path = _folder() / "model.npz"
    if content is None:
        _models().hostile(path, rng)
    else:
        path.write_bytes(content)

    def use() -> None:
        with np.errstate(all="ignore"):
            FirstLevelModel.load(path).compute_contrast("a")

    return answer(use)


@cache
def _models() -> Models:
    from tests.fuzz.glm_doors import FITTED

    FITTED.save(_folder() / "whole.npz")
    return Models(_folder() / "whole.npz")


def events(rng: random.Random, text: str | None = None) -> Answer:
    """A table of events."""
    from boldglm.glm.first_level import make_first_level_design_matrix

    path = _folder() / "events.tsv"
    path.write_text(mutated_text(EVENTS, CELLS, rng) if text is None else text)
    found = answer(lambda: make_first_level_design_matrix(np.arange(12) * 2.0, path))
    if found.result is not None and holds_nan(found.result):
        return Answer(fault="a silent NaN", result=path.read_text())
    return found


def confounds(rng: random.Random, text: str | None = None) -> Answer:
    """A table of confounds."""
    from boldglm.signal import clean

    path = _folder() / "confounds.tsv"
    path.write_text(mutated_text(CONFOUNDS, CELLS, rng) if text is None else text)
    series = np.random.default_rng(0).standard_normal((12, 3))
    found = answer(lambda: clean(series, confounds=path, t_r=2.0))
    if found.result is not None and holds_nan(found.result):
        return Answer(fault="a silent NaN", result=path.read_text())
    return found


def fsl_design(rng: random.Random, text: str | None = None) -> Answer:
    """A design of FSL."""
    from boldglm.interfaces.fsl import get_design_from_fslmat

    path = _folder() / "design.mat"
    words = [*CELLS, "/Matrix", "/NumWaves", "/NumPoints"]
    path.write_text(mutated_text(FSL, words, rng) if text is None else text)
    return answer(lambda: get_design_from_fslmat(path))


ARGUMENTS = [
    *("demo", "report", "--out", "--seed", "--size", "--quiet", "--debug", "small"),
    *("--version", "--help", "-1", "0", "1.5", "nan", "x", "", "--", "-", "a", "a - b"),
    *("a=b", "a; b", "--alpha", "--threshold", "--height-control", "none", "fdr"),
    *(
        "--cluster-threshold",
        "--two-sided",
        "--title",
        "--background",
        "no.nii",
        "\x00",
    ),
    *("--simulate", "--aplha", "/dev/null", "no-such-model.npz"),
]


def command_line(rng: random.Random, text: str | None = None) -> Answer:
    """The arguments of the command; what simulates or draws is not started."""
    from unittest import mock

    from boldglm.cli import main

    argv = [rng.choice(ARGUMENTS) for _ in range(rng.randint(0, 7))]
    if text is not None:
        argv = text.split("\n")
    told = io.StringIO()

    def run() -> None:
        with (
            contextlib.redirect_stdout(told),
            contextlib.redirect_stderr(told),
            mock.patch("boldglm.cli.demo.run_demo", side_effect=ValueError("a demo")),
        ):
            code = main(argv)
        if code not in {0, 1, 2}:
            msg = f"exit code {code}"
            raise AssertionError(msg)

    found = answer(run)
    if isinstance(found.error, SystemExit) and found.error.code in {0, 2}:
        return Answer()
    if "Traceback" in told.getvalue():
        return Answer(fault="a traceback", result=argv)
    return found


def seeds(name: str) -> list[bytes]:
    """Inputs that are in order, for a fuzzer to start from."""
    if name == "image":
        return [_images().whole[one] for one in ("a.nii", "b.nii", "d.nii")]
    if name == "model":
        return [_models().whole]
    texts = {
        "expression": ["2*a - 0.5*(b + 'left hand')", "a - b", "'2-back' = a"],
        "formula": ["np.where(img > 3, img, 0)", "(img - b) ** 2 / 3", "img[..., 1]"],
        "group_formula": ["~ age + group", "~ 0 + C(group):center(age)", "~ score - 1"],
        "events": [EVENTS],
        "confounds": [CONFOUNDS],
        "fsl_design": [FSL],
        "command_line": ["report\nmodel.npz\na - b\n--alpha\n0.01", "demo\n--seed\n1"],
    }
    return [text.encode() for text in texts[name]]


#: By name; each takes a generator, and an input of its own or None to make one.
TARGETS: dict[str, Callable[..., Answer]] = {
    one.__name__: one
    for one in (
        expression,
        formula,
        group_formula,
        image,
        model,
        events,
        confounds,
        fsl_design,
        command_line,
    )
}
