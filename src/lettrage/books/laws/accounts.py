"""Balances of accounts beside what the third parties owe and what is in portfolio."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from lettrage.books.laws.finding import Finding, equal
from lettrage.books.laws.rows import Row, ledger_sign
from lettrage.company.dossier import Company
from lettrage.company.states import AT_THE_BANK, Direction
from lettrage.money import Currency
from lettrage.settlement.posting import money_sign


class BalanceRow(Row, frozen=True):
    """Debit less credit of an account for a third party ("": none)."""

    account: str
    third_party: str
    home: int


class CarriedRow(Row, frozen=True):
    """What the items of a ledger and kind carry for a third party on an account ("": their own), in their own sense."""

    ledger: str
    advance: int
    third_party: str
    account: str
    home: int


class ParkedRow(Row, frozen=True):
    """The VAT that waits with an item, per line of its invoice (JSON), in its own sense."""

    item: int
    ledger: str
    parked: str


class HeldRow(Row, frozen=True):
    """What the instruments carry whose value stands on the account of a state.

    Active ones stand in their own state. Those of a transaction that awaits its slip, active or moved on since, still
    stand in the state they came from; loaded ones in the 30 state of their means.
    """

    direction: str
    state: str
    home: int


_Place = tuple[str, str]  # an account and a third party ("": none)


def balances(
    lines: Iterable[BalanceRow],
    carried: Iterable[CarriedRow],
    held: Iterable[HeldRow],
    parked: Iterable[ParkedRow],
    company: Company,
) -> Iterator[Finding]:
    """The third parties' accounts carry what is open, those of 30 states what is in portfolio, that of VAT what waits.

    An account that has another role too is left out.
    """
    accounts = company.accounts
    of_parties = {accounts.customer, accounts.supplier, accounts.customer_advance, accounts.supplier_advance}
    of_parties.add(accounts.doubtful)
    of_states = portfolio_accounts(company) - of_parties
    owed: Counter[_Place] = Counter()
    in_portfolio: Counter[_Place] = Counter()
    waiting: Counter[_Place] = Counter()
    for line in lines:
        if line.account == accounts.vat_parked:
            waiting[line.account, ""] += line.home
        if line.account in of_parties:
            owed[line.account, line.third_party] += line.home
        elif line.account in of_states:
            in_portfolio[line.account, ""] += line.home
    home = company.currency
    yield from _compared("third_party_balance", "Solde du tiers", owed, _open(carried, company), home)
    known = []
    for row in held:
        if row.state in company.states:
            known.append(row)
        else:
            yield Finding("unknown_state", "Des effets sont dans un état inconnu.", f"état {row.state}")
    yield from _compared("portfolio_balance", "Solde du compte", in_portfolio, _stand(known, company, of_states), home)
    if _has_one_role(accounts.vat_parked, company, of_parties | of_states):
        yield from _waits(parked, accounts.vat_parked, waiting, home)


def _waits(rows: Iterable[ParkedRow], account: str, posted: Mapping[_Place, int], home: Currency) -> Iterator[Finding]:
    """The account of parked VAT has the balance of what waits with the items."""
    expected = 0
    for row in rows:
        try:
            shares = msgspec.json.decode(row.parked, type=list[int])
        except msgspec.MsgspecError as trouble:
            yield Finding("unreadable", f"TVA en attente illisible : {trouble}", f"échéance {row.item}")
        else:
            expected -= ledger_sign(row.ledger) * sum(shares)
    yield from _compared("vat_parked_balance", "TVA en attente", posted, {(account, ""): expected}, home)


def _has_one_role(account: str, company: Company, others: set[str]) -> bool:
    roles = [value for value in msgspec.structs.astuple(company.accounts) if value == account]
    return len(roles) == 1 and account not in others


def portfolio_accounts(company: Company) -> set[str]:
    """The accounts of 30 states, of both directions. A bank's account holds more than instruments."""
    states = [state for state in company.states.values() if state.code.endswith("30")]
    accounts = {account for state in states for account in (state.encashment, state.disbursement)}
    return accounts - {"", AT_THE_BANK} - {bank.account for bank in company.banks.values()}


def _open(carried: Iterable[CarriedRow], company: Company) -> Counter[_Place]:
    """What the third parties' accounts must carry. Two roles may share one account."""
    expected: Counter[_Place] = Counter()
    roles = company.accounts
    for row in carried:
        account = roles.advance(row.ledger) if row.advance else row.account or roles.third_party(row.ledger)
        expected[account, row.third_party] += ledger_sign(row.ledger) * row.home
    return expected


def _stand(held: Iterable[HeldRow], company: Company, accounts: set[str]) -> Counter[_Place]:
    """What these accounts of states must carry."""
    expected: Counter[_Place] = Counter()
    for row in held:
        direction: Direction = "encashment" if row.direction == "encashment" else "disbursement"
        account = company.states[row.state].account(direction)
        if account in accounts:
            expected[account, ""] += money_sign(direction) * row.home
    return expected


def _compared(
    code: str, what: str, posted: Mapping[_Place, int], expected: Mapping[_Place, int], home: Currency
) -> Iterator[Finding]:
    """Each account has the balance that it must have."""
    for key in sorted(posted.keys() | expected.keys()):
        place = " ".join(("compte", *key)).rstrip()
        yield from equal(code, place, what, posted.get(key, 0), expected.get(key, 0), home)
