"""The dictionaries a data manager keeps in `resources/`: read, checked and indexed in one place."""

import csv
import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache, cached_property
from pathlib import Path

import polars as pl

from remit import roots
from remit.errors import RemitError
from remit.plan import resources

NUMBERS = [
    "molar_mass", "decimals", "soft_lo", "soft_hi", "hard_lo", "hard_hi",
    "ref_f_lo", "ref_f_hi", "ref_m_lo", "ref_m_hi",
]  # fmt: skip
COLUMNS = {
    "analytes": [
        "LBTESTCD", "LBTEST", "LBTEST_ZH", "LBLOINC", "loinc_also", "LBSPEC", "results", "unit",
        "unit_print", *NUMBERS, "better", "synonyms", "synonyms_in_specimen", "source",
    ],
    "units": ["spelling", "ucum", "source"],
    "unit_words": ["pattern", "replacement", "source"],
    "ucum": ["ucum", "quantity", "scale", "source"],
    "conversions": ["LBTESTCD", "from_unit", "to_unit", "factor", "offset", "source"],
    "results": ["spelling", "type", "standard", "source"],
    "names": ["LBTESTCD", "language", "names", "names_in_specimen", "source"],
    "codes": ["column", "word", "code", "source"],
    "questionnaires": [
        "questionnaire", "item", "QSTESTCD", "QSTEST", "weight", "scores", "domain", "synonyms",
        "source",
    ],
}  # fmt: skip
#: What results an analyte has whose row does not say.
NUMBER = "number"
RESULT_TYPES = {"number", "range", "titre", "ordinal"}
# Normalization would make 109 of 10⁹.
RAISED = re.compile("[⁺⁻]?[⁰¹²³⁴-⁹]+")
BLOOD_WORDS = (
    *("blood", "serum", "plasma", "血", "bld", "blut", "sang", "sérum", "suero", "siero"),
)
URINE_WORDS = ("urin", "尿", "orina", "harn")


@dataclass(frozen=True)
class Spellings:
    """Folded spellings of operators and ordinals, each to its standard form; remarks say nothing.

    `is_unit` tells whether what stands behind a number is a unit that the dictionaries know.
    """

    operators: dict[str, str]
    ordinals: dict[str, str]
    remarks: frozenset[str] = frozenset()
    operators_behind: dict[str, str] = field(default_factory=dict)
    is_unit: Callable[[str], bool] = field(default=lambda _: False)

    @cached_property
    def operator(self) -> re.Pattern[str]:
        """An operator at the begin of a folded text; a word ends where its letters end."""
        longest_first = sorted(self.operators, key=len, reverse=True)
        words = "|".join(re.escape(word) + r"(?![a-z])" for word in longest_first)
        return re.compile(words or r"(?!)")

    @cached_property
    def operator_at_end(self) -> re.Pattern[str]:
        """An operator at the end of a folded text."""
        longest_first = sorted(self.operators, key=len, reverse=True)
        words = "|".join(r"(?<![a-z])" + re.escape(word) for word in longest_first)
        return re.compile(rf"(?:{words or '(?!)'})\s*$")


NO_SPELLINGS = Spellings({}, {})


