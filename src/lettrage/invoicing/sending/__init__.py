"""Sending and following: intended, deposited, in doubt, sent, integrated, paid; never twice, never lost."""
