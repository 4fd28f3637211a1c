"""Our units against the UCUM organization's own tests (see `tests.ucum`), and against a UCUM library."""

import warnings
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from remit.ingest.dictionaries import Dictionaries
from tests import ucum

# The library does not know the pH unit, which converts to nothing anyway, and reads neither
# one nor a bare annotation as a unit.
UNREAD = {"[pH]", "1"}


@pytest.fixture(scope="module")
def cases(shared_data: Path) -> ET.Element:
    return ET.parse(shared_data / "ucum" / "UcumFunctionalTests.xml").getroot()


def test_no_invalid_unit_is_taken_for_one(cases: ET.Element, known: Dictionaries) -> None:
    assert len(ucum.validations(cases, known)["invalid and refused"]) == 39


def test_a_valid_unit_is_accepted_as_what_it_is_or_refused_for_a_stated_reason(
    cases: ET.Element, known: Dictionaries
) -> None:
    found = ucum.validations(cases, known)
    assert {reason: units for reason, units in found.items() if reason.startswith("WRONG")} == {}
    assert sum(map(len, found.values())) == 39 + 490
    assert len(found["accepted"]) == 224
    # No reason stands for a unit that is no case or that the table has by now.
    refused = {unit for reason in ucum.REFUSED for unit in found[reason]}
    assert refused == {unit for units in ucum.REFUSED.values() for unit in units.split()}
    assert {unit for reason in ucum.OTHERWISE.values() for unit in found[reason]} == {"S", "pH"}


def test_a_conversion_gives_the_published_outcome_or_is_refused_for_a_stated_reason(
    cases: ET.Element, known: Dictionaries
) -> None:
    found = ucum.conversions(cases, known)
    assert {reason: cases for reason, cases in found.items() if reason.startswith("WRONG")} == {}
    assert len(found["converted"]) == 5
    assert len(found[ucum.DIMENSION]) == 21
    assert sum(map(len, found.values())) == 30


def test_case_is_not_folded_onto_another_unit(known: Dictionaries) -> None:
    # Lengths and a time in UCUM, which without regard to case are moles per litre and milliseconds.
    for unit in ("nm", "um", "pm", "Ms"):
        assert known.unit(unit) == unit
    assert known.unit("nM") == "nmol/L"


def test_every_size_is_the_one_a_ucum_library_finds(known: Dictionaries) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ucumvert import PintUcumRegistry

        registry = PintUcumRegistry()
        groups: dict[str, list[str]] = {}
        for code, (quantity, _) in known.quantities.items():
            if code not in UNREAD and not code.startswith("{"):
                groups.setdefault(quantity, []).append(code)
        ratios = {
            code: (1 * registry.from_ucum(code)).to_base_units().magnitude
            / float(known.quantities[code][1])
            for group in groups.values()
            if len(group) > 1
            for code in group
        }
    differ = [
        code
        for group in groups.values()
        if len(group) > 1
        for code in group
        if ratios[code] != pytest.approx(ratios[group[0]], rel=1e-9)
    ]
    assert len(ratios) > 100
    assert differ == []
