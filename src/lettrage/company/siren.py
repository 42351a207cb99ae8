"""The SIREN inside the numbers that a French company is known by."""

_SIREN, _SIRET = 9, 14  # digits
_VAT = len("FR00") + _SIREN


def siren_in(number: str) -> str:
    """The SIREN of a SIREN, a SIRET or a French VAT number, with blanks in it or not; "" for anything else."""
    plain = "".join(number.split()).upper()
    if plain.startswith("FR") and len(plain) == _VAT:
        plain = plain[-_SIREN:]
    return plain[:_SIREN] if plain.isascii() and plain.isdecimal() and len(plain) in (_SIREN, _SIRET) else ""
