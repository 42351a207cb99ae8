"""Invoices in every form that we write. `python -m tests.golden` writes the files anew; the tests compare bytes."""
