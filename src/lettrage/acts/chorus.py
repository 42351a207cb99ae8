"""Setting the platforms up: settings, which environment is on, another key for the secrets, none of them logged."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec
from stdnum import iban

from lettrage.acts import ActBooks, Moment, Refused
from lettrage.company.dossier import Company, nearest
from lettrage.guard.secrets import MASK, KeyRing, Place, Secret, sealed_with, unseal
from lettrage.invoicing import approved_settings
from lettrage.invoicing.doors import EVERYWHERE, Door, door_of, environment_of
from lettrage.invoicing.settings import OFFICIAL, Change, Row, api_address, fingerprint, shape
from lettrage.refusal import Refusal, quoted

Seal = Callable[[Secret, Place], str]


class _Door(NamedTuple):
    """The settings with a door's addresses; `taking`: where documents go, `directory`: where recipients are found."""

    addresses: tuple[str, ...]
    taking: str
    directory: str


_DOORS: dict[Door, _Door] = {
    "chorus": _Door(("token_url", "api_url"), "api_url", "api_url"),
    "approved": _Door(approved_settings.ADDRESSES, "flow_url", "directory_url"),
}
_RIBS = ("rib", "establishment_rib")


class SetChorus(msgspec.Struct, frozen=True):
    """Give settings, or take them back (blank). Satisfies the port `Act`. `by`: who asks; `seal`: seals a secret.

    Such an act comes with no key: what would tell two contents apart, the secret, is kept nowhere.
    """

    dossier: str
    changes: tuple[Change, ...]
    seal: Seal
    by: str

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "chorus settings"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked, stars for secrets."""
        return {
            "settings": [
                {
                    "platform": change.platform,
                    "establishment": change.establishment,
                    "name": change.name,
                    "value": MASK if isinstance(change.value, Secret) and change.value else str(change.value or ""),
                }
                for change in self.changes
            ]
        }

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """The settings as they stand now, and what is worth knowing about the change."""
        before = books.chorus_rows()
        reasons = [*_faults_of_company(self.changes, books.company), *_mixed(self.changes, before, books)]
        if reasons:
            raise Refused(*reasons)
        left = _left_behind(self.changes, before)
        books.set_chorus([self._row(change) for change in (*self.changes, *left)], moment.at, self.by)
        after = books.chorus_rows()
        for platform in EVERYWHERE:
            directory = _DOORS[door_of(platform)].directory
            if _where(before, platform, directory) != _where(after, platform, directory):
                books.forget_directory(platform)
        for changed in {change.platform for change in self.changes if change.platform}:
            books.reopen(changed, moment.at)
        shown = shape(self.dossier, after, lambda _row: None)
        shown["approved"] = approved_settings.shape(after, lambda _row: None)
        return shown | {"warnings": _warnings(self.changes, after) + _told_left(left)}

    def _row(self, change: Change) -> Row:
        if not isinstance(change.value, Secret):
            return Row(change.platform, change.establishment, change.name, change.value)
        sealed = self.seal(change.value, change.place(self.dossier)) if change.value else ""
        return Row(change.platform, change.establishment, change.name, sealed, sealed=True)


def _faults_of_company(changes: Sequence[Change], company: Company) -> list[Refusal]:
    """What the company file says against bank accounts and establishments."""
    faults = []
    for change in changes:
        if change.establishment and change.establishment not in company.establishments:
            near = nearest(change.establishment, company.establishments) or "-"
            faults.append(Refusal("no_such_establishment", "--establishment", quoted(change.establishment), near))
        code = str(change.value) if change.name in _RIBS else ""
        if code:
            fault = _fault_of_bank(code, company)
            faults += [Refusal(fault, "rib", quoted(code), ", ".join(_fit(company)))] if fault else []
    return faults


def _fault_of_bank(code: str, company: Company) -> str:
    bank = company.banks.get(code)
    if bank is None or not bank.reconcilable:
        return "rib_not_reconcilable"
    return "" if iban.is_valid(bank.iban) else "rib_without_iban"


def _fit(company: Company) -> list[str]:
    return sorted(code for code in company.banks if not _fault_of_bank(code, company))


def _mixed(changes: Sequence[Change], before: Sequence[Row], books: ActBooks) -> list[Refusal]:
    """Another platform under the same name, once documents were deposited there: they would pass for sent on it."""
    moved = []
    for change in changes:
        if not change.platform or change.name != _DOORS[door_of(change.platform)].taking:
            continue
        old, new = _where(before, change.platform, change.name), _fingerprint(change.platform, str(change.value))
        if old != new and books.deposited_on(change.platform):
            moved.append(Refusal("other_platform", change.name, quoted(str(change.value)), change.platform))
    return moved


def _where(rows: Sequence[Row], platform: str, name: str) -> str:
    """The fingerprint of where a platform's address of this name leads."""
    given = next((row.value for row in rows if (row.platform, row.name) == (platform, name)), "")
    return _fingerprint(platform, given)


