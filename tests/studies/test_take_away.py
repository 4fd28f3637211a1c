"""A few things taken away from whole studies, by chance; all of them by `make test-take-away`."""

import random

import pytest
import yaml

from tests import studies
from tests.studies import take_away
from tests.studies.conftest import Finished

SEED = random.SystemRandom().randrange(10**6)
#: So many runs of each study end well; before them, some are refused.
RUN = 1


@pytest.mark.parametrize("name", studies.HAS)
def test_a_study_runs_without_it_or_says_why_it_cannot(
    finished_study: Finished, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    print(f"seed {SEED}")
    study = finished_study(name).copy(tmp_path_factory.mktemp("taken") / name)
    config = yaml.safe_load((study / "config.yaml").read_text(encoding="utf-8"))
    chosen = list(take_away.everything(name, config))
    random.Random(SEED).shuffle(chosen)
    ended = 0
    for taken in chosen:
        end, said = take_away.tried(taken, study)
        assert end != "wrong", f"{taken.what}: {said}"
        ended += end == "runs"
        if ended == RUN:
            break
    assert ended == RUN
