"""Benchmarks: the same data through boldglm and nilearn, alternating."""