def _fingerprint(platform: str, given: str) -> str:
    return fingerprint(api_address(platform, given) if door_of(platform) == "chorus" else given)


def _left_behind(changes: Sequence[Change], before: Sequence[Row]) -> list[Change]:
    """The secrets of a platform that is called elsewhere from now on, but for those that are given with the change.

    A new host is never told what was meant for another: whoever may set addresses may not read secrets by that.
    """
    given = {(change.platform, change.establishment, change.name) for change in changes}
    return [
        Change(row.platform, row.establishment, row.name, Secret(""))
        for row in before
        if row.sealed
        and _hosts(before, row.platform, changes) - _hosts(before, row.platform)
        and (row.platform, row.establishment, row.name) not in given
    ]


def _hosts(rows: Sequence[Row], platform: str, changes: Sequence[Change] = ()) -> set[str]:
    """The hosts that a platform's calls go to, after these changes."""
    set_ = {row.name: str(row.value) for row in rows if row.platform == platform}
    set_ |= {change.name: str(change.value or "") for change in changes if change.platform == platform}
    official = OFFICIAL[environment_of(platform)] if door_of(platform) == "chorus" else ("", "", "")
    names = _DOORS[door_of(platform)].addresses
    return {urlsplit(set_.get(name) or address).netloc for name, address in zip(names, official, strict=True)} - {""}


_LEFT = (
    "L'adresse change d'hôte : les secrets posés pour l'ancien sont retirés, à poser de nouveau : {names}.",
    "The address leads to another host: the secrets given for the former one are taken back; give anew: {names}.",
)


def _told_left(left: Sequence[Change]) -> list[dict[str, str]]:
    names = ", ".join(sorted({change.name for change in left}))
    return [{"fr": _LEFT[0].format(names=names), "en": _LEFT[1].format(names=names)}] if left else []


_NOTHING_COPIED = (
    "La plateforme {platform} est en service : rien n'y est copié de l'autre, ni documents, ni identifiants.",
    "The platform {platform} is on now: nothing of the other one is copied, neither documents nor credentials.",
)
_NOT_SET = ("À renseigner encore pour {platform} : {names}.", "Still to be set for {platform}: {names}.")


def _warnings(changes: Sequence[Change], after: Sequence[Row]) -> list[dict[str, str]]:
    """What whoever switches the platform should know."""
    switched = next((str(change.value) for change in changes if change.name == "platform"), "")
    if not switched:
        return []
    given = {row.name for row in after if row.platform == switched}
    missing = [name for name in ("client_id", "client_secret", "login", "password") if name not in given]
    told = [_NOTHING_COPIED] + ([_NOT_SET] if missing else [])
    facts = {"platform": switched, "names": ", ".join(missing)}
    return [{"fr": fr.format_map(facts), "en": en.format_map(facts)} for fr, en in told]


class SealAgain(msgspec.Struct, frozen=True):
    """Seal every secret of a dossier with the newest key. Satisfies the port `Act`."""

    dossier: str
    ring: KeyRing
    seal: Seal

    @property
    def kind(self) -> str:
        """What the logbook calls it."""
        return "chorus key"

    @property
    def content(self) -> dict[str, Any]:
        """Everything that was asked."""
        return {"key": self.ring.current}

    def perform(self, books: ActBooks, moment: Moment) -> dict[str, Any]:
        """How many secrets were sealed again. Raises Stop where one cannot be opened: then none is touched."""
        old = [row for row in books.chorus_rows() if row.sealed and sealed_with(row.value) != self.ring.current]
        again = []
        for row in old:
            place = Place(self.dossier, row.platform, row.establishment, row.name)
            sealed = self.seal(unseal(row.value, place, self.ring), place)
            again.append(msgspec.structs.replace(row, value=sealed))
        books.sealed_again(again)
        return {"sealed": len(again)}


def keys_needed(rows: Sequence[Row]) -> frozenset[str]:
    """The ids of the keys that secrets are sealed with."""
    return frozenset(sealed_with(row.value) for row in rows if row.sealed)
