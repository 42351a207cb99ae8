"""Lettrage: from invoice to reconciled payment."""

__version__ = "0.1.0"
