"""The store: one schema for SQLite (and PostgreSQL), plain queries in, one batch writer out."""
