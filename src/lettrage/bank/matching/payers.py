"""Whose money a line is: what its IBAN, its name and its words say for each third party, and against it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property

from lettrage.bank.matching.facts import Learnt, Movement, Party
from lettrage.bank.matching.names import Alike, NameIndex, core
from lettrage.bank.matching.proposal import Reason
from lettrage.bank.matching.reasons import reason
from lettrage.bank.matching.text import folded

IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b")
_WORD = re.compile(r"[A-Z0-9]+")
_NAMES_MOST = 6


class Who:
    """All that is known about who third parties are. Built once."""

    def __init__(
        self,
        parties: Iterable[Party],
        learnt_ibans: Mapping[str, tuple[Learnt, ...]],
        learnt_names: Mapping[str, tuple[Learnt, ...]],
    ) -> None:
        self.parties = {party.code: party for party in parties}
        self.names = NameIndex(self.parties.values())
        self.learnt_ibans, self.learnt_names = learnt_ibans, learnt_names
        self.codes = {core: party for party in self.parties.values() if (core := told_code(party.code))}
        self.ibans: dict[str, list[Party]] = defaultdict(list)
        for party in self.parties.values():
            for iban in party.ibans:
                self.ibans[bare(iban)].append(party)


class Payers:
    """What one line says about who pays (or is paid)."""

    def __init__(self, who: Who, movement: Movement, kinds: Mapping[str, str], *, others_may: bool = False) -> None:
        self.who = who
        self.others_may = others_may  # the dossier lets somebody else pay
        self.line = movement.line
        self.kinds = kinds

    @cached_property
    def iban(self) -> str:
        """The IBAN of the other side: its own field, else the only one in the text that somebody has."""
        if self.line.iban:
            return bare(self.line.iban)
        written = {bare(found) for found in IBAN.findall(folded(self.line.text))}
        known = [iban for iban in written if iban in self.who.ibans or iban in self.who.learnt_ibans]
        return known[0] if len(known) == 1 else ""

    @cached_property
    def by_iban(self) -> list[Party]:
        """Whose registered IBAN it is."""
        return self.who.ibans.get(self.iban, []) if self.iban else []

    @cached_property
    def learnt(self) -> Mapping[str, str]:
        """Third parties that earlier acceptances tell by this IBAN or this name, with what told it."""
        found: dict[str, str] = {}
        for told, known in (
            ("name_learnt", self.who.learnt_names.get(core(self.line.name), ()) if self.line.name else ()),
            ("iban_learnt", self.who.learnt_ibans.get(self.iban, ()) if self.iban else ()),
        ):
            for one in known:
                if one.third_party in self.who.parties:
                    found[one.third_party] = told
        return found

    @cached_property
    def named(self) -> Mapping[str, Alike]:
        """Third parties with the name on the line; where it has none of its own, those whose name its text contains."""
        found = self.who.names.of(self.line.name) if self.line.name else []
        if not found:
            found = self.who.names.within(self.line.text)
        return {alike.party.code: alike for alike in found[:_NAMES_MOST]}

    @cached_property
    def coded(self) -> Mapping[str, str]:
        """Third parties whose code stands in the text, with the code."""
        words = _WORD.findall(folded(f"{self.line.text} {' '.join(self.line.references)} {self.line.end_to_end}"))
        return {self.who.codes[word].code: word for word in words if word in self.who.codes}

    @cached_property
    def same_name(self) -> frozenset[str]:
        """Those whose very name it is."""
        return frozenset(code for code, alike in self.named.items() if alike.likeness == "same")

    @property
    def codes(self) -> list[str]:
        """Every third party that something speaks for, the strongest evidence first."""
        return list(dict.fromkeys([*(party.code for party in self.by_iban), *self.learnt, *self.named, *self.coded]))

    # ------------------------------------------------------------ judgements

    def supports(self, code: str) -> bool:
        """Whether something says that it is this third party, and nothing says that it is another one."""
        if self.contradicts(code):
            return False
        if any(party.code == code for party in self.by_iban) or code in self.learnt or self._public(code):
            return True
        by_name = code in self.named and (code in self.same_name or not self.same_name)
        return by_name or (code in self.coded and len(self.coded) == 1)

    def proves(self, code: str) -> bool:
        """Whether the IBAN is registered for this third party and for no other."""
        return [party.code for party in self.by_iban] == [code] and not self.contradicts(code)

    def contradicts(self, code: str) -> bool:
        """Whether the IBAN or the name is another third party's, and not this one's."""
        if self.by_iban and all(party.code != code for party in self.by_iban):
            return True
        if any(party.code == code for party in self.by_iban) or code in self.learnt:
            return False
        return bool(self.same_name) and code not in self.named and code not in self.coded and not self._public(code)

    def stranger(self, code: str) -> bool:
        """Whether the line names somebody who is not known to be this third party."""
        if not self.line.name and not self.by_iban:
            return False
        return not self.supports(code)

    def _public(self, code: str) -> bool:
        return "treasury" in self.kinds and self.who.parties[code].public

    # ------------------------------------------------------------ reasons

    def reasons(self, code: str) -> list[Reason]:
        """What speaks for this third party, or against it."""
        party = self.who.parties.get(code)
        if party is None:
            return []
        coded = [reason("code", self.coded[code], party.name)] if code in self.coded else []
        return [*self._of_iban(party), *self._of_name(party), *coded]

    def _of_iban(self, party: Party) -> list[Reason]:
        owners = [owner.code for owner in self.by_iban]
        if party.code in owners:
            return [reason("iban" if len(owners) == 1 else "iban_shared", self.iban, party.name)]
        found = []
        if owners:
            owner = self.by_iban[0].name
            against = reason("iban_other", self.iban, owner)
            found.append(reason("other_payer", owner, party.name) if self.others_may else against)
        if self.learnt.get(party.code) == "iban_learnt":
            found.append(reason("iban_learnt", self.iban, party.name))
        return found

    def _of_name(self, party: Party) -> list[Reason]:
        own = self.named.get(party.code)
        if own is not None:
            told = reason("name" if own.likeness == "same" else "name_near", own.seen, party.name)
            shared = own.likeness == "same" and len(self.same_name) > 1
            return [told, reason("name_shared", own.seen)] if shared else [told]
        if self.learnt.get(party.code) == "name_learnt":
            return [reason("name_learnt", self.line.name, party.name)]
        if self._public(party.code):
            return [reason("treasury", self.kinds["treasury"], party.name)]
        return self._of_another_name(party)

    def _of_another_name(self, party: Party) -> list[Reason]:
        if self.same_name and not any(owner.code == party.code for owner in self.by_iban):
            other = self.named[min(self.same_name)]
            if self.others_may:
                return [] if self.by_iban else [reason("other_payer", other.seen, party.name)]
            return [reason("name_other", other.seen, other.party.name)]
        if self.line.name and not self.by_iban and not self.named:
            return [reason("name_unknown", self.line.name, party.name)]
        return []


def told_code(code: str) -> str:
    """A third party's code as a text may bear it; "" for one that might be anything: without a letter, or short."""
    plain = "".join(_WORD.findall(folded(code)))
    return plain if len(plain) >= 4 and not plain.isdigit() and any(c.isdigit() for c in plain) else ""


def bare(iban: str) -> str:
    """An IBAN without its blanks."""
    return folded(iban).replace(" ", "")
