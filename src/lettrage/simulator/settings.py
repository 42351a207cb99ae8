"""What may be set on the platform: how long things take, and what it is not known to do in one way only."""

from typing import Annotated

import msgspec
from msgspec import Meta

MEGABYTE = 1024 * 1024
Seconds = Annotated[float, Meta(ge=0, le=1e9)]
Bytes = Annotated[int, Meta(ge=0, le=100 * MEGABYTE)]
Status = Annotated[str, Meta(min_length=1, max_length=100)]


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Durations are seconds of the platform's clock; sizes are bytes.

    `integration`: from the deposit of a flow to its result. `routing`: from one of the first statuses of an invoice to
    the next. `preprocessing`: until the buyer's system finds that an engagement does not exist, and
    `wrong_engagement` the status that it then gives. `credit_notes_without_means` refuses a credit note that names a
    means of payment; `credit_notes_with_origin` one that names no invoice, which other people's credit notes do;
    `ubl_credit_notes` takes the root `CreditNote` (`chorus-pro.md`, sections 10 and 11). `country_required` is for UBL,
    where a missing country is known to be refused; clients whose CII names none are known to be served.
    `gross_price_with_discount` refuses a gross price without a discount in every invoice, not only where there is a
    discount or should be one. `received_states`: whether flows also show `IN_RECU` and `IN_TRAITE_SE_CPP` on their way,
    which some clients take for the end (section 12).
    """

    integration: Seconds = 600
    routing: Seconds = 120
    preprocessing: Seconds = 3600
    wrong_engagement: Status = "REJETEE"
    credit_notes_without_means: bool = False
    credit_notes_with_origin: bool = False
    country_required: bool = True
    cii_country_required: bool = False
    received_states: bool = False
    account_required: bool = True
    gross_price_with_discount: bool = False
    ubl_credit_notes: bool = False
    most_in_a_deposit: Bytes = 10 * MEGABYTE
    most_in_a_compressed_deposit: Bytes = 30 * MEGABYTE
