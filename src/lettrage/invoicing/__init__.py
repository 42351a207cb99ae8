"""The second sentence: an invoice is checked, rendered, deposited, followed, explained, until money closes it."""
