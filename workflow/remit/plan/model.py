"""The analysis plan as types: every key of `config.yaml`, what it means, and what it is by default.

A block of which a study has nothing is None.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from remit.plan.blocks import Block, Count, Day, Days, Number, Positive, Text, wrong
from remit.plan.feeds import Feed, SubjectIds

Population = Literal["ENRLFL", "ELIGFL", "SAFFL", "EFFFL"]
Codes = list[str]
Width = Annotated[int, Field(ge=60, le=260)]
Panels = Annotated[int, Field(ge=1, le=6)]
Choice = Literal["closest", "last", "first", "mean", "worst"]
Censored = Literal["bound", "half", "zero"]
Zeros = Literal["wilcox", "pratt"]


def _parts(value: Any) -> Any:
    number = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 4096
    if not number and value != "auto":
        raise wrong(f"{value!r} is neither a number from 1 to 4096 nor `auto`")
    return value


class Study(Block):
    """What the study is and where its extracts are."""

    id: Annotated[str, Field(pattern="^[A-Za-z0-9-]+$")]
    """Study identifier (STUDYID): letters, digits and hyphens."""
    title: str = ""
    """One line that says what the study is; the identifier when left out."""
    note: str = ""
    """A remark that every page and figure carries, such as that the data are synthetic."""
    extracts: Text = "extracts"
    """The folder that holds one folder per feed."""
    pseudonym_key: Text = "private/pseudonym.key"
    """The file with the secret key of the pseudonyms. Keep it outside the repository; it is created if
    it does not exist."""
    decisions: Text | None = None
    """The CSV file in which a data manager signs what a doubtful row means, one line per cell: feed,
    delivery, row_id, column, value, initials, date, reason."""
    subject_ids: SubjectIds | None = None
    """The form of patients' numbers (SUBJID) in all feeds that do not declare their own."""
    links: Text | None = None
    """The CSV file in which a data manager signs that two numbers are one person's: SITEID, SUBJID,
    IS_SITEID, IS_SUBJID, initials, date, reason. Keep it where the pseudonym key is."""
    cutoff: Day | None = None
    """The data cut-off, as a date in quotes such as "2021-12-31". A date after it is an error of the
    extract. Left out, no date before the year 2200 is too late."""
    timezone: str | None = None
    """IANA name of the study's clock, such as Asia/Shanghai. Every instant is shown by it, and days, order
    and baseline are its; times without offset are its times where the feed has no clock of its own. Left
    out, each feed's own clock counts."""
    conflicts: Literal["hold", "first", "last", "mean"] = "hold"
    """What becomes of different results of one test and moment that no status, report time or specimen
    parts. `hold`: none is used until a person signs. `first` or `last` in the order of files and lines, or
    their `mean`: a choice of the analysis plan."""
    on_unreadable: Literal["stop", "quarantine"] = "stop"
    """What to do about a file that cannot be read at all, or a feed none of whose rows can be used: stop
    before anything is analysed, or list them as quarantined and go on without them."""
    language: Literal["en", "zh"] = "en"
    """Language of the labels in figures and tables."""
    shards: Annotated[
        Any,
        BeforeValidator(_parts),
        WithJsonSchema(
            {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 4096}, {"const": "auto"}]}
        ),
    ] = 1
    """Into how many parts the subjects are divided, so that each job holds one part in memory: a number
    from 1 to 4096, or `auto` for one part to every 128 MB of extracts. The results are the same for any
    number; a change computes them anew."""


class Eligibility(Block):
    """One criterion, judged on the last value before treatment."""

    text: Text
    """The criterion as the protocol and the flow diagram say it."""
    present: Literal["LNCLASS", "LNDXDT", "RFICDT", "WEIGHT"] | None = None
    """A column of the demographics that must hold something."""
    criterion: dict[str, Any] | None = None
    """A comparison, or all or any of several, as in a response definition."""

    @model_validator(mode="after")
    def _one(self) -> Eligibility:
        if (self.present is None) == (self.criterion is None):
            raise wrong("give either `present` or `criterion`")
        return self


