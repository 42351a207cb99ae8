"""The company file: what every sentence knows of a dossier (states, accounts, banks, years, tolerances)."""
