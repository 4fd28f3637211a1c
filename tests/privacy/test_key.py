import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from remit.errors import RemitError
from remit.privacy.key import guard_key, load_key


def test_the_first_run_remembers_its_key_in_a_closed_folder(tmp_path: Path) -> None:
    private = tmp_path / "results/private"
    guard_key(tmp_path / "key", private, "S")
    guard_key(tmp_path / "key", private, "S")
    assert stat.S_IMODE(private.stat().st_mode) == 0o700
    told = (private / "pseudonym_key.fingerprint").read_text().strip()
    assert told not in (tmp_path / "key").read_text()


def test_a_lost_key_is_missed_and_not_replaced(tmp_path: Path) -> None:
    guard_key(tmp_path / "key", tmp_path / "private", "S")
    (tmp_path / "key").unlink()
    with pytest.raises(RemitError, match="is gone"):
        guard_key(tmp_path / "key", tmp_path / "private", "S")
    assert not (tmp_path / "key").exists()


def test_another_key_is_refused(tmp_path: Path) -> None:
    guard_key(tmp_path / "key", tmp_path / "private", "S")
    (tmp_path / "key").write_text("0" * 64)
    with pytest.raises(RemitError, match="not the key that the results were made with"):
        guard_key(tmp_path / "key", tmp_path / "private", "S")


def test_the_key_that_everybody_has_is_for_the_demo_alone(root: Path, tmp_path: Path) -> None:
    demo = root / "resources/demo/pseudonym.key"
    guard_key(demo, tmp_path / "demo", "BELI-LN")
    with pytest.raises(RemitError, match="everybody has"):
        guard_key(demo, tmp_path / "other", "LN-2")


def test_many_who_need_a_key_at_once_get_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(load_key, [tmp_path / "key"] * 32))) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["key"]