@dataclass(frozen=True)
class Dictionaries:
    """The dictionaries as frames of text, one column per column of the CSV, empty cells null.

    `analytes` has its numbers typed (f64). The look-ups below are made on first use.
    """

    analytes: pl.DataFrame
    units: pl.DataFrame
    unit_words: pl.DataFrame
    ucum: pl.DataFrame
    conversions: pl.DataFrame
    results: pl.DataFrame
    names: pl.DataFrame
    codes: pl.DataFrame
    questionnaires: pl.DataFrame

    @cached_property
    def spellings(self) -> Spellings:
        """How laboratories write operators and ordinals, and what they remark beside a titre."""
        read = self.results.select("spelling", "type", "standard").iter_rows()
        rows = [(folded(spelling), kind, standard) for spelling, kind, standard in read]
        operators = {spelling: standard for spelling, kind, standard in rows if kind == "operator"}
        ordinals = {spelling: standard for spelling, kind, standard in rows if kind == "ordinal"}
        remarks = frozenset(spelling for spelling, kind, _ in rows if kind == "remark")
        behind = {text: standard for text, kind, standard in rows if kind == "operator behind"}
        return Spellings(
            operators, ordinals, remarks, behind, lambda text: bool(self.units_of(text))
        )

    @cached_property
    def code_words(self) -> dict[str, dict[str, str]]:
        """Column to the folded words that usually stand for its codes, each to the code."""
        found: dict[str, dict[str, str]] = {}
        for column, word, code in self.codes.select("column", "word", "code").iter_rows():
            found.setdefault(column, {})[folded(word)] = code
        return found

    @cached_property
    def unit_spellings(self) -> dict[str, str]:
        """Squeezed spelling to UCUM code."""
        return {
            squeezed(spelling): code
            for spelling, code in self.units.select("spelling", "ucum").iter_rows()
        }

    @cached_property
    def folded_unit_spellings(self) -> dict[str, set[str]]:
        """Squeezed spelling without regard to case to all that its cases mean."""
        codes: dict[str, set[str]] = {}
        for spelling, code in self.unit_spellings.items():
            codes.setdefault(spelling.casefold(), set()).add(code)
        return codes

    @cached_property
    def quantities(self) -> dict[str, tuple[str, Fraction]]:
        """UCUM code to its quantity and its exact size in the quantity's base unit."""
        rows = self.ucum.select("ucum", "quantity", "scale").iter_rows()
        return {code: (quantity, Fraction(scale)) for code, quantity, scale in rows}

    @cached_property
    def stated_conversions(self) -> dict[str, list[tuple[str, str, tuple[Fraction, Fraction]]]]:
        """Analyte to the conversions stated for it: from, to, and factor and offset."""
        stated: dict[str, list[tuple[str, str, tuple[Fraction, Fraction]]]] = {}
        for row in self.conversions.iter_rows(named=True):
            numbers = Fraction(row["factor"]), Fraction(row["offset"] or 0)
            stated.setdefault(row["LBTESTCD"], []).append(
                (row["from_unit"], row["to_unit"], numbers)
            )
        return stated

    @cached_property
    def tests(self) -> dict[tuple[str, str | None], str]:
        """(test name or LOINC, specimen family or None when that is not told) to analyte."""
        found: dict[tuple[str, str | None], str] = {}
        elsewhere: dict[str, list[str]] = {}
        inside: dict[str, list[str]] = {}
        for row in self.names.iter_rows(named=True):
            elsewhere.setdefault(row["LBTESTCD"], []).extend(_several(row["names"]))
            inside.setdefault(row["LBTESTCD"], []).extend(_several(row["names_in_specimen"]))
        for row in self.analytes.iter_rows(named=True):
            code, family = row["LBTESTCD"], specimen_family(row["LBSPEC"])
            alone = [
                code,
                *filter(None, (row["LBTEST"], row["LBTEST_ZH"])),
                *_several(row["LBLOINC"]),
                *_several(row["loinc_also"]),
            ]
            for name in [*alone, *_several(row["synonyms"]), *elsewhere.get(code, [])]:
                for specimen in (None, family):
                    _enter(found, (folded(name), specimen), code)
            for name in [*_several(row["synonyms_in_specimen"]), *inside.get(code, [])]:
                _enter(found, (folded(name), family), code)
        return found

    @cached_property
    def of_any_specimen(self) -> frozenset[str]:
        """The analytes whose row tells no specimen."""
        return frozenset(self.analytes.filter(pl.col("LBSPEC").is_null())["LBTESTCD"])

    @cached_property
    def loinc_codes(self) -> frozenset[str]:
        """The LOINC codes that the dictionary knows."""
        rows = self.analytes.select("LBLOINC", "loinc_also").iter_rows()
        return frozenset(
            folded(code) for cells in rows for cell in cells for code in _several(cell)
        )

    @cached_property
    def items(self) -> dict[str, dict[str, str | None]]:
        """Name of a questionnaire's item to its row."""
        found: dict[str, dict[str, str | None]] = {}
        for row in self.questionnaires.iter_rows(named=True):
            for name in (row["QSTESTCD"], row["QSTEST"], *_several(row["synonyms"])):
                if found.setdefault(folded(name), row) is not row:
                    raise RemitError(
                        f"resources/questionnaires.csv: {name!r} names both "
                        f"{found[folded(name)]['QSTESTCD']} and {row['QSTESTCD']}. Keep it in one."
                    )
        return found

    def analyte(self, test: str | None, loinc: str | None, specimen: str | None) -> str | None:
        """The analyte a feed's test is, or None: the LOINC code decides where it is known, else the name.

        A name that does not tell the specimen counts only with it; a specimen that contradicts the
        analyte's counts against it; an analyte whose row tells no specimen is of any.
        """
        family = specimen_family(specimen)
        if loinc is not None and folded(loinc) in self.loinc_codes:
            return self.tests.get((folded(loinc), family))
        if test is None:
            return None
        anywhere = self.tests.get((folded(test), None))
        alone = anywhere if anywhere in self.of_any_specimen else None
        return self.tests.get((folded(test), family), alone)

    def contradicted(self, test: str | None, loinc: str | None, specimen: str | None) -> str | None:
        """The analyte that a test's name says where its LOINC code, which decides, says another one.

        A code may say more than the name: a strip, a percentage, a collection over 24 hours.
        """
        by_code = self.analyte(None, loinc, specimen)
        if by_code is None or test is None:
            return None
        told = self.families if specimen is None else [specimen_family(specimen)]
        named = [code for family in told if (code := self.tests.get((folded(test), family)))]
        stems = {self.stems[code] for code in named}
        return None if not named or self.stems[by_code] in stems else named[0]

    @cached_property
    def families(self) -> list[str | None]:
        """Every specimen family of the analytes, and None, which stands for one that is not told."""
        known = {specimen_family(specimen) for specimen in self.analytes["LBSPEC"]}
        return [None, *sorted(family for family in known if family)]

    @cached_property
    def stems(self) -> dict[str, str]:
        """What each analyte is of, without how it is told: the head of its name."""
        rows = self.analytes.select("LBTESTCD", "LBTEST").iter_rows()
        return {code: folded(re.split(r"[,/(]| by ", label)[0]) for code, label in rows}

    def nearest(self, test: str, domain: str = "lb", count: int = 3) -> list[str]:
        """Entries of the dictionary that resemble an unknown test, nearest first: for a person.

        Each is its code with the nearest name in brackets, and with the specimen where the name
        counts only with it. A LOINC code resembles nothing: its digits have no meaning. Neither does
        an abbreviation: with another letter it is another test. Short names must be more alike.

        Args:
            test: the test's name as the feed has it.
            domain: lb for analytes, qs for items of questionnaires.
            count: how many at most.
        """
        wanted = folded(test)
        if loinc_valid(test):
            return []
        alike = 0.6 if len(wanted) > 7 else 1.0 if wanted.isascii() and len(wanted) < 5 else 0.8
        names = self.names_of_items if domain == "qs" else self.names_of_analytes
        found: dict[str, str] = {}
        for name in difflib.get_close_matches(wanted, names, 4 * count, alike):
            for code, condition in names[name]:
                found.setdefault(code, f"{code} ({name}{condition})")
        return list(found.values())[:count]

    @cached_property
    def names_of_analytes(self) -> dict[str, list[tuple[str, str]]]:
        """Folded name of a test to its analytes, each with the condition on which it is one."""
        named: dict[str, list[tuple[str, str]]] = {}
        for (name, specimen), code in self.tests.items():
            if specimen is None:
                named[name] = [(code, "")]
            elif (name, None) not in self.tests:
                named.setdefault(name, []).append((code, f", when LBSPEC is {specimen}"))
        return named

    @cached_property
    def names_of_items(self) -> dict[str, list[tuple[str, str]]]:
        """Folded name of a questionnaire's item to the item, which has no condition."""
        return {name: [(row["QSTESTCD"] or "", "")] for name, row in self.items.items()}

    def unit(self, spelling: str | None) -> str | None:
        """The UCUM code of a unit as a laboratory writes it, or None."""
        return next(iter(self.units_of(spelling)), None)

    def units_of(self, spelling: str | None) -> list[str]:
        """The UCUM codes that a unit as a laboratory writes it can be, the likelier first.

        Two only where a laboratory that writes capitals alone may mean the smaller letter: G/L is
        giga per litre, of albumin it is grams. A spelling that `units.csv` lacks is put into its
        words by `unit_words.csv`.
        """
        if spelling is None:
            return []
        plain = squeezed(spelling)
        for text in (plain, self._in_usual_words(plain)):
            exact = self.unit_spellings.get(text)
            fold = self.folded_unit_spellings.get(text.casefold(), set())
            if exact is not None:
                return [exact, *sorted(fold - {exact} if text.isupper() else ())]
            if len(fold) == 1:
                return [*fold]
        return []

    def _in_usual_words(self, plain: str) -> str:
        for pattern, replacement in self._unit_words:
            plain = pattern.sub(replacement, plain)
        return plain

    @cached_property
    def _unit_words(self) -> list[tuple[re.Pattern[str], str]]:
        rows = self.unit_words.select("pattern", "replacement").iter_rows()
        return [(re.compile(pattern), replacement or "") for pattern, replacement in rows]


