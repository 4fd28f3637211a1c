"""Our units against the UCUM organization's own tests, and against a UCUM library.

The unit layer is a closed table on purpose: a unit that `resources/ucum.csv` does not list is
quarantined, never worked out, because a library's reading can be wrong without a word (K/uL is
kelvin to UCUM). So of the organization's cases those count that speak of listed units; of all others
it is enough that they are refused.
"""

import warnings
import xml.etree.ElementTree as ET
from decimal import Decimal
from pathlib import Path

import pytest

from remit.dictionaries import Dictionaries

# Valid by UCUM and listed, of 490; and of 30 conversions.
VALID, CONVERSIONS = 146, 5
# The library does not know the pH unit, which converts to nothing anyway, and reads neither
# one nor a bare annotation as a unit.
UNREAD = {"[pH]", "1"}


@pytest.fixture(scope="module")
def cases(shared_data: Path) -> ET.Element:
    return ET.parse(shared_data / "ucum" / "UcumFunctionalTests.xml").getroot()


def units(cases: ET.Element, valid: str) -> list[str]:
    found = cases.findall("validation/case")
    return [case.get("unit", "") for case in found if case.get("valid") == valid]


def test_no_invalid_unit_is_taken_for_one(cases: ET.Element, known: Dictionaries) -> None:
    invalid = units(cases, "false")
    assert len(invalid) == 39
    assert [unit for unit in invalid if unit in known.quantities or known.unit(unit)] == []


def test_the_listed_units_are_valid_and_the_others_are_refused(
    cases: ET.Element, known: Dictionaries
) -> None:
    valid = units(cases, "true")
    listed = [unit for unit in valid if unit in known.quantities]
    assert (len(valid), len(listed)) == (490, VALID)
    # A code of the organization may also be a spelling, but only of the same unit.
    spelled = {unit: known.unit(unit) for unit in valid if unit not in known.quantities}
    assert [unit for unit in listed if known.unit(unit) != unit] == []
    assert {unit for unit, code in spelled.items() if code} <= set(valid)


def test_conversions_between_listed_units_give_the_published_outcome(
    cases: ET.Element, known: Dictionaries
) -> None:
    passed = 0
    for case in cases.findall("conversion/case"):
        source, target = (
            known.quantities.get(case.get(side, "")) for side in ("srcUnit", "dstUnit")
        )
        if source is None or target is None:
            continue
        assert source[0] == target[0]
        printed = Decimal(case.get("outcome", ""))
        factor = source[1] / target[1]
        exact = Decimal(case.get("value", "")) * factor.numerator / factor.denominator
        assert exact.quantize(printed) == printed, case.attrib
        passed += 1
    assert passed == CONVERSIONS


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
