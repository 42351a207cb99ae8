"""Benchmarks: `scripts/bench`. Judge the ratios, each taken in one run."""
