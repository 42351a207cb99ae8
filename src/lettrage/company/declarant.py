"""Who declares payments to the tax office, and how often: what the company file says of it. Nothing of it is guessed.

It stands in the company file, as `vat_dates` do: it is a fact about the company that decides what its books become,
the same for both environments of a platform, and its changes belong in the same audit.
"""

import re
from collections.abc import Mapping
from typing import Literal, get_args

import msgspec

from lettrage.company.form import Form
from lettrage.refusal import quoted

VatRegime = Literal["real_monthly", "real_quarterly", "simplified", "franchise"]
Size = Literal["large", "middle", "small"]
Outcome = Literal["status", "by_invoice", "by_day", "by_chorus", "none"]
REGIMES: tuple[VatRegime, ...] = get_args(VatRegime)
SIZES: tuple[Size, ...] = get_args(Size)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
# The rules of reporting/concerned.toml that are reasoned and not read, each with what may be chosen instead.
OPEN_RULES: Mapping[str, tuple[Outcome, ...]] = {
    "goods_on_receipt": ("none", "status", "by_invoice", "by_day"),
    "exempt": ("none", "status", "by_invoice", "by_day"),
    "collected": ("none", "status"),
    "not_carried": ("none", "by_invoice", "by_day"),
}
NAMES = ("vat_regime", "size", "siren", "name", "platform", "platform_name", "outcomes")
_SIREN = re.compile(r"[0-9]{9}", re.ASCII)
_PLATFORM = re.compile(r"[0-9A-Z]{4}", re.ASCII)  # how platforms are registered (scheme 0238)


class Declarant(msgspec.Struct, frozen=True):
    """What is said of the declarant; "" for what is not. `size`: of the company, small includes micro-enterprises.

    `siren`, `name`: where they are not the company's own. `platform`: the registration of the approved platform that
    sends its reports, four characters, where it is another than the one that its settings name. `outcomes`: the
    dossier's own, by rule, where the rule is open.
    """

    vat_regime: VatRegime | Literal[""] = ""
    size: Size | Literal[""] = ""
    siren: str = ""
    name: str = ""
    platform: str = ""
    platform_name: str = ""
    outcomes: Mapping[str, str] = {}


def declarant_of(form: Form) -> Declarant:
    """The declarant that a company file's record describes. Faults are noted."""
    for name in form.strangers(NAMES):
        form.fault("unknown_role", name, name, ", ".join(NAMES))
    regime = form.choice("vat_regime", ("", *REGIMES), "")
    size = form.choice("size", ("", *SIZES), "")
    return Declarant(
        next((known for known in REGIMES if known == regime), ""),
        next((known for known in SIZES if known == size), ""),
        _shaped(form, "siren", _SIREN, "123456789"),
        form.text("name"),
        _shaped(form, "platform", _PLATFORM, "0123"),
        form.text("platform_name"),
        _outcomes(form.inner("outcomes")),
    )


def _shaped(form: Form, name: str, shape: re.Pattern[str], example: str) -> str:
    text = "".join(form.code(name).split()).upper()
    if text and not shape.fullmatch(text):
        form.fault("malformed_choice", name, quoted(text), example)
        return ""
    return text


def _outcomes(form: Form) -> dict[str, str]:
    for name in form.strangers(OPEN_RULES):
        form.fault("unknown_role", name, name, ", ".join(OPEN_RULES))
    chosen = {rule: form.choice(rule, ("", *among), "") for rule, among in OPEN_RULES.items()}
    return {rule: outcome for rule, outcome in chosen.items() if outcome}
