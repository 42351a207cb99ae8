"""Statements of account as banks send them: CFONB 120, camt.053 and camt.054, read into one form."""
