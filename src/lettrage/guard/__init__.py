"""Guards: what keeps secrets in and hostile input out. One idea per file."""
