"""The die of one life, and its faults: each is first allowed for the whole life, then happens at some occasions."""

from collections import Counter
from collections.abc import Iterable

from tests.laws.generators import Rolled

ALLOWED = FIRES = 25  # percent, as FoundationDB's own simulation has it

# What may go wrong, and on which occasion.
FAULTS = {
    "request_lost": "a request never arrives",
    "answer_lost": "an answer never arrives",
    "doubled": "a request arrives a second time, later",
    "overtaken": "a message is overtaken by the one behind it",
    "meanwhile": "between what a call has read and its turn to write, another call is served",
    "stopped_before": "the process is killed with a call in hand, before it writes",
    "stopped_after": "the process is killed when the call is written and not answered",
    "disk_error": "a write or a sync of the disk fails",
    "power_cut": "the power fails at a write, and what was not synced is gone",
    "worker_killed": "a worker is killed with a job in hand",
    "worker_sleeps": "a worker's machine sleeps with a job in hand for longer than it may have it",
    "portal_lost_before": "the connection breaks before Chorus Pro has a flow",
    "portal_lost_after": "Chorus Pro takes a flow, its answer is lost",
    "portal_gateway": "Chorus Pro takes a flow, a gateway answers 502",
    "portal_garbled": "Chorus Pro takes a flow and answers what nobody can read",
    "portal_unreachable": "no connection to Chorus Pro",
    "portal_closed": "Chorus Pro is closed for maintenance",
    "token_expired": "the token of a call has expired",
    "statuses_shuffled": "a history comes in another order, some of it twice",
    "statuses_late": "a history does not tell yet what has happened",
    "changes_late": "a search for changes does not tell yet what has happened",
}


class Faults:
    """The faults of one life."""

    def __init__(self, chance: Rolled, only: Iterable[str] | None = None) -> None:
        self._chance = chance
        rolled = [name for name in FAULTS if chance.chance(ALLOWED)]
        self.allowed = frozenset(rolled if only is None else only)
        self.fired: Counter[str] = Counter()
        self.over = False

    def __call__(self, name: str) -> bool:
        """Whether it happens now."""
        assert name in FAULTS, name
        if self.over or name not in self.allowed or not self._chance.chance(FIRES):
            return False
        self.fired[name] += 1
        return True
