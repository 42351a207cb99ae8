"""Choosing the door of a customer's invoices, or leaving it to the directory again."""

from typing import Any

import msgspec

from lettrage.acts import ActBooks, Moment, Refused
from lettrage.guard.audited import Hand
from lettrage.invoicing.document import Platform
from lettrage.invoicing.routing.deciding import known
from lettrage.invoicing.routing.route import CHOICES, Choice, Route
from lettrage.refusal import Refusal, quoted

DIRECTORY = "directory"  # the word for leaving it to the directory
WORDS = (*CHOICES, DIRECTORY)


class ChooseRoute(msgspec.Struct, frozen=True):
    """Choose a customer's door; None: the directory decides. Satisfies the port `Act`. `by`: who asks."""

    third_party: str
    door: Choice | None
    environment: Platform
    by: Hand

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "route"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        return {"third_party": self.third_party, "door": self.door or DIRECTORY}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """The route as it is now."""
        ledger = books.third_party_records([self.third_party]).get(self.third_party)
        if ledger is None or ledger[0] != "customer":
            code = "unknown_third_party" if ledger is None else "not_a_customer"
            raise Refused(Refusal(code, "third_party", quoted(self.third_party)))
        books.choose_route(self.third_party, self.door, moment.at, self.by)
        route = known(books, [self.third_party], self.environment)[self.third_party].route()
        return shape(self.third_party, route, self.environment)


def shape(third_party: str, route: Route, environment: Platform) -> dict[str, Any]:
    """A customer's route as the interfaces show it; `platform`: what its door is called in the environment."""
    return {"third_party": third_party, "platform": route.platform(environment) or None} | route.shape


def choice_of(text: str) -> Choice | None:
    """The door that a word names; None for the directory, and for a word that is none of `WORDS`."""
    return next((choice for choice in CHOICES if choice == text), None)