class Treatment(Block):
    """What the study's treatment is, and when it begins and ends."""

    drugs: list[str] = []
    """Drugs (EXTRT in any case) that are the study's treatment; every drug of the feeds of doses when left
    out."""
    model: Literal["infusions", "continuous", "courses"] | None = None
    """`infusions`: each dose is of one day, unless the feed gives an end. `continuous`: from the first
    start to the last end, whatever the dose (tablets). `courses`: from start to end of each course,
    without the pauses between. Left out, doses are infusions, and an empty end beside others stops the
    run with a question."""
    empty_end: Literal["ongoing", "unknown"] = "ongoing"
    """What an empty end of continuous treatment or of a course means: that it went on at the last contact,
    or that it ended on an unknown day."""
    start: Literal["RFXSTDTC", "RFICDTC"] | None = None
    """Where doses are not exported: the column of the demographics in which treatment begins, the first
    day of treatment or the day of consent. It ends in RFXENDTC."""


class Safety(Block):
    """The set for safety."""

    doses: Count = 1
    """The least number of doses that a subject must have had."""


class Efficacy(Block):
    """The set for efficacy, a part of the safety set."""

    treated_more_than_days: Days = 0
    """Subjects treated for this many days (first to last dose, both counted) or fewer are left out."""
    words: str = ""
    """That limit as the flow diagram says it, such as "3 months"; the days when left out."""
    baseline_and_after: Codes = []
    """Parameters (PARAMCD) that must have been measured both before and after the first dose."""


class Subjects(Block):
    """Who is in the study, who was treated, and whom each set of subjects holds."""

    month_days: Positive = 30.4375
    """Days in a month of this study, for durations (28, or 30.4375 for calendar months)."""
    screening_days: Days = 90
    """How many days before the first dose a value may lie to judge eligibility."""
    eligibility: list[Eligibility] = []
    """Criteria that a subject must all meet; none means that everybody is eligible."""
    treatment: Treatment = Treatment()
    """What the study's treatment is, and when it begins and ends."""
    safety: Safety = Safety()
    """The set for safety."""
    efficacy: Efficacy = Efficacy()
    """The set for efficacy, a part of the safety set."""


class Baseline(Block):
    """The baseline visit and how its value is found."""

    name: Text = "Baseline"
    """Name of the visit (AVISIT)."""
    number: Number = 0
    """Its number (AVISITN)."""
    look_back: Count = 90
    """The first day that counts, in days before the first dose."""
    rule: Literal["last", "mean", "visit"] = "last"
    """`last`: the last value on or before the first dose. `mean`: of the last `records` values. `visit`:
    the value of the visit that the feed calls `visit`, on whatever day."""
    records: Count | None = None
    """How many values `rule: mean` takes."""
    visit: Text | None = None
    """The nominal visit of `rule: visit`."""


class Window(Block):
    """One planned visit."""

    name: Text
    """Name of the visit (AVISIT)."""
    number: Number
    """Its number (AVISITN)."""
    target: int
    """Target study day; the first dose is day 1."""
    low: int
    """First study day of the window."""
    high: int
    """Last study day of the window."""


class Generated(Block):
    """Visits at equal steps; windows meet half-way between two targets."""

    name: Annotated[str, Field(pattern=r"\{k\}")]
    """Name with {k} for the number, such as Month {k}."""
    every: Positive
    """Length of one step."""
    unit: Literal["days", "weeks", "months"]
    """Unit of the step; a month has 30.4375 days."""
    first: Count | None = None
    """Number of the first visit."""
    last: Count | None = None
    """Number of the last visit."""
    at: Annotated[list[Positive], Field(min_length=1)] | None = None
    """The visits, in steps after the first dose, when they are not evenly spaced."""
    half_width: Days | None = None
    """Days on each side of the target beyond which a record belongs to no visit."""

    @model_validator(mode="after")
    def _first_and_last(self) -> Generated:
        evenly = self.first is not None and self.last is not None
        if evenly == (self.at is not None) or (self.at and (self.first or self.last)):
            raise wrong(
                "give `first` and `last`, or `at` with the visits that are not evenly spaced"
            )
        return self


