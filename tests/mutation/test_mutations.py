"""Mutants are one change each, compile, and are the same for the same seed."""

import ast

import pytest
from tools.mutate import Copy, chosen
from tools.mutation_guards import CORE, ELSEWHERE, ROOT, guards_of
from tools.mutations import mutants, sample

SOURCE = '''"""Room for 2 things."""

__all__ = ["double"]


@cache(size=3)
def double(x: "Literal[4]", even=False):
    """Return 2 x."""
    if x < 5 and not even:
        raise ValueError(f"{x + 6} is more than {7}")
    y = x[1:]
    y += 8
    return max(y, -0.5)
'''


def changes():
    return {(m.before, m.after) for m in mutants(SOURCE)}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("False", "True"),
        ("x < 5", "(x <= 5)"),
        ("x < 5", "(x >= 5)"),
        ("5", "(6)"),
        ("5", "(4)"),
        ("x < 5 and not even", "(x < 5 or not even)"),
        ("x < 5 and not even", "(x < 5)"),
        ("x < 5 and not even", "(not even)"),
        ("not even", "(even)"),
        ('raise ValueError(f"{x + 6} is more than {7}")', "pass"),
        ("1:", ":"),
        ("y += 8", "y -= 8"),
        ("y += 8", "pass"),
        ("return max(y, -0.5)", "return None"),
        ("max(y, -0.5)", "(min(y, -0.5))"),
        ("-0.5", "(0.5)"),
        ("0.5", "(0.5 * 0.9)"),
    ],
)
def test_what_is_computed_is_changed(before, after):
    assert (before, after) in changes()


@pytest.mark.parametrize("left_alone", ["2", "3", "4", "6", "7", "x + 6", '"double"'])
def test_words_types_and_decorators_are_left_alone(left_alone):
    assert left_alone not in {before for before, _ in changes()}


def test_a_mutant_is_one_change_that_compiles():
    for mutant in mutants(SOURCE):
        changed = mutant.apply(SOURCE)
        assert changed != SOURCE
        assert len(changed.splitlines()) == len(SOURCE.splitlines())
        different = [
            n
            for n, (a, b) in enumerate(
                zip(SOURCE.splitlines(), changed.splitlines(), strict=True), 1
            )
            if a != b
        ]
        assert different == [mutant.line]
        ast.parse(changed)


def test_text_that_is_not_ascii_moves_nothing():
    source = 'μ = "µm", 1  # ½\nβ = 3 * μ[1]\n'
    assert {m.apply(source).splitlines()[1] for m in mutants(source) if m.line == 2} > {
        "β = (3 / μ[1])",
        "β = (4) * μ[1]",
    }


def test_a_sample_is_the_same_for_a_seed_and_spread_over_lines():
    every = {m.line for m in mutants(SOURCE)}
    drawn = sample(SOURCE, len(every), "1")
    assert drawn == sample(SOURCE, len(every), "1")
    assert drawn != sample(SOURCE, len(every), "2")
    assert {m.line for m in drawn} == every
    assert len(sample(SOURCE, 1000, "1")) == len(mutants(SOURCE))


def test_a_module_answers_to_its_own_tests_and_examples():
    assert guards_of("multiple") == [
        "tests/core/test_multiple.py",
        "src/boldglm/core/multiple.py",
    ]
    assert "tests/core/test_lags.py" in guards_of("lags_kernels")
    assert "tests/core/test_smooth.py" in guards_of("smooth_plan")


@pytest.mark.parametrize("module", sorted(ELSEWHERE))
def test_the_tests_named_are_there(module):
    assert (ROOT / CORE / f"{module}.py").is_file()
    assert all((ROOT / path).is_file() for path in guards_of(module))


def test_mutants_of_compiled_modules_are_fewer():
    assert len(chosen("smooth", seed=1)) == 15
    assert len(chosen("smooth_kernels", seed=1)) == 8
    assert len(chosen("smooth", seed=1, most=3)) == 3


def test_what_was_compiled_from_a_broken_module_is_compiled_again(tmp_path):
    copy = Copy(tmp_path / "copy")
    core = copy.folder / "src" / "boldglm" / "core"
    kernels = [
        "graph_clusters_kernels",
        "graph_kernels",
        "lags_kernels",
        "tfce_kernels",
    ]

    def compiled():
        for name in kernels:
            (core / "__pycache__" / f"{name}.f-1.py311.nbi").touch()

    (core / "__pycache__").mkdir(exist_ok=True)
    source = (core / "graph_kernels.py").read_text()
    for change in (
        lambda: copy.write("graph_kernels", source + "# broken\n"),
        lambda: copy.restore("graph_kernels"),
    ):
        compiled()
        change()
        left = {path.name for path in (core / "__pycache__").glob("*.f-1.py311.nbi")}
        assert left == {"lags_kernels.f-1.py311.nbi"}
    assert (core / "graph_kernels.py").read_text() == source
