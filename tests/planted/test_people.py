"""Nobody is merged, nobody is moved, no strip becomes a quantity: on three seeds, of every kind."""

from pathlib import Path

import pytest

from tests.planted.people import score


@pytest.mark.parametrize("seed", [70_101, 70_102, 70_103])
def test_every_planted_doubt_about_a_person_is_found_and_nobody_else_is_doubted(
    seed: int, tmp_path: Path
) -> None:
    found = score(seed, tmp_path)
    assert len(found) >= 8
    assert {kind: n for kind, n in found.items() if n[0] != n[1] or n[2]} == {}