class Windows(Block):
    """The planned visits, declared as a table or generated."""

    gaps: Literal["allowed"] | None = None
    """Write `allowed` when days between the windows of the table may belong to no visit."""
    table: Annotated[list[Window], Field(min_length=1)] | None = None
    """One entry per visit, in the order of their days."""
    generate: Generated | None = None
    """Visits at equal steps."""

    @model_validator(mode="after")
    def _one(self) -> Windows:
        if (self.table is None) == (self.generate is None):
            raise wrong("give `table` or `generate`, one of the two")
        return self


class Rule(Block):
    """The rule of one parameter."""

    choose: Choice
    """Which record of a window is analysed."""


class End(Block):
    """A visit that copies the last record analysed."""

    name: Text
    """Name of the visit (AVISIT)."""
    number: Number
    """Its number (AVISITN)."""
    dtype: Literal["LOV"] = "LOV"
    """What DTYPE says of the copy (last observed value)."""
    days_after_last_dose: Days | None = None
    """Only records up to this many days after the last dose are looked at (end of treatment)."""
    visits: list[str] | None = None
    """Only these visits are looked at; all after baseline when left out."""


class Visits(Block):
    """Which record stands for which visit."""

    baseline: Baseline = Baseline()
    """The baseline visit and how its value is found."""
    assign: Literal["windows", "nominal"] = "windows"
    """Place records by study day or by the visit name in the feed."""
    windows: Windows
    """The planned visits, declared as a table or generated."""
    choose: Choice = "closest"
    """Which record of a window is analysed: the closest to the target day, the last, the first, the mean
    of all, or the worst value."""
    tie: Literal["earlier", "later", "better_method"] = "earlier"
    """Which of two equally good records is analysed."""
    methods: list[str] = []
    """Methods (LBMETHOD) from the best to the worst, for `tie: better_method`."""
    anchor: str | None = None
    """A PARAMCD whose record fixes the day of the visit; every other parameter takes the record closest
    to that day."""
    parameters: dict[str, Rule] = {}
    """Parameters (PARAMCD) with a rule of their own."""
    ends: list[End] = []
    """Visits that copy the last record analysed, such as the end of follow-up."""


class RangeFactors(Block):
    """Multiples of the limits of normal that count as low and high."""

    low: Positive
    """Factor of the lower limit."""
    high: Positive
    """Factor of the upper limit."""


class Egfr(Block):
    """eGFR from serum creatinine, age at sampling and sex."""

    formula: Literal["CKD-EPI 2021", "CKD-EPI 2009", "MDRD", "MDRD Chinese"] = "CKD-EPI 2021"
    """The equation, the same for the whole study."""


class RatioFromParts(Block):
    """Urine protein/creatinine ratio from both parts of one specimen, where none is reported."""

    protein: str
    """PARAMCD of urine protein in g/L."""
    creatinine: str
    """PARAMCD of urine creatinine in mmol/L."""


class Protein24h(Block):
    """24-hour urine protein from its concentration and volume, where none is reported."""

    concentration: str
    """PARAMCD of the protein concentration in g/L."""
    volume: str
    """PARAMCD of the 24-hour volume in mL."""
    volume_limits: Annotated[list[Number], Field(min_length=2, max_length=2)]
    """The least and the greatest volume of a complete collection, in mL."""


class Source(Block):
    """One source of proteinuria."""

    parameter: str
    """A PARAMCD in g/g or g/24 h."""
    methods: list[str] = []
    """Only records by one of these methods (LBMETHOD), such as a first-morning void; all when left out."""


