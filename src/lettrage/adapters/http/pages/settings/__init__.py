"""The settings of a company file: one module for each tab of the source, put together here."""

from fastapi import APIRouter

from lettrage.adapters.http.pages.settings import (
    approved,
    audit,
    chorus,
    company,
    own,
    people,
    periods,
    states,
    switching,
    testing,
)

router = APIRouter()
for _part in (company, states, testing, switching, chorus, approved, people, audit, periods, own):
    router.routes.extend(_part.router.routes)