def load(folders: Sequence[Path] | None = None) -> Dictionaries:
    """Read and check every dictionary, Remit's with what the study's `resources/` adds or replaces.

    Raises:
        RemitError: all findings at once, each with file, line and remedy.
    """
    folders = roots.resources() if folders is None else folders
    frames = {name: _merged(name, columns, folders) for name, columns in COLUMNS.items()}
    folder = folders[-1]
    _refuse(folder, _numbers(frames["analytes"]))
    frames["analytes"] = frames["analytes"].with_columns(pl.col(NUMBERS).cast(pl.Float64))
    # An analyte needs its code, name and unit; what else is not said is that of most.
    filled = pl.col("results").fill_null(NUMBER)
    frames["analytes"] = frames["analytes"].with_columns(filled)
    dictionaries = Dictionaries(**frames)
    _refuse(folder, [*_unique(dictionaries), *_consistent(dictionaries)])
    # Made now so that a name of two analytes or items is found before any data is read.
    _ = dictionaries.tests, dictionaries.items
    return dictionaries


@cache
def loaded() -> Dictionaries:
    """`load()` once in a process."""
    return load()


DECISIONS = ["feed", "delivery", "row_id", "column", "value", "initials", "date", "reason"]


def load_decisions(path: Path) -> pl.DataFrame:
    """Read the signed decisions about doubtful rows: the columns of `DECISIONS`, as text.

    A line puts `value` in place of what the source says in `column` (our name) of the row `row_id`
    of the quarantine, on the word of the person who signed it. An empty `value` empties the cell.

    Raises:
        RemitError: a line is not signed with initials, date and reason, or one cell is decided twice.
    """
    decisions = _read(path, DECISIONS)
    for line, row in enumerate(decisions.iter_rows(named=True), 2):
        lacking = [name for name in DECISIONS if name != "value" and row[name] is None]
        if lacking:
            raise RemitError(
                f"{path}, line {line}: {', '.join(lacking)} is missing. A decision counts only when "
                "it names its row and column and is signed with initials, date and reason."
            )
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", row["date"]):
            raise RemitError(f"{path}, line {line}: write the date {row['date']!r} as 2021-12-31.")
    twice = decisions.filter(pl.struct("row_id", "column").is_duplicated())
    if twice.height:
        row_id, column = twice.select("row_id", "column").row(0)
        raise RemitError(f"{path}: {column} of row {row_id} is decided twice. Keep one line.")
    return decisions


