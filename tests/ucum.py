"""How the UCUM organization's own test cases pass through the unit layer; a reason for each that does not.

    python -m tests.ucum UcumFunctionalTests.xml

The unit layer is a closed table on purpose: what `resources/ucum.csv` and `units.csv` do not list is
quarantined, never worked out, because a library's reading can be wrong without a word (to UCUM K/uL is
kelvin, and an annotation such as {1.73_m2} means nothing). So of every valid unit the table either says
what UCUM says, or it refuses the unit for a reason that stands here.
"""

import argparse
import warnings
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from remit.ingest import dictionaries, units
from remit.ingest.dictionaries import Dictionaries

# The table reads these in another sense than UCUM, because laboratories do.
OTHERWISE = {
    "S": "laboratories write S for seconds; UCUM's siemens is no laboratory result",
    "pH": "laboratories write pH for the pH scale; UCUM's picohenry is no laboratory result",
}
# Of the dimension of a unit that the dictionary has, and refused all the same.
REFUSED = {
    "it says how much and not in what volume or time": (
        "eq meq ueq osm mol mmol umol pmol "
        "U mU kat nkat pkat ukat [IU] [iU] u[iU] [arb'U] [APL'U] [GPL'U] [MPL'U] [bdsk'U] [ka'U] "
        "[knk'U] [mclg'U] [todd'U] 10*23 10*3{rbc} 1{c} [HPF] {e} {cfu} {bsa} {od}"
    ),
    "its annotation names what it is an amount of, and no analyte is such an amount": (
        "g{creat} g{hgb} g{tit_nit} g{tot_prot} g{wet_tis} kg{body_wt} mL/{hb} [drp]/{HPF} /{tot} "
        "/[arb'U] /[iU]"
    ),
    "it is an amount per kilogram of body, tissue or water, which the dictionary has no analyte for": (
        "g/kg mg/kg ug/kg ng/kg g/(kg.d) g/(kg.h) g/(kg.min) g/(8.kg.h) mg/(kg.d) mg/(kg.h) "
        "mg/(kg.min) mg/(8.h.kg) ug/(kg.d) ug/(kg.h) ug/(kg.min) ug/(8.h.kg) ng/(kg.d) ng/(kg.h) "
        "ng/(kg.min) ng/(8.h.kg)"
    ),
    "it is per square metre: a result per 1.73 m² is never worked out of another": (
        "mL/m2 mL/(min.m2) L/(min.m2) 10.L/(min.m2)"
    ),
    "equivalents are converted only as concentrations of ions whose charge is stated": (
        "meq/(8.h) meq/d meq/h meq/min"
    ),
    "it is a ratio of amounts of substance that does not say of what": (
        "mmol/mmol umol/mmol nmol/mmol pmol/mmol umol/umol nmol/nmol kg/mol ms/s [ppm] [ppb] [pptr]"
    ),
    "it is a rate in time of activity or events, and of such the dictionary has the heart rate only": (
        "1/d [IU]/d [iU]/d [iU]/h [iU]/min"
    ),
    "it is a logarithm or an energy and only by its dimension a fraction or a pressure": (
        "dB dB[SPL] J/L"
    ),
    "no laboratory or ward reports in it; a data manager may add it to `resources/ucum.csv`": (
        "kg/h kg/min kg/s ng/s mol/s nmol/s m3/s 10.L/min cm/s um/s [cup_us] [drp] [foz_br] [gal_br] "
        "[pt_br] [qt_br] [tbs_us] [tsp_us] hL nl dg ug pt t a mo wk d h ks us ns ps Pa [in_us] [yd_i] "
        "[mi_us] km [in_i'Hg] bar m[H2O]"
    ),
}
DIMENSION = "no analyte of the dictionary is measured in a unit of its dimension"


def validations(cases: ET.Element, known: Dictionaries) -> dict[str, list[str]]:
    """What became of the validation cases: outcome or reason to units, as often as they stand."""
    outcomes: dict[str, list[str]] = {}
    measured = dimensions(known)
    for case in cases.findall("validation/case"):
        unit, valid = case.get("unit", ""), case.get("valid") == "true"
        outcome = _validation(unit, valid, known, measured)
        outcomes.setdefault(outcome, []).append(unit)
    return outcomes


