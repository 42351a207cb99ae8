"""The directory's client over real HTTP: addresses, public bodies' demands, and lists that mean harm."""

from typing import Any

import pytest

from lettrage.invoicing.flow_service import Company, Facility, Line, RoutingCode
from lettrage.invoicing.portal import Trouble
from tests.approved.setting_up import Asked, Said, error, opened

SIREN, SIRET = "702042755", "70204275500240"


def answered(path: str, content: dict[str, Any]) -> Any:
    """This content at this path, and nothing elsewhere."""
    return lambda asked: Said(200, content) if asked.path == f"/directory-service{path}" else error(404)


def test_a_company_is_looked_up_by_its_number() -> None:
    said = {"siren": SIREN, "businessName": "Mairie", "entityType": "Public", "administrativeStatus": "C"}
    with opened(answered(f"/v1/siren/code-insee:{SIREN}", said)) as service:
        assert service.directory.company(SIREN) == Company(SIREN, "Mairie", public=True, active=False)
        assert service.directory.company("111111118") is None


def test_what_a_public_establishment_demands_is_read_and_what_it_does_not_say_is_not_guessed() -> None:
    demands = {"pmOnly": False, "managesLegalCommitmentCode": True, "serviceCodeStatus": True}
    said = {"siret": SIRET, "name": "Mairie", "administrativeStatus": "A", "b2gAdditionalData": demands}
    with opened(answered(f"/v1/siret/code-insee:{SIRET}", said)) as service:
        found = service.directory.facility(SIRET)

    assert found == Facility(SIRET, "Mairie", works_only=False, engagement=True, service=True)
    assert found is not None
    assert (found.payment_status, found.engagement_or_service) == (None, None)


def test_a_routing_code_is_one_of_its_establishment() -> None:
    said = {"siret": SIRET, "routingIdentifier": "A/B 1", "routingCodeName": "Voirie", "managesLegalCommitment": True}
    with opened(answered(f"/v1/routing-code/siret:{SIRET}/code:A%2FB%201", said)) as service:
        assert service.directory.routing_code(SIRET, "A/B 1") == RoutingCode(SIRET, "A/B 1", "Voirie", engagement=True)


@pytest.mark.parametrize("said", [{"siren": "111111118"}, {}, {"siren": None}])
def test_an_answer_about_somebody_else_says_nothing(said: dict[str, Any]) -> None:
    with opened(lambda _asked: Said(200, said)) as service, pytest.raises(Trouble) as caught:
        service.directory.company(SIREN)
    assert (caught.value.kind, caught.value.code) == ("garbled", "siren")


# ---------------------------------------------------------------- addresses


def rows(*numbers: int, siren: str = SIREN) -> list[dict[str, Any]]:
    return [
        {
            "addressingIdentifier": f"{siren}_{n:03}",
            "siren": siren,
            "platformType": "WK",
            "directoryLineStatus": "Enabled",
        }
        for n in numbers
    ]


def counted(every: list[dict[str, Any]], total: int | None, most: int = 2) -> Any:
    """A search that skips what it is told to, so many of a page; `total` as it says it."""

    def answer(asked: Asked) -> Said:
        skipped = asked.json["ignore"]
        said = {"results": every[skipped : skipped + most], "search": asked.json}
        return Said(200, said if total is None else said | {"totalNumberOfResults": total})

    return answer


@pytest.mark.parametrize(("total", "calls"), [(5, 3), (-1, 4), (None, 4)])
def test_every_address_is_found_however_the_service_counts(total: int | None, calls: int) -> None:
    with opened(counted(rows(1, 2, 3, 4, 5), total)) as service:
        found = service.directory.lines(SIREN)

    assert [line.address for line in found] == [f"{SIREN}_{n:03}" for n in range(1, 6)]
    assert len(service.place.asked) == calls
    assert service.place.asked[1].json == {
        "filters": {"siren": {"op": "strict", "value": SIREN}},
        "sorting": [{"field": "addressingIdentifier", "order": "ascending"}],
        "limit": 100,
        "ignore": 2,
    }


def test_an_address_says_how_it_is_made_and_whether_it_takes_invoices() -> None:
    said = [
        {"addressingIdentifier": f"{SIREN}_{SIRET}_X", "siren": SIREN, "siret": SIRET, "routingIdentifier": "X",
         "platformType": "DFH", "directoryLineStatus": "Upcoming"},
        {"addressingIdentifier": f"{SIREN}_sfx", "siren": SIREN, "addressingSuffix": "sfx",
         "platformType": "WK", "directoryLineStatus": "Enabled"},
        *rows(9, siren="111111118"),
    ]  # fmt: skip
    with opened(counted(said, 3, most=10)) as service:
        assert service.directory.lines(SIREN) == [
            Line(f"{SIREN}_{SIRET}_X", SIREN, SIRET, "X", platform="DFH", active=False),
            Line(f"{SIREN}_sfx", SIREN, suffix="sfx", platform="WK"),
        ]


@pytest.mark.parametrize("said", [Said(200, {"results": [], "totalNumberOfResults": 0}), error(404), Said(200, {})])
def test_a_company_without_an_address_has_none(said: Said) -> None:
    with opened(lambda _asked: said) as service:
        assert service.directory.lines(SIREN) == []


@pytest.mark.parametrize(
    "answer",
    [
        lambda _asked: Said(200, {"results": rows(1, 2)}),  # it never skips
        counted(rows(1, 2, 3), 9),  # it has fewer than it says
        lambda _asked: Said(200, {"results": [{"siren": SIREN}], "totalNumberOfResults": 1}),
        lambda _asked: Said(200, {"results": rows(1), "totalNumberOfResults": "many"}),
    ],
)
def test_a_list_that_contradicts_itself_is_none(answer: Any) -> None:
    with opened(answer) as service, pytest.raises(Trouble) as caught:
        service.directory.lines(SIREN)
    assert caught.value.kind == "garbled"


def test_a_list_without_end_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lettrage.adapters.approved.directory.PLATFORM_PAGES", 5)
    with (
        opened(lambda asked: Said(200, {"results": rows(asked.json["ignore"])})) as service,
        pytest.raises(Trouble),
    ):
        service.directory.lines(SIREN)
    assert len(service.place.asked) == 5