def loinc_valid(code: str) -> bool:
    """Whether a LOINC code has the form 1234-5 and the check digit that its number asks for.

    Mod 10 as LOINC's users' guide has it: the digits in the odd places from the right, read as one
    number and doubled, and the others are summed digit by digit.
    """
    number, _, check = code.strip().partition("-")
    if not (number.isascii() and number.isdigit() and len(check) == 1 and check.isdigit()):
        return False
    backwards = number[::-1]
    total = sum(map(int, str(2 * int(backwards[::2])))) + sum(map(int, backwards[1::2]))
    return (10 - total % 10) % 10 == int(check)


def specimen_family(specimen: str | None) -> str | None:
    """BLOOD, URINE or URINE 24H: what tells apart analytes of the same name; else as written."""
    if specimen is None:
        return None
    plain = folded(specimen)
    if any(word in plain for word in URINE_WORDS):
        return "URINE 24H" if "24" in plain else "URINE"
    return "BLOOD" if any(word in plain for word in BLOOD_WORDS) else plain


def folded(text: str) -> str:
    """A name for comparison: NFKC, single spaces, no case."""
    return " ".join(unicodedata.normalize("NFKC", text).split()).casefold()


def squeezed(text: str) -> str:
    """A unit for comparison: NFKC with raised digits as powers, no spaces, one sort of micro sign."""
    powers = RAISED.sub(lambda power: "^" + power[0], text)
    return "".join(unicodedata.normalize("NFKC", powers).split()).replace("μ", "u")


