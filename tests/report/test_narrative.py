"""Every number of the results paragraph is the statistic that its link names."""

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

import polars as pl
import pytest

from remit.report.narrative import results
from remit.words.labels import Labels
from tests.figures import frames

LINK = re.compile(r'data-records="([^"]+)">(\d+)/(\d+) ')


def told(statistics: dict[str, pl.DataFrame], config: dict[str, Any], say: Labels) -> str:
    more = {"alpha": 0.05, "population": "EFFFL"}
    more |= {key: config[key] for key in ("categories", "collected")}
    spec = config["tables"] | config["report"] | more
    return " ".join(map(str, results(frames.subjects(), statistics, spec, say)))


def test_every_share_is_the_statistic_that_it_links_to(
    statistics: dict[str, pl.DataFrame], config: dict[str, Any], say: Labels
) -> None:
    found = LINK.findall(told(statistics, config, say))
    assert len(found) >= 4
    for query, count, n in found:
        table, _, keys = unescape(query).partition("?")
        named = {key: value for key, value in parse_qsl(keys) if key != "statistic"}
        row = statistics[table].filter(**named)
        assert row.select("count", "denominator").row(0) == (int(count), int(n))


@pytest.mark.parametrize("count", [0, 2])
def test_the_paragraph_counts_nobody_by_itself(
    count: int, statistics: dict[str, pl.DataFrame], config: dict[str, Any], say: Labels
) -> None:
    best = (pl.col("AVISIT") == "Best") & (pl.col("category") == "CR")
    changed = statistics["response"].with_columns(
        pl.when(best).then(count).otherwise("count").alias("count")
    )
    text = told({**statistics, "response": changed}, config, say)
    assert f"{count}/7" in text
