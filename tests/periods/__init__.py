"""Periods, years, entries typed by hand."""
