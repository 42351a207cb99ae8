"""What all clients of platforms share: exchanges over HTTP, tokens, answers read strictly, stars for secrets."""

import logging

# At their lowest level the libraries write headers as they come, and a platform may repeat in one what it was sent.
for _library in ("httpx", "httpcore"):
    logging.getLogger(_library).setLevel(logging.WARNING)
