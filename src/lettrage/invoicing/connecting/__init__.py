"""The connection to Chorus Pro: what is known of it, and what is wrong with it."""