class Proteinuria(Block):
    """Proteinuria by one method per subject (UPBEST).

    The best of the sources that was measured both at baseline and after it, so that no pair mixes
    methods. g/g and g/24 h count as the same number.
    """

    sources: Annotated[list[Source], Field(min_length=1)]
    """From the best to the worst."""
    look_back: Count = 90
    """How many days before the first dose a baseline value may lie."""


class DailyDose(Block):
    """The daily dose of a class of drugs, as that of one of them."""

    on_dates_of: str | None = None
    """PARAMCD on whose dates the dose is read; the primary parameter of the statistics when left out."""
    pulse_mg: Positive = 250
    """Courses not taken by mouth of at least this many mg a day are pulses, left out of the daily dose."""
    mean_days: Count = 1
    """The dose is the mean of this many days up to the date."""


class Derivations(Block):
    """Parameters that are derived rather than measured. What is left out is not derived."""

    range_factors: RangeFactors | None = None
    """Results are called low below `low` times the lower limit of normal and high above `high` times the
    upper one; when left out, the limits themselves count."""
    egfr: Egfr | None = None
    """eGFR from serum creatinine, age at sampling and sex."""
    upcr_from_parts: RatioFromParts | None = None
    """Urine protein/creatinine ratio from both parts of one specimen, where none is reported."""
    protein_24h: Protein24h | None = None
    """24-hour urine protein from its concentration and volume, where none is reported."""
    proteinuria: Proteinuria | None = None
    """Proteinuria by one method per subject (UPBEST)."""
    ratio_to_uln: Codes = []
    """Parameters (PARAMCD) also analysed in multiples of the upper limit of normal of each result."""
    daily_doses: dict[str, DailyDose] = {}
    """Daily doses of classes of drugs that resources/equivalents.csv or a pack has, by the parameter
    (PARAMCD) of the dose, such as `PREDDOSE`."""


class Preflare(Block):
    """Between which study days the value before the flare lies."""

    from_day: Annotated[int, Field(le=-1)]
    """The earliest study day."""
    to_day: Annotated[int, Field(le=-1)]
    """The latest study day."""


class Rescue(Block):
    """Rescue therapy."""

    drugs: list[str]
    """Drugs (CMTRT in any case) whose start is a rescue."""
    from_day: Count = 2
    """First study day on which a start counts."""


class Responses(Block):
    """Who counts as a responder, by which published definitions."""

    definitions: Codes = []
    """The definitions to evaluate, each a file in resources/definitions without .yaml; the first is the
    primary one. Without any nobody is called a responder."""
    proteinuria: Literal["UPCR", "UPCR24", "UP24", "UPBEST"] = "UPCR"
    """The parameter that stands for PROT in every definition that reads it."""
    anchor: str | None = None
    """The parameter (PARAMCD) whose record is the visit's: `components_within_days` counts from it. Left
    out, what stands for PROT where a definition reads it, else `statistics.primary`."""
    preflare: Annotated[
        Annotated[Literal["baseline"], Tag("<word>")] | Annotated[Preflare, Tag("<days>")],
        Discriminator(lambda value: "<word>" if isinstance(value, str) else "<days>"),
    ] = "baseline"
    """The value before the flare, where a definition asks for it: the last one between two study days,
    `{from_day: -730, to_day: -91}`; or `baseline`, which then stands for it, and titles say so."""
    cutoff: Day | None = None
    """Date of the data cut-off, quoted. Who left early counts as a non-responder only at visits due by
    then; when left out, at every later visit."""
    components_within_days: Days | None = None
    """Components measured more days than this before or after the visit's proteinuria do not count; all
    of the visit do when left out."""
    rescue: Rescue | None = None
    """Rescue therapy; when left out, no definition's rescue rule is applied."""


