"""`remit exchange`: write `results/exchange/`, the data as other programs read them."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from remit.commands.study import Study
from remit.commands.study import arguments as of_study
from remit.machinery.write import whole, write_csv, write_text
from remit.schemas import analysis, harmonized
from remit.tables.exchange import Dataset, dataset_json, dictionary, write_transport

#: ADaM name of each analysis data set, and its model.
ADAM = {
    "subjects": ("ADSL", analysis.ADSL),
    "visits": ("ADBDS", analysis.BDS),
    "responses": ("ADRS", analysis.ADRS),
    "criteria": ("ADCRIT", analysis.CRITERIA),
    "events": ("ADTTE", analysis.ADTTE),
    "adverse_events": ("ADAE", analysis.ADAE),
    "exposure": ("ADEX", analysis.ADEX),
}
VERSION = "0.1.0"


def arguments(parser: ArgumentParser) -> None:
    """The command line."""
    of_study(parser)


def run(given: Namespace) -> int:
    """Write every data set as XPT and Dataset-JSON, and the data dictionary."""
    study = Study.of(given)
    folder = study.results / "exchange"
    data, models = study.data(), {}
    sdtm = {name: (name.upper(), model) for name, model in harmonized.MODELS.items()}
    for standard, tables in (("sdtm", sdtm), ("adam", ADAM)):
        for name, (code, model) in tables.items():
            models[code] = model
            title = (model.__doc__ or "").strip().splitlines()[0].rstrip(".")
            handed = Dataset(code, title, model, data[name])
            _write(handed, folder / standard / code.lower(), study.plan["study"]["id"])
    write_csv(dictionary(models), folder / "data_dictionary.csv")
    print(f"{len(models)} data sets and the data dictionary are in {folder}")
    return 0


def _write(data: Dataset, path: Path, study: str) -> None:
    with whole(path.with_suffix(".xpt")) as partial:
        write_transport(data, partial)
    write_text(path.with_suffix(".json"), dataset_json(data, study, VERSION))
