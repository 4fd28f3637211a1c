"""Number formats: what a spreadsheet program shows for a number."""

from decimal import Decimal

import pytest

from remit.ingest.number_formats import BUILT_IN, has_day, is_date, shown, shows_as_stored


@pytest.mark.parametrize(
    ("stored", "code", "text"),
    [
        ("0.5", "General", "0.5"),
        ("0.456", "0.0", "0.456"),
        ("-1.5", "0.0;(0.0)", "-1.5"),
        ("-1.5", '0.0;"minus "0.0', "minus 1.5"),
        ("0.5", '"<"0.0', "<0.5"),
        ("0.46", '"<"0.0', "<0.5"),
        ("5", "\\>0", ">5"),
        ("12", "00000000", "00000012"),
        ("7", '"P"000', "P007"),
        ("0", '0.0;-0.0;"neg"', "neg"),
        ("0.072", "0.0%", "7.2%"),
        ("7.2", '0.0" %"', "7.2 %"),
        ("12.50", '0.##" x"', "12.5 x"),
        ("12", '0.##" x"', "12 x"),
        ("0", '_-* #,##0_-;-* #,##0_-;_-* "-"_-;_-@_-', "0"),
        ("5", "[$€-407] 0", "€ 5"),
        ("3", '[Red][<5]"low";0', "low"),
        ("2500000", "0.0,,", None),
        ("12", "00-00", None),
        ("5", ";;;", None),
        ("1.5", "# ?/?", None),
        ("9", '[<5]"low"', None),
    ],
)
def test_a_number_is_shown_as_its_format_says(stored: str, code: str, text: str | None) -> None:
    assert shown(Decimal(stored), code) == text


@pytest.mark.parametrize(
    "code", ["General", "0", "0.00", "#,##0.00", "0.00E+00", "@", "#,##0 ;(#,##0)"]
)
def test_formats_that_only_round_or_group_leave_the_number(code: str) -> None:
    assert shows_as_stored(code)


@pytest.mark.parametrize(
    ("code", "date", "day"),
    [
        ("dd.mm.yyyy;@", True, True),
        ("[$-409]mmm yy", True, False),
        ("h:mm", True, False),
        ("[h]:mm:ss", True, False),
        ('0" d"', False, False),
        ('"day "0', False, False),
    ],
)
def test_dates_are_told_from_numbers(code: str, date: bool, day: bool) -> None:
    assert (is_date(code), has_day(code)) == (date, day)


def test_every_built_in_format_is_understood_or_a_fraction() -> None:
    odd = {
        number
        for number, code in BUILT_IN.items()
        if not is_date(code) and shown(Decimal("1.5"), code) is None
    }
    assert odd == {12, 13}
