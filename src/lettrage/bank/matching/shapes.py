"""Proposals as JSON, as the command, the API and the pages show them."""

from collections.abc import Sequence
from typing import Any

from lettrage.bank.matching.proposal import Part, Proposal
from lettrage.bank.matching.reasons import told
from lettrage.money import Currency, decimal_text
from lettrage.money import currency as held

_FIGURES = ("amount", "discount", "difference", "left")


def shapes(proposals: Sequence[Proposal], currency: Currency) -> list[dict[str, Any]]:
    """Proposals as JSON; `currency` is the line's."""
    return [shape(proposal, currency) for proposal in proposals]


def shape(proposal: Proposal, currency: Currency) -> dict[str, Any]:
    """One proposal as JSON: amounts as decimal strings, numbers of transactions as strings."""

    def part(own: Part) -> dict[str, Any]:
        decimals = (held(own.currency) or currency).decimals
        figures = {name: decimal_text(getattr(own, name), decimals) for name in _FIGURES}
        return {
            "third_party": own.third_party,
            "prefix": own.prefix,
            "piece": own.piece,
            "due_date": own.due_date.isoformat() if own.due_date else None,
            "currency": own.currency,
            "operation": own.operation,
            **figures,
            "paid": None if own.paid is None else decimal_text(own.paid, currency.decimals),
        }

    return {
        "rank": proposal.rank,
        "score": proposal.score,
        "kind": proposal.kind,
        "reasons": [told(reason) for reason in proposal.reasons],
        "third_party": proposal.third_party,
        "items": [part(own) for own in proposal.items],
        "slip": proposal.slip or None,
        "instruments": list(proposal.instruments),
        "transaction": None if proposal.transaction is None else str(proposal.transaction),
        "fees": decimal_text(proposal.fees, currency.decimals),
        "account": proposal.account or None,
        "exact": proposal.exact,
        "unique": proposal.unique,
        "automatic": proposal.automatic,
    }
