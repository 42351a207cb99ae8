"""PISTE and Chorus Pro over HTTP: tokens, calls, answers read strictly, and the port `Portal`."""
