"""PISTE and Chorus Pro over HTTP: tokens, calls, answers read strictly, and the port `Portal`."""

import logging

# At their lowest level the libraries write headers as they come, and a platform may repeat in one what it was sent.
for _library in ("httpx", "httpcore"):
    logging.getLogger(_library).setLevel(logging.WARNING)
