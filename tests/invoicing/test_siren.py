"""The SIREN inside the numbers that a company is known by."""

import pytest

from lettrage.company.siren import siren_in


@pytest.mark.parametrize(
    ("number", "siren"),
    [
        ("332540215", "332540215"),
        ("332 540 215 16357", "332540215"),
        ("FR04332540215", "332540215"),
        ("fr 04 332 540 215", "332540215"),
        ("DE123456789", ""),
        ("FR0433254021X", ""),
        ("33254021", ""),
        ("٣٣٢٥٤٠٢١٥", ""),  # digits of another script
        ("", ""),
    ],
)
def test_a_company_is_known_by_its_siren_whatever_number_names_it(number: str, siren: str) -> None:
    assert siren_in(number) == siren
