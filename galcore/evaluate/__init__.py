"""Metrics, baselines and benchmark results: how good is it, against what, and how sure are we."""
