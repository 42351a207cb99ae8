"""Adapters: thin, they translate and never decide. They never import one another."""
