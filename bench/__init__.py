"""Benchmarks: every figure is a ratio between two things measured alternately in one run."""
