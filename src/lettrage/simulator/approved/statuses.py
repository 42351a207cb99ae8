"""The statuses of an invoice's life that the platform can tell (XP Z12-012): their names, who says each, and when.

What the sheet BR-FR-CDV asks for is a warning's matter there and kept here all the same.
"""

import msgspec

PLATFORM, BUYER, SELLER, FACTOR, VALIDATOR, AUTHORITY = "WK", "BY", "SE", "DL", "AB", "DFH"


class Status(msgspec.Struct, frozen=True):
    """`document`: the status in UNTDID 1373, "" for none known. `role`: who says it. `reason`: it must have one."""

    name: str
    document: str = ""
    role: str = BUYER
    reason: bool = False

    @property
    def phase(self) -> str:
        """305 of the transmission, 23 of the processing: platforms and the authority speak of the transmission only."""
        return "305" if self.role in (PLATFORM, AUTHORITY) else "23"


DEPOSITED, RECEIVED, AVAILABLE, REJECTED, REFUSED, CANCELLED = "200", "202", "203", "213", "210", "220"
PAID = "212"
STATUSES = {
    "200": Status("Déposée", "10", PLATFORM),
    "201": Status("Émise par la plateforme", "51", PLATFORM),
    "202": Status("Reçue par la plateforme", "43", PLATFORM),
    "203": Status("Mise à disposition", "48", PLATFORM),
    "204": Status("Prise en charge", "45"),
    "205": Status("Approuvée", "1"),
    "206": Status("Approuvée partiellement", "49", reason=True),
    "207": Status("En litige", "46", reason=True),
    "208": Status("Suspendue", "39", reason=True),
    "209": Status("Complétée", "37", SELLER),
    "210": Status("Refusée", "50", reason=True),
    "211": Status("Paiement transmis", "47"),
    "212": Status("Encaissée", "47", SELLER),
    "213": Status("Rejetée", "8", PLATFORM, reason=True),
    "214": Status("Visée", "", VALIDATOR),
    "220": Status("Annulée", "", SELLER),
    "221": Status("Erreur de routage", "", PLATFORM),
    "224": Status("Demande de paiement direct", "", SELLER),
    "225": Status("Affacturée", "", FACTOR),
    "226": Status("Affacturée confidentiel", "", FACTOR),
    "227": Status("Changement de compte à payer", "", SELLER),
    "228": Status("Non affacturée", "", FACTOR),
}
# What the authority says of a report.
TAKEN, NOT_TAKEN = "300", "301"
OF_REPORTS = {TAKEN: Status("Déposée", "", PLATFORM), NOT_TAKEN: Status("Rejetée", "", PLATFORM, reason=True)}
# And of a status that the supplier said, once the platform has handed it on.
STATUS_REFUSED = "601"
OF_STATUSES = {STATUS_REFUSED: Status("Rejeté", "8", AUTHORITY, reason=True)}
BY_SUPPLIER = ("209", "212", "220", "227")  # what may be deposited
ENDED = (REJECTED, REFUSED, CANCELLED)  # after these the supplier has nothing more to say
AUTOMATIC = {DEPOSITED: RECEIVED, RECEIVED: AVAILABLE}  # what follows by itself, each after the routing time


def known(code: str) -> Status:
    """What is known of a status; of another one its code is its name, and the buyer says it."""
    return STATUSES.get(code) or OF_REPORTS.get(code) or OF_STATUSES.get(code) or Status(f"Statut {code}")
