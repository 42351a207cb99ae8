"""Every maximum of the program, named with its unit."""

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """What one document may be. Beyond: a clear refusal that says to split."""

    document_bytes: int = 8 * 1024 * 1024
    headers: int = 10_000
    details: int = 50_000
    depth: int = 16


DOCUMENT = Limits()
LOAD = Limits(document_bytes=512 * 1024 * 1024, headers=0, details=0)

MINOR_UNITS = 10**17  # of one amount: sums of very many of them still fit 64 bits many times over
TEXT_CHARACTERS = 1_000  # a label
CODE_CHARACTERS = 80  # a third party, a piece, a bank, a state change
NUMBER_DIGITS = 15  # REGLEMENTNUM, TRANSAC of a detail, NOORDRE
KEY_CHARACTERS = 100  # an idempotency key
PATH_CHARACTERS = 1_000  # of a file's path in a message
SEEN_CHARACTERS = 80  # how much of the caller's text a refusal quotes
SETTINGS_MOST = {"repeat_hours": 8_784, "future_days": 3_660, "rate_days": 3_660}
BUSY_SECONDS = 5.0  # how long to wait for another writer
