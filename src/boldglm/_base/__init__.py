"""What every room may use: errors, warnings, the estimator mixin, argument checks."""