class Event(Block):
    """One event."""

    code: Annotated[str, Field(pattern="^[A-Z][A-Z0-9]{0,7}$")]
    """PARAMCD of the time: up to eight capital letters and digits."""
    title: Text
    """What it is the time to."""
    kind: Literal["response", "flare", "rise", "fall", "below", "death", "first_of"]
    """`response`: first visit with one of `categories`. `flare`: KDIGO 2012, from the first response.
    `rise`: to `factor` times baseline. `fall`: by `percent` of baseline. `below`: under `value`. `death`.
    `first_of`: the earliest of the events in `of`."""
    population: Literal["SAFFL", "EFFFL", "ENRLFL"] | None = None
    """The set of subjects; all treated when left out."""
    definition: str | None = None
    """Id of a response definition."""
    categories: Annotated[list[str], Field(min_length=1)] | None = None
    """Categories of the definition that count as the event; all that are responses when left out."""
    grade: Literal["mild", "moderate", "severe"] | None = None
    """The least grade of a flare that counts."""
    proteinuria: str | None = None
    """PARAMCD of proteinuria in g/g or g/24 h."""
    parameter: str | None = None
    """A PARAMCD."""
    factor: Annotated[float, Field(gt=1)] | None = None
    """Multiple of baseline that is reached."""
    percent: Annotated[int, Field(ge=1, le=99)] | None = None
    """Percentage of baseline that is lost."""
    value: Number | None = None
    """Limit in the parameter's unit."""
    confirm_days: Days = 0
    """The event must still hold this many days later."""
    of: list[str] | None = None
    """Codes of events listed before, of which the earliest counts."""


class Group(Block):
    """One group of events of special interest."""

    name: Text
    """Name of the group."""
    terms: list[str] = []
    """Preferred terms (AEDECOD, in any case) of the group."""
    classes: list[str] = []
    """System organ classes (AEBODSYS, in any case) of the group."""
    least_grade: Annotated[int, Field(ge=1, le=5)] | None = None
    """Only events of at least this grade; a severity that is not recorded is none."""
    serious: bool = False
    """Only serious events."""


class AdverseEvents(Block):
    """Adverse events."""

    after_last_dose_days: Days = 30
    """An event that starts up to this many days after the last dose is treatment-emergent."""
    partial_start: Literal["first_dose", "earliest"] = "first_dose"
    """What a partial start date becomes: the first dose where it can be that day, or always the earliest
    day it can be."""
    related: list[str] = ["CERTAIN", "PROBABLE", "POSSIBLE", "RELATED", "Y"]
    """Values of AEREL, in any case, that mean related to treatment. A missing value counts as related."""
    special_interest: list[Group] = []
    """Groups of events of special interest. Each has a row in the table of adverse events, whether anybody
    had one or not."""


class Exposure(Block):
    """The planned doses."""

    days: Annotated[list[Count], Field(min_length=1)]
    """Study days of the first planned doses."""
    then_every: Count
    """Days between the doses after those."""
    tolerance_days: Days = 7
    """A dose this many days early or late is on time."""
    planned_mg_per_kg: Positive | None = None
    """Planned dose in mg/kg; left out, doses are not planned by body weight."""


class Tested(Block):
    """How one parameter is tested."""

    test: Literal["paired_t", "wilcoxon", "shapiro"]
    """paired_t, wilcoxon (signed-rank), or shapiro: paired_t where the Shapiro-Wilk test of the
    differences gives p > normality_alpha and wilcoxon elsewhere. The last lets the data choose the test,
    which disturbs its error rate; name the test for a new study."""
    transform: Literal["none", "log"] = "none"
    """none tests differences; log tests log ratios and gives the geometric mean ratio."""


