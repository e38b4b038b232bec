"""Which tests a module of ``core/`` answers to."""

import ast
from pathlib import Path

__all__ = ["CORE", "ELSEWHERE", "ROOT", "guards_of", "imports_of"]

ROOT = Path(__file__).resolve().parents[1]
CORE = "src/boldglm/core"
# Tests that a module answers to besides its own
CORE_TESTS = "tests/core/test_"
ORACLE = "tests/oracle/test_"
CONTRACTS = "tests/contracts/test_"
PERMUTATIONS = "tests/properties/test_permutation_properties"
ELSEWHERE = {
    "arma": [f"{CONTRACTS}noise_models"],
    "clean": ["tests/signal/test_clean"],
    "drift": [f"{CONTRACTS}hrf_and_drift_models", f"{ORACLE}design_parity"],
    "epi_mask": ["tests/test_masking"],
    "exchange": [PERMUTATIONS],
    "gls": [
        f"{CORE_TESTS}gls_pooled",
        f"{CORE_TESTS}run_statistics",
        f"{CORE_TESTS}segments",
        f"{ORACLE}gls_dense",
    ],
    "gls_pilot": [f"{CORE_TESTS}gls", f"{CORE_TESTS}gls_pooled", f"{ORACLE}gls_dense"],
    "graph_kernels": [f"{CORE_TESTS}graph_clusters", f"{CORE_TESTS}tfce"],
    "group_statistic": [
        f"{CORE_TESTS}group_test",
        f"{ORACLE}freedman_lane",
        PERMUTATIONS,
    ],
    "group_test": [f"{ORACLE}freedman_lane"],
    "hrf": [f"{CONTRACTS}hrf_and_drift_models"],
    "lags": [f"{CORE_TESTS}segments"],
    "maxstat": [f"{CORE_TESTS}permutation_test"],
    "noise": [f"{CONTRACTS}noise_models"],
    "noise_estimates": [
        f"{CORE_TESTS}noise",
        f"{CORE_TESTS}gls_pooled",
        f"{CONTRACTS}noise_models",
    ],
    "parallel": [f"{CORE_TESTS}gls"],
    "partition": [f"{ORACLE}freedman_lane"],
    "permutation_test": [
        f"{CORE_TESTS}map_statistics",
        f"{CORE_TESTS}permutation_results",
    ],
    "permute": [PERMUTATIONS],
    "precision": [f"{CORE_TESTS}segments", f"{ORACLE}gls_dense"],
    "regressors": [f"{ORACLE}design_parity"],
    "resample_paths": [f"{CORE_TESTS}resample"],
    "run_statistics": [f"{CORE_TESTS}segments"],
    "smooth_plan": [f"{CORE_TESTS}smooth"],
    "tails_exact": [f"{CORE_TESTS}tails"],
}


def imports_of(path: Path) -> set[str]:
    """Names of the modules of core that a module imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.rpartition(".")[2])
            names |= {name.name for name in node.names}
    return names


def guards_of(module: str) -> list[str]:
    """List the tests of a module: its own files and examples, and those elsewhere.

    A module without a file of tests answers to all tests in ``tests/core`` that import
    it.

    Parameters
    ----------
    module : str
        A name in ``core/``.
    """
    name = module.removesuffix("_kernels")
    beside = ELSEWHERE.get(module, ELSEWHERE.get(name, []))
    files = sorted((ROOT / "tests" / "core").glob("test_*.py"))
    own = [path for path in files if path.stem.removeprefix("test_") == name]
    if not own and not beside:
        own = [path for path in files if {name, module} & imports_of(path)]
    found = [str(path.relative_to(ROOT)) for path in own]
    return [*found, *(f"{path}.py" for path in beside), f"{CORE}/{module}.py"]
