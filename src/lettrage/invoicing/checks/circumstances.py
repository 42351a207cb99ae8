"""What an invoice is judged against besides itself: the door it goes through, the settings, the directory, the past.

All of it is told by whoever asks; nothing here asks anybody. What could not be asked is said so (`NotAsked`), so that
a check that was not made is never taken for one that was passed.
"""

from datetime import date as Day  # noqa: N812  (values below have a field called `date`)
from typing import Literal

import msgspec

from lettrage.invoicing.document import Platform, Route, Syntax
from lettrage.invoicing.doors import Door as AskedDoor
from lettrage.invoicing.portal import Structure
from lettrage.invoicing.routing.route import Route as Routed

# Why the directory has not told: the API is not subscribed, the portal is down or closed, nobody has asked it yet,
# what it told is too old to be relied on, there are no credentials, or the check was asked for without it.
Reason = Literal["not_subscribed", "portal_down", "never_asked", "too_old", "not_connected", "offline"]
# What became of a number's last deposit on a platform: there was none; it is on its way or in doubt; the platform has
# taken the invoice in; it was refused before integration, so that the number is free again; the platform has another
# invoice of this number.
Fate = Literal["none", "open", "integrated", "refused", "taken"]
# Which rules a door asks for: Chorus Pro's own, an approved platform's, and such a platform's for a public buyer.
Door = Literal["chorus", "platform", "public_platform"]


class NotAsked(msgspec.Struct, frozen=True):
    """Why there is no answer of the directory."""

    why: Reason = "never_asked"


Told = Structure | NotAsked | None  # None: the directory has no structure of this number


class Use(msgspec.Struct, frozen=True):
    """A document that bears the same number. `mine`: this very invoice, or a refused one that it takes the place of."""

    document: int  # 0: the platform has it, from elsewhere
    fate: Fate = "none"
    mine: bool = False
    supplier: str = ""  # SIRET


class Circumstances(msgspec.Struct, frozen=True):
    """`siret`, `iban`: the establishment's own as the settings have them, "" where they have none.

    `service_demanded`, `engagement_demanded`: what the customer's record says; the directory may say more.
    """

    today: Day
    platform: Platform = "production"
    route: Route = "chorus"
    syntax: Syntax = "ubl"
    public_buyer: bool = True
    siret: str = ""
    iban: str = ""
    means_on_credit_notes: bool = False  # the setting: a credit note carries the bank account too
    service_demanded: bool = False
    engagement_demanded: bool = False
    buyer: Told = NotAsked()
    supplier: Told = NotAsked()
    # Whether the State knows the commitment number; None where it is not the State's, and need not be asked.
    engagement: bool | NotAsked | None = None
    uses: tuple[Use, ...] | None = None  # None: the documents could not be looked at
    number: NotAsked | None = None  # why the platform has not said whether it has an invoice of this number
    routed: Routed | None = None  # where it would go, and why; None: of a file that is in no dossier
    asked: AskedDoor | None = None  # the door that is asked for, whatever the route says
    file_bytes: int = 0  # of the rendered file; 0: not rendered

    @property
    def door(self) -> Door:
        """Whose rules hold."""
        if self.route == "chorus":
            return "chorus"
        return "public_platform" if self.public_buyer else "platform"
