"""Who may call."""

from sqlalchemy import Column, Index, String, Table

from lettrage.adapters.store.schema.columns import key, metadata, text, to

EVERY_DOSSIER = "*"  # in place of a dossier's code: an account or a token for all of them

account = Table(
    "account",
    metadata,
    key("dossier"),
    key("name"),
    text("role"),
    text("created_at"),
    Column("closed_at", String),
)

token = Table(
    "token",
    metadata,
    key("dossier"),
    key("digest"),  # SHA-256 of the token: the token itself is shown once and kept nowhere
    text("account"),
    text("role"),
    text("shown"),  # its first characters, by which people know it again
    text("created_at"),
    Column("revoked_at", String),
    to("dossier account", "account", "dossier name"),
    Index("ix_token_account", "dossier", "account"),
)
