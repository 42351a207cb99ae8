"""Whether the platform that is on is the simulator."""

from lettrage.adapters.http.house import Readings
from lettrage.invoicing.simulated import address_of


def simulator_here(books: Readings) -> bool:
    """Whether the calls of the platform that is on go to this machine: by its settings alone, without a call."""
    return bool(address_of(books.chorus_rows()))
