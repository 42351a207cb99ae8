"""The books: entries, their chain of hashes, their numbers, and the laws they obey."""
