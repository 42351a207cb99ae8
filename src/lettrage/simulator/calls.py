"""What a service of the platform is: a function from the JSON asked to the JSON answered, and how it refuses."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lettrage.simulator.directory import Account
    from lettrage.simulator.platform import Platform

TRANSVERSES_DONE = "TRA_MSG_00.000"  # reads, Transverses, Structures
FACTURES_DONE = "GCU_MSG_01_000"  # deposits, attachments, the directory file

Body = dict[str, Any]
Service = Callable[["Platform", "Account", Body], Body]


class Refused(Exception):
    """A business refusal: answered with HTTP 200, a `codeRetour` that is not 0, the message as `libelle`, and what else
    the answer carries.
    """

    def __init__(self, code: int, message: str, **beside: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.beside = beside


class Malformed(Exception):
    """A body that the service cannot read: answered with HTTP 400, `codeRetour` and `libelle`."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class TooLarge(Exception):
    """A result too large to be sent: answered with HTTP 413."""


def done(message: str = TRANSVERSES_DONE, **values: Any) -> Body:
    """An answer that says that the service has done its work."""
    return {"codeRetour": 0, "libelle": message, **values}