class Sensitivity(Block):
    """The choices under which every comparison is repeated."""

    window: list[Literal["first", "last", "mean", "locf"]] = ["first", "last", "mean"]
    """Which record of a visit window is analysed beside the planned one; `locf` fills the visits that
    have none with the last one analysed before, and adds response rates by that rule."""
    censored: list[Censored] = ["bound", "half"]
    """What a result below a limit may count as."""
    test: list[Literal["paired_t", "log_t", "wilcoxon_exact", "wilcoxon_asymptotic"]] = [
        *("paired_t", "log_t", "wilcoxon_exact", "wilcoxon_asymptotic"),
    ]
    """Tests, log_t being the t-test of log ratios."""
    zeros: list[Zeros] = ["wilcox", "pratt"]
    """Handling of zero differences."""


class Statistics(Block):
    """The analysis plan.

    What is not named here is not analysed; nothing is chosen by the data unless a test says `shapiro`.
    """

    population: Population = "EFFFL"
    """Flag of the subjects analysed for efficacy."""
    safety_population: Population = "SAFFL"
    """Flag of the subjects analysed for safety."""
    visits: Codes = []
    """The visits that are compared with baseline (AVISIT), in the order of the tables; every visit after
    baseline when left out."""
    parameters: dict[str, Tested] = {}
    """The parameters that are compared with baseline (PARAMCD), each with its test."""
    wilcoxon: Literal["exact", "asymptotic"] = "exact"
    """Which p of the signed-rank test is the plan's, exact or asymptotic (as SPSS prints it)."""
    zeros: Zeros = "wilcox"
    """Differences of zero are dropped before ranking (wilcox, as SPSS and R do) or ranked and then
    dropped (pratt)."""
    censored: Censored = "bound"
    """What a result below a limit counts as: the limit (bound), half of it, or zero. A result above a
    limit always counts as the limit."""
    normality_alpha: Annotated[float, Field(gt=0, lt=1)] = 0.05
    """Level of the Shapiro-Wilk test where a parameter's test is shapiro."""
    multiplicity: Literal["none", "holm", "bh"] = "none"
    """How p-values are adjusted within a family: not at all, Holm, or Benjamini-Hochberg."""
    family: Literal["parameter", "table"] = "parameter"
    """Which tests form a family: the visits of one parameter, or the whole table."""
    conf_level: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Confidence level of every interval; 1 - conf_level is the level of significance."""
    quantile_type: Literal[6, 7] = 7
    """How quartiles are interpolated: 7 as R and Excel, 6 as SPSS."""
    proportions: Literal["clopper_pearson", "wilson"] = "clopper_pearson"
    """Interval of a proportion."""
    covariance: Annotated[
        list[Literal["unstructured", "autoregressive", "compound_symmetry"]], Field(min_length=1)
    ] = ["unstructured", "autoregressive", "compound_symmetry"]
    """Covariance of a subject's visits in the mixed model for repeated measures. The first of the list
    that converges is used, and the report says which and why."""
    primary: str | None = None
    """The parameter whose conclusions are shown under all combinations of alternatives; the first of
    `parameters` when left out."""
    deciding_days: Days = 0
    """Values of so many days before the baseline value took part in the decision to treat, as that value
    did; where patients usually lie, and so what change to expect without any effect, is judged by older
    ones. With 0 only the baseline value decided."""
    negative_control: str | None = None
    """A parameter that treatment should not move; a change of it hints at regression to the mean or at
    drift."""
    sensitivity: Sensitivity = Sensitivity()
    """The choices under which every comparison is repeated."""


class Figure(Block):
    """A figure."""

    width: Width = 170
    """Width on the page in mm; 85 is one journal column, 170 are two."""


class Trajectories(Figure):
    """One panel per parameter with its course over the visits.

    An asterisk marks visits whose p is below 1 - statistics.conf_level.
    """

    parameters: Codes = []
    """PARAMCDs, one panel each, in this order; those of the statistics when left out."""
    statistic: Literal["mean_se", "median_iqr"] = "mean_se"
    """What the points and bars are."""
    columns: Panels = 3
    """Panels side by side."""


class Threshold(Block):
    """A horizontal line."""

    value: Positive
    """Where the line stands, in the parameter's unit."""
    label: str
    """What the line means, in a word or two."""