def _several(cell: str | None) -> list[str]:
    return [part.strip() for part in (cell or "").split(";") if part.strip()]


def _enter(
    found: dict[tuple[str, str | None], str], key: tuple[str, str | None], code: str
) -> None:
    if found.setdefault(key, code) != code:
        raise RemitError(
            f"resources/analytes.csv: {key[0]!r} is a name of both {found[key]} and {code}. "
            "Keep it in one of them, or put it into synonyms_in_specimen."
        )


def _merged(name: str, columns: list[str], folders: Sequence[Path]) -> pl.DataFrame:
    files = resources.files(name, folders)
    if len(files) < 2:
        return _read(files[0] if files else folders[0] / f"{name}.csv", columns)
    rows = [row.cells for row in resources.rows(name, folders)]
    cells = [[row[column].strip() or None for column in columns] for row in rows]
    return pl.DataFrame(cells, schema=dict.fromkeys(columns, pl.String), orient="row")


def _read(path: Path, columns: list[str]) -> pl.DataFrame:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise RemitError(f"{path}: the dictionary is missing. Restore it.") from None
    except UnicodeDecodeError as error:
        raise RemitError(f"{path}: byte {error.start} is not UTF-8. Save it as UTF-8.") from None
    rows = list(csv.reader(text.splitlines()))
    if not rows or rows[0] != columns:
        lacking = [column for column in columns if column not in (rows[0] if rows else [])]
        raise RemitError(
            f"{path}, line 1: the columns must be {', '.join(columns)}"
            + (f"; {', '.join(lacking)} is missing." if lacking else ", in this order.")
        )
    for number, row in enumerate(rows, 1):
        if row and len(row) != len(columns):
            raise RemitError(
                f"{path}, line {number}: {len(row)} fields instead of {len(columns)}. "
                "A comma inside a text needs quotes around the text."
            )
    return pl.DataFrame(
        [[cell.strip() or None for cell in row] for row in rows[1:] if row],
        schema=dict.fromkeys(columns, pl.String),
        orient="row",
    )


