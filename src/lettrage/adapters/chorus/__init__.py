"""PISTE and Chorus Pro over HTTP, and the port `Portal`."""