class PatientLines(Figure):
    """One line per patient for one parameter."""

    parameter: str | None = None
    """PARAMCD; the primary parameter when left out."""
    thresholds: list[Threshold] = []
    """Horizontal lines."""


class ResponseBars(Figure):
    """Response classes by visit in bars of 100 %."""

    definition: str | None = None
    """Id of the response definition, as in `responses.definitions`; the primary one when left out."""


class Swimmer(Figure):
    """The course of every treated patient."""

    definition: str | None = None
    """Id of the response definition; the primary one when left out."""
    flare: str | None = None
    """Code of the events section that is marked as a flare."""
    month_days: Positive | None = None
    """Days in a month of the time axis; as in `subjects` when left out."""


class Waterfall(Figure):
    """Best and last percent change of one parameter in every patient."""

    parameter: str | None = None
    """PARAMCD; the primary parameter when left out."""
    definition: str | None = None
    """Id of the response definition; the primary one when left out."""
    lines: list[Number] = []
    """Horizontal lines, in percent."""


class BeforeAfter(Figure):
    """Each patient's value before treatment and at one visit."""

    parameters: Codes = []
    """PARAMCDs, one panel each, in this order; those of the statistics when left out."""
    visit: str | None = None
    """The visit, as the visits section names it; the last planned one when left out."""
    log: Codes = []
    """PARAMCDs whose axis is logarithmic."""
    columns: Panels = 3
    """Panels side by side."""


class TimeToResponse(Figure):
    """Kaplan-Meier curves with the numbers at risk."""

    events: Annotated[Codes, Field(max_length=3)] = []
    """Codes of the events section, one curve each; the first of kind `response` when left out."""
    month_days: Positive | None = None
    """Days in a month of the time axis; as in `subjects` when left out."""


class DoseLines(Figure):
    """Daily dose of every patient with its median."""

    parameter: str | None = None
    """PARAMCD of the dose; the first of `derivations.daily_doses` when left out."""
    targets: list[Number] = []
    """Target doses, drawn as lines."""


class AdverseEventDots(Figure):
    """Patients with each adverse event."""

    least: Count = 1
    """Terms with fewer patients are left out."""


class ScoreParts(Figure):
    """What a score consists of at each visit."""

    score: str | None = None
    """PARAMCD of the score; the pack's when left out."""
    parts: Codes = []
    """PARAMCDs of its parts, which sum to it, in this order; the pack's when left out."""


class Missingness(Figure):
    """Which parameters were there at which visit."""

    parameters: Codes = []
    """PARAMCDs, one row each, in this order; those of the statistics when left out."""


class Concordance(Figure):
    """Agreement of two response definitions."""

    width: Width = 85
    """Width on the page in mm; 85 is one journal column, 170 are two."""
    definitions: Codes = []
    """Ids of two response definitions; the first two of `responses.definitions` when left out."""
    last_visit: str | None = None
    """The derived visit that copies another and is not counted again; the report's when left out."""


class SpecificationCurve(Figure):
    """One parameter's change under every choice of analysis.

    The line of p stands at 1 - statistics.conf_level.
    """

    parameter: str | None = None
    """PARAMCD; the primary parameter, which has every combination of choices, when left out."""
    visits: Codes = []
    """Visits, in this order; those of the statistics when left out."""


class ExtractChanges(Figure):
    """What each extract brought."""


