"""What may be set on the approved platform: how long things take, and what it looks at."""

import msgspec

from lettrage.simulator.settings import MEGABYTE, Bytes, Seconds


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Durations are seconds of the platform's clock; sizes are bytes.

    `acknowledgement`: from a deposit to its acknowledgement. `routing`: from an invoice's status 200 to 202, and on to
    203. `state`: from a report's acknowledgement to what the tax authority says of it. `sheets` False leaves the
    official rule sheets out, which takes most of the time: for runs of thousands of files. `page`: how many results a
    search gives that asks for no number.
    """

    acknowledgement: Seconds = 60
    routing: Seconds = 60
    state: Seconds = 60
    sheets: bool = True
    most_bytes: Bytes = 100 * MEGABYTE
    page: int = 25