def _validation(unit: str, valid: bool, known: Dictionaries, measured: set[str]) -> str:
    code = known.unit(unit)
    if not valid:
        return "WRONG: an invalid unit is accepted" if code else "invalid and refused"
    if code:
        if unit in OTHERWISE:
            return OTHERWISE[unit]
        return "accepted" if _same(unit, code) else "WRONG: accepted as another unit"
    if _foreign(unit, measured):
        return DIMENSION
    reasons = [reason for reason, units in REFUSED.items() if unit in units.split()]
    return reasons[0] if len(reasons) == 1 else "WRONG: refused without a reason"


def conversions(cases: ET.Element, known: Dictionaries) -> dict[str, list[str]]:
    """What became of the conversion cases: outcome or reason to `from -> to`."""
    outcomes: dict[str, list[str]] = {}
    measured = dimensions(known)
    for case in cases.findall("conversion/case"):
        sides = [case.get(side, "") for side in ("srcUnit", "dstUnit")]
        codes = [known.quantities.get(side) for side in sides]
        if None not in codes:
            (quantity, given), (wanted, asked) = codes  # type: ignore[misc]
            printed = Decimal(case.get("outcome", ""))
            factor = given / asked
            exact = Decimal(case.get("value", "")) * factor.numerator / factor.denominator
            right = quantity == wanted and exact.quantize(printed) == printed
            outcome = "converted" if right else "WRONG: another outcome"
        else:
            unlisted = [side for side, code in zip(sides, codes, strict=True) if code is None]
            foreign = any(_foreign(side, measured) for side in unlisted)
            outcome = DIMENSION if foreign else f"no result is printed in {' or '.join(unlisted)}"
        outcomes.setdefault(outcome, []).append(" -> ".join(sides))
    return outcomes


def _foreign(unit: str, measured: set[str]) -> bool:
    found = size(unit)
    return found is not None and found[0] not in measured


@cache
def _registry() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from ucumvert import PintUcumRegistry

        return PintUcumRegistry()


@cache
def size(unit: str) -> tuple[str, float] | None:
    """Dimension and size of a unit as a UCUM library reads it; None when it cannot."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            base = _registry().from_ucum(unit).to_base_units()
        except Exception:  # it raises whatever its parts raise
            return None
    return str(base.u), float(base.magnitude)


def _same(unit: str, code: str) -> bool:
    """Whether the table's code is, to the library, the unit itself."""
    if unit == code:
        return True
    ours, theirs = size(code), size(unit)
    if ours is None or theirs is None:
        return False
    return ours[0] == theirs[0] and abs(ours[1] / theirs[1] - 1) < 1e-12


def dimensions(known: Dictionaries) -> set[str]:
    """The dimensions of all units in which some analyte can come."""
    analytes = known.analytes.filter(known.analytes["unit"].is_not_null())
    convertible = {
        code
        for row in analytes.iter_rows(named=True)
        for code in known.quantities
        if units.conversion(row["LBTESTCD"], code, row["unit"], row["molar_mass"], known)
    }
    return {found[0] for code in convertible if (found := size(code))}


def report(path: Path, known: Dictionaries) -> Iterator[str]:
    """The counts, and every case that does not pass under its reason."""
    cases = ET.parse(path).getroot()
    for title, outcomes in (
        ("validation", validations(cases, known)),
        ("conversion", conversions(cases, known)),
    ):
        yield f"{title}: {sum(map(len, outcomes.values()))} cases"
        for outcome, found in sorted(outcomes.items(), key=lambda each: -len(each[1])):
            yield f"{len(found):>5}  {outcome}"
            if outcome not in ("accepted", "converted", "invalid and refused"):
                yield "         " + "  ".join(Counter(found))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path, help="UcumFunctionalTests.xml (unitsofmeasure.org)")
    root = Path(__file__).parents[1]
    for line in report(parser.parse_args().cases, dictionaries.load()):
        print(line)