def _numbers(analytes: pl.DataFrame) -> Iterator[str]:
    for column in NUMBERS:
        unread = pl.col(column).cast(pl.Float64, strict=False).is_null()
        bad = analytes.filter(pl.col(column).is_not_null() & unread)
        for code, text in bad.select("LBTESTCD", column).iter_rows():
            yield f"analytes.csv: {code}: {column} {text!r} is no number"


def _unique(dictionaries: Dictionaries) -> Iterator[str]:
    keys: list[tuple[str, str, Callable[[str], str]]] = [
        ("analytes", "LBTESTCD", str),
        ("units", "spelling", squeezed),
        ("unit_words", "pattern", str),
        ("ucum", "ucum", str),
        ("results", "spelling", folded),
        ("questionnaires", "QSTESTCD", str),
    ]
    for name, column, plain in keys:
        seen: dict[str, str] = {}
        for line, value in enumerate(getattr(dictionaries, name)[column], 2):
            place = f"{name}.csv, line {line}"
            if value is None:
                yield f"{place}: {column} is empty"
            elif seen.setdefault(plain(value), value) is not value:
                yield f"{place}: {value!r} stands there already as {seen[plain(value)]!r}"


def _consistent(dictionaries: Dictionaries) -> Iterator[str]:
    known = dictionaries.quantities
    for row in dictionaries.analytes.iter_rows(named=True):
        place = f"analytes.csv: {row['LBTESTCD']}"
        for code in [*_several(row["LBLOINC"]), *_several(row["loinc_also"])]:
            if not loinc_valid(code):
                yield f"{place}: {code!r} is no LOINC code (check digit)"
        if row["unit"] is not None and row["unit"] not in known:
            yield f"{place}: the unit {row['unit']!r} is not in ucum.csv"
        if row["LBTEST"] is None:
            yield f"{place}: LBTEST, the name, is missing"
        if row["unit"] is None and row["results"] == NUMBER:
            yield f"{place}: unit is missing; write it in UCUM, or 1 for a pure number"
        if set(row["results"].split()) - RESULT_TYPES:
            yield f"{place}: results must be of {', '.join(sorted(RESULT_TYPES))}"
        if len(row["LBTESTCD"]) > 8:
            yield f"{place}: a test code has at most 8 characters"
    for spelling, code in dictionaries.units.select("spelling", "ucum").iter_rows():
        if code not in known:
            yield f"units.csv: {spelling!r}: {code!r} is not in ucum.csv"
    for pattern in dictionaries.unit_words["pattern"]:
        try:
            re.compile(pattern)
        except re.error as error:
            yield f"unit_words.csv: {pattern!r} is no regular expression: {error}"
    analytes = set(dictionaries.analytes["LBTESTCD"])
    for row in dictionaries.conversions.iter_rows(named=True):
        if row["LBTESTCD"] not in analytes:
            yield f"conversions.csv: {row['LBTESTCD']!r} is not in analytes.csv"
        for unit in {row["from_unit"], row["to_unit"]} - set(known):
            yield f"conversions.csv: {row['LBTESTCD']}: {unit!r} is not in ucum.csv"
    for code in dictionaries.names["LBTESTCD"].unique(maintain_order=True):
        if code not in analytes:
            yield f"names.csv: {code!r} is not in analytes.csv"
    for spelling, kind in dictionaries.results.select("spelling", "type").iter_rows():
        if kind not in ("operator", "operator behind", "ordinal", "remark"):
            yield f"results.csv: {spelling!r}: type is operator (behind), ordinal or remark"


def _refuse(folder: Path, findings: Iterable[str]) -> None:
    listed = [f"  - {finding}" for finding in findings]
    if listed:
        raise RemitError("\n".join([f"The dictionaries in {folder} cannot be used:", *listed]))
