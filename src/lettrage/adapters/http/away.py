"""Those who are sent away: in a crowd theirs are most of all answers, so that each must cost next to nothing.

They are told what the application tells whom it refuses, in words put together once; only the call's number is its own.
"""

from collections.abc import Sequence
from functools import cache
from itertools import count
from secrets import token_hex

from lettrage.adapters.http.problems import WEBSERVICE, problem_response
from lettrage.adapters.http.turns import overloaded
from lettrage.refusal import Language

Fields = Sequence[tuple[bytes, bytes]]

_NUMBER = "0123456789abcdef"  # in the place of the call's own


class Away:
    """The answers of one service to those for whom there is no place. `fields`: those that every answer has."""

    def __init__(self, fields: Fields) -> None:
        self._fields = fields
        self._put_together = cache(self._composed)
        self._ours = token_hex(4)  # chance is asked once
        self._numbers = count()

    def answer(self, path: str, language: Language, most: int, number: str = "") -> bytes:
        """All but the first line of an answer: so many calls are being carried out. `number`: the call's, if given."""
        fields, content = self._put_together(path if path == WEBSERVICE else "", language, most)
        own = (number or f"{self._ours}{next(self._numbers) % 16**8:08x}").encode()
        content = content.replace(_NUMBER.encode(), own)
        return b"%bcontent-length: %d\r\nx-request-id: %b\r\n\r\n%b" % (fields, len(content), own, content)

    def _composed(self, path: str, language: Language, most: int) -> tuple[bytes, bytes]:
        response = problem_response(overloaded(most), path, language, _NUMBER)
        fields = [field for field in response.raw_headers if field[0] != b"content-length"]
        text = b"".join(b"%b: %b\r\n" % field for field in (*fields, *self._fields))
        return text, bytes(response.body)
