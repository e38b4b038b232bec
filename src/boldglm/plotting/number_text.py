"""Numbers as they are written into figures."""

__all__ = ["correlation_text", "fixed", "true_minus", "weight_text"]

_MINUS = "\N{MINUS SIGN}"


def true_minus(text: str) -> str:
    """Text with the sign that is as wide as a plus, as on the axes of figures.

    Examples
    --------
    >>> true_minus("-1") == "\N{MINUS SIGN}1"
    True
    """
    return text.replace("-", _MINUS)


def weight_text(value: float) -> str:
    """A number with three digits, in as few signs as they take.

    Examples
    --------
    >>> weight_text(0.5), weight_text(2.0), weight_text(1 / 3), weight_text(1e-7)
    ('0.5', '2', '0.333', '1e\u22127')
    """
    mantissa, exponent, power = f"{value:.3g}".partition("e")
    return true_minus(f"{mantissa}{exponent}{int(power)}" if power else mantissa)


def fixed(value: float, digits: int) -> str:
    """A number with so many decimals; what rounds to 0 has no sign.

    The minus is that of the keyboard, so that it can be copied into programs.

    Examples
    --------
    >>> fixed(-0.004, 2), fixed(-1.25, 1)
    ('0.00', '-1.2')
    """
    return f"{round(float(value), digits) + 0.0:.{digits}f}"


def correlation_text(value: float) -> str:
    """Two decimals; what rounds to 0 has no sign, nan is nothing.

    Examples
    --------
    >>> [correlation_text(value) for value in (-0.004, 0.756, float("nan"))]
    ['0.00', '0.76', '']
    """
    if value != value:  # noqa: PLR0124 - nan
        return ""
    return true_minus(fixed(value, 2))
