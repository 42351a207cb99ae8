"""What is on its way between callers and the service: lost, doubled, overtaken, late."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from tests.laws.generators import Rolled
from tests.simulation.asking import Asked, Who
from tests.simulation.chance import Faults
from tests.simulation.service import Answer

NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(eq=False)
class Request:
    """Something asked, and how far it has come. `first`: the answer that was given first."""

    serial: int
    who: Who
    asked: Asked
    expected: str = ""  # the code of a refusal that has nothing to do with the books
    sent: datetime = NEVER
    attempts: int = 0
    heard: bool = False
    known: bool = False  # whether the ledger has it
    first: str = ""

    def __str__(self) -> str:
        return f"#{self.serial} {self.asked.name} {self.who.dossier} {self.who.name} {self.who.entrance}"


@dataclass
class Network:
    """Messages in the order in which they were sent: a request, or with an answer the way back."""

    chance: Rolled
    faults: Faults
    carried: list[tuple[Request, Answer | None]] = field(default_factory=list)

    def send(self, request: Request, answer: Answer | None = None) -> None:
        """Take a message along, once or twice or not at all."""
        if self.faults("request_lost" if answer is None else "answer_lost"):
            return
        self.carried.append((request, answer))
        if answer is None and self.faults("doubled"):
            self.carried.insert(self.chance.whole(0, len(self.carried)), (request, None))

    def take(self) -> tuple[Request, Answer | None]:
        """The message that arrives next."""
        behind = len(self.carried) > 1 and self.faults("overtaken")
        return self.carried.pop(self.chance.whole(1, len(self.carried) - 1) if behind else 0)
