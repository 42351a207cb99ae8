"""The pre-check: our own rules, the official ones, and what Chorus Pro's directory says."""
