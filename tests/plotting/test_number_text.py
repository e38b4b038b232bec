import pytest

from boldglm.plotting.number_text import correlation_text, true_minus, weight_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (-0.5, "-0.5"),
        (2 / 3, "0.667"),
        (1e-7, "1e-7"),
        (-2.5e12, "-2.5e12"),
        (0.0, "0"),
    ],
)
def test_weights_are_as_short_as_they_can_be(value, text):
    assert weight_text(value) == true_minus(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [(-0.004, "0.00"), (-0.006, "-0.01"), (1.0, "1.00"), (float("nan"), "")],
)
def test_correlations_have_two_decimals_and_no_sign_of_nothing(value, text):
    assert correlation_text(value) == true_minus(text)
