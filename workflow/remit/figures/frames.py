"""What several figures take from the analysis data sets, and say about them, in the same way."""

import polars as pl

from remit.words.labels import Labels
from remit.words.numbers import unit

#: Up to so many patients are named, each with a colour and a sign of its own.
NAMED = 12
#: Up to so many are drawn one by one.
SINGLE = 300


def efficacy(frame: pl.DataFrame, subjects: pl.DataFrame) -> pl.DataFrame:
    """The rows of the efficacy set (EFFFL = Y)."""
    members = subjects.filter(pl.col("EFFFL") == "Y").select("USUBJID")
    return frame.join(members, on="USUBJID", how="semi", maintain_order="left")


def named(frame: pl.DataFrame, subjects: pl.DataFrame) -> pl.DataFrame:
    """The rows with USUBJID as figures print it, the same in every figure: see `short_names`."""
    return frame.with_columns(pl.col("USUBJID").replace(short_names(subjects)))


def short_names(subjects: pl.DataFrame) -> dict[str, str]:
    """The fewest characters (at least four) after the last hyphen that tell all subjects apart.

    A name of up to eight characters stands as it is.
    """
    names = sorted(subjects["USUBJID"].to_list())
    if max(map(len, names), default=0) <= 8:
        return {name: name for name in names}
    tails = [name.rsplit("-", 1)[-1] for name in names]
    for length in range(4, max(map(len, tails)) + 1):
        short = [tail[:length] for tail in tails]
        if len(set(short)) == len(names):
            return dict(zip(names, short, strict=True))
    return {name: name for name in names}


def scheduled(visits: pl.DataFrame) -> pl.DataFrame:
    """The analysed records of planned visits: no derived last-observation rows."""
    return visits.filter(
        pl.col("ANL01FL") == "Y",
        pl.col("AVISITN").is_not_null(),
        pl.col("DTYPE").ne_missing("LOV"),
    )


def faint(patients: int) -> float:
    """Opacity of one patient's line: where many lie on each other it can be seen that they are many."""
    return max(0.12, min(1.0, NAMED / max(patients, 1)))


def every(rows: pl.DataFrame, say: Labels) -> tuple[pl.DataFrame, str]:
    """Rows in their order, no more than can be drawn one by one, and a sentence that says so.

    Of more each second is kept, or each third and so on: the first and the shape stay.
    """
    step = -(-rows.height // SINGLE)
    if step <= 1:
        return rows, ""
    return rows.gather_every(step), say("figure.every", step=step, n=rows.height)


def quartiles(rows: pl.DataFrame, *by: str) -> pl.DataFrame:
    """`low middle high n` of AVAL: the quartiles of R's type 7, for each value of `by`, in its order."""
    value = pl.col("AVAL")
    return (
        rows.group_by(by)
        .agg(
            low=value.quantile(0.25, "linear"),
            middle=value.median(),
            high=value.quantile(0.75, "linear"),
            n=pl.len(),
        )
        .sort(by)
    )


def parameter(rows: pl.DataFrame, say: Labels) -> tuple[str, str]:
    """Name and unit of the one parameter in `rows`, as print writes them."""
    if rows.is_empty():
        return "", ""
    code, given, ucum = rows.select("PARAMCD", "PARAM", "AVALU").row(0)
    name = say.of("param", code)
    return given if name == code else name, say.of("unit", unit(ucum))


def with_unit(name: str, unit: str) -> str:
    """`Serum albumin (g/L)`; the name alone where there is no unit."""
    return f"{name} ({unit})" if unit else name


def beyond(operator: str) -> pl.Expr:
    """Whether a result lies beyond a limit of quantification: `below`, `above`, or `measured`."""
    return (
        pl.when(pl.col(operator).is_in(["<", "<="]))
        .then(pl.lit("below"))
        .when(pl.col(operator).is_in([">", ">="]))
        .then(pl.lit("above"))
        .otherwise(pl.lit("measured"))
    )


def with_operator(value: str, operator: str) -> pl.Expr:
    """A result as its laboratory gave it: `<10`, `3.1`."""
    text = pl.col(value).round_sig_figs(6).cast(pl.String).str.strip_suffix(".0")
    return pl.concat_str(operator, text, ignore_nulls=True)


def visit_names(rows: pl.DataFrame, say: Labels) -> pl.Expr:
    """AVISIT in the study's language."""
    names = {visit: say.of("visit", visit) for visit in rows["AVISIT"].unique().to_list()}
    return pl.col("AVISIT").replace(names)


def definition_name(rows: pl.DataFrame, definition: str, say: Labels) -> str:
    """A response definition in the study's language; its own title (DEFN) where no label has it."""
    name = say.of("definition", definition)
    return str(rows["DEFN"][0]) if name == definition and rows.height else name


def has_han(text: str) -> bool:
    """Whether Chinese is written in it."""
    return any("\u3000" <= character <= "\u9fff" for character in text)


def sentences(*parts: str) -> str:
    """Parts as sentences on one line."""
    stop = {False: ".", True: "。"}
    return " ".join(
        part if part.endswith((".", "。")) else part + stop[has_han(part)] for part in parts if part
    )
