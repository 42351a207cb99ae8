"""Stars in the place of our secrets, however an answer repeats them: a gateway in trouble may print the whole call."""

import html
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

from lettrage.guard.secrets import MASK, Secret

LEAST = 8  # characters: what is shorter is no secret of PISTE's, and may be a word or a figure of the service's own


class Mask:
    """Hides these secrets in texts, and those of the mask that it is `beside`."""

    def __init__(self, secrets: Iterable[Secret], beside: "Mask | None" = None) -> None:
        spelt = {text for secret in secrets if len(secret.reveal()) >= LEAST for text in _spellings(secret.reveal())}
        if beside is not None:
            spelt |= {one.reveal() for one in beside.spelt}
        self.spelt: tuple[Secret, ...] = tuple(
            Secret(text) for text in sorted(spelt, key=len, reverse=True)
        )  # the whole before its parts

    def __call__(self, text: str) -> str:
        """The text with stars for every secret in it."""
        for secret in self.spelt:
            text = text.replace(secret.reveal(), MASK)
        return text


def _spellings(secret: str) -> Iterator[str]:
    """A secret as it is, and as forms, addresses, JSON and pages write it."""
    yield secret
    yield html.escape(secret)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    for written in (quote(secret, safe=""), quote_plus(secret)):
        yield written
        yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), written)