class Figures(Block):
    """What each figure shows. A figure left out is not drawn; `{}` draws it as the house does."""

    trajectories: Trajectories | None = None
    """One panel per parameter with its course over the visits."""
    patient_lines: PatientLines | None = None
    """One line per patient for one parameter."""
    response_bars: ResponseBars | None = None
    """Response classes by visit in bars of 100 %."""
    swimmer: Swimmer | None = None
    """The course of every treated patient."""
    waterfall: Waterfall | None = None
    """Best and last percent change of one parameter in every patient."""
    before_after: BeforeAfter | None = None
    """Each patient's value before treatment and at one visit."""
    time_to_response: TimeToResponse | None = None
    """Kaplan-Meier curves with the numbers at risk."""
    dose_lines: DoseLines | None = None
    """Daily dose of every patient with its median."""
    adverse_event_dots: AdverseEventDots | None = None
    """Patients with each adverse event."""
    score_parts: ScoreParts | None = None
    """What a score consists of at each visit."""
    missingness: Missingness | None = None
    """Which parameters were there at which visit."""
    concordance: Concordance | None = None
    """Agreement of two response definitions."""
    specification_curve: SpecificationCurve | None = None
    """One parameter's change under every choice of analysis."""
    extract_changes: ExtractChanges | None = None
    """What each extract brought."""

    @field_validator("*", mode="before")
    @classmethod
    def _not_empty(cls, options: Any) -> Any:
        if options is None:
            raise wrong("it is empty; write {} to draw it as the house does, or leave it out")
        return options


class Tables(Block):
    """How tables are written."""

    parameters: Codes = []
    """PARAMCDs of the table of changes, in this order; those of the statistics when left out."""
    summary: Literal["mean_sd", "median_iqr"] = "mean_sd"
    """What stands for a sample, mean ± SD or median (Q1, Q3); the change follows it."""
    decimals: dict[str, Annotated[int, Field(ge=0, le=6)]] = {}
    """Decimals printed per PARAMCD; `default`, which is 1, for all others."""
    percent_decimals: Annotated[int, Field(ge=0, le=4)] = 1
    """Decimals of percentages."""


class Report(Block):
    """What the report tells."""

    parameters: Codes = []
    """PARAMCDs whose course the results paragraph tells, in this order; those of the tables when left
    out. It calls a visit different from baseline when its p is below 1 - statistics.conf_level."""
    listed_visits: Days = 3
    """Up to this many differing visits of a parameter are told with all their numbers."""
    definition: str | None = None
    """Id of the response definition the paragraph tells; the primary one when left out."""
    last_visit: str | None = None
    """The visit whose partial remissions the paragraph counts; the first of `visits.ends`, or the last
    visit, when left out."""
    patients: bool = True
    """Whether every patient has a page of their own in the report."""
    suppress_below: Annotated[int, Field(ge=2)] = 5
    """The public report hides counts below this number, and what would give them away."""


FeedName = Annotated[str, Field(pattern="^[A-Za-z0-9_]+$")]


class Plan(Block):
    """A study's configuration."""

    study: Study
    """What the study is and where its extracts are."""
    feeds: Annotated[dict[FeedName, Feed], Field(min_length=1)]
    """One entry per export. The name, of ASCII letters, digits and underscores, is also the folder of its
    files."""
    packs: list[str] | None = None
    """What Remit knows of a disease and the study needs: folders of resources/packs, such as `lupus`, with
    definitions, scores, derived parameters and words. Left out, those of which the plan names something."""
    subjects: Subjects = Subjects()
    """Who is in the study, who was treated, and whom each set of subjects holds."""
    visits: Visits
    """Which record stands for which visit."""
    derivations: Derivations = Derivations()
    """Parameters that are derived rather than measured. What is left out is not derived."""
    responses: Responses = Responses()
    """Who counts as a responder, by which published definitions."""
    events: list[Event] = []
    """Times to events, from the first dose unless the kind says otherwise."""
    adverse_events: AdverseEvents = AdverseEvents()
    """Adverse events."""
    exposure: Exposure | None = None
    """The planned doses; without them, adherence to the plan is not told."""
    statistics: Statistics = Statistics()
    """The analysis plan."""
    figures: Figures = Figures()
    """What each figure shows. A figure left out is not drawn."""
    tables: Tables = Tables()
    """How tables are written."""
    report: Report = Report()
    """What the report tells."""
