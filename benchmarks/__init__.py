"""Measurements; each prints a table and writes its result to ``benchmarks/results``."""
