"""The doors that invoices leave by: Chorus Pro, or an approved platform (plateforme agréée), each in two environments.

The name of a door in an environment is what flows, jobs and messages say as their `platform`. Which environment is on
holds for both doors; nothing of one name is ever taken for another's.
"""

from typing import Literal, get_args

from lettrage.company.siren import siren_in
from lettrage.invoicing.document import Platform

Door = Literal["chorus", "approved"]
DOORS: tuple[Door, ...] = get_args(Door)
APPROVED_PREFIX = "approved-"
QUALIFICATION, PRODUCTION = "approved-qualification", "approved-production"
APPROVED = (QUALIFICATION, PRODUCTION)
EVERYWHERE = ("qualification", "production", *APPROVED)  # every name that the store may hold


def name_of(door: Door, environment: Platform) -> str:
    """What the store calls a door in an environment."""
    return environment if door == "chorus" else f"{APPROVED_PREFIX}{environment}"


def door_of(platform: str) -> Door:
    """The door that a platform's name stands for."""
    return "approved" if platform.startswith(APPROVED_PREFIX) else "chorus"


def environment_of(platform: str) -> Platform:
    """The environment that a platform's name stands for."""
    return "production" if platform.removeprefix(APPROVED_PREFIX) == "production" else "qualification"


def is_approved(platform: str) -> bool:
    """Whether a platform's name stands for an approved platform."""
    return door_of(platform) == "approved"


def siblings(platform: str) -> tuple[str, ...]:
    """The names of all doors of the same environment: a document leaves by one of them."""
    return tuple(name_of(door, environment_of(platform)) for door in DOORS)


def company_of(identifier: str) -> str:
    """The company that an identifier stands for, by its SIREN; one that has none in it is returned as it is.

    The doors know the same supplier by its SIRET, its SIREN or its VAT number.
    """
    return siren_in(identifier) or identifier.replace(" ", "")
