"""What every haemodynamic and drift model must do: a new entry is tested here."""

import numpy as np
import pytest

from boldglm.core.drift import DRIFT_MODELS
from boldglm.core.hrf import HRF_MODELS
from boldglm.glm.first_level.hemodynamic_models import compute_regressor


@pytest.mark.parametrize("name", HRF_MODELS)
class TestHrfModels:
    def test_names_are_lower_case_and_endings_differ(self, name):
        endings = [ending for ending, _ in HRF_MODELS[name]]
        assert name == name.lower()
        assert endings[0] == ""
        assert len(set(endings)) == len(endings)

    @pytest.mark.parametrize(("t_r", "oversampling"), [(2.0, 50), (0.7, 16)])
    def test_kernels_are_finite_and_the_first_sums_to_one(
        self, name, t_r, oversampling
    ):
        kernels = [kernel(t_r, oversampling) for _, kernel in HRF_MODELS[name]]
        for kernel in kernels:
            assert kernel.ndim == 1
            assert kernel.dtype == np.float64
            assert np.isfinite(kernel).all()
        assert kernels[0].sum() == pytest.approx(1)
        for kernel in kernels[1:]:
            assert kernel.sum() == pytest.approx(0, abs=1e-9)

    def test_it_starts_at_rest(self, name):
        for _, kernel in HRF_MODELS[name]:
            assert kernel(2.0, 50)[0] == 0

    def test_it_makes_regressors_that_are_orthogonal(self, name):
        X, names = compute_regressor(
            ([5, 40], [3, 3], [1, 1]), name, np.arange(50) * 2.0, con_id="c"
        )
        assert names == [f"c{ending}" for ending, _ in HRF_MODELS[name]]
        assert X.shape == (50, len(names))
        gram = X.T @ X
        np.testing.assert_allclose(gram, np.diag(np.diag(gram)), atol=1e-10)


@pytest.mark.parametrize("name", DRIFT_MODELS)
class TestDriftModels:
    def test_the_name_is_lower_case(self, name):
        assert name == name.lower()

    def test_columns_are_independent_and_end_with_a_constant(self, name, readonly):
        times = readonly(np.arange(60) * 2.0 + 1)
        drift = DRIFT_MODELS[name](times, 0.02, 3)
        assert drift.shape[0] == 60
        assert drift.dtype == np.float64
        assert (drift[:, -1] == 1).all()
        assert np.linalg.matrix_rank(drift) == drift.shape[1] > 1

    def test_drifts_are_slower_than_the_task(self, name):
        drift = DRIFT_MODELS[name](np.arange(100) * 2.0, 0.01, 2)
        power = np.abs(np.fft.rfft(drift[:, :-1], axis=0)) ** 2
        slow = np.fft.rfftfreq(100, 2.0) <= 0.03
        assert power[slow].sum() > 0.9 * power.sum()
