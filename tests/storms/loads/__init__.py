"""Loads: a steady rate, one huge file, sizes that double, a long life, a long history."""
