import os
from pathlib import Path

import pytest

from remit.errors import RemitError
from remit.machinery.deliveries import (
    FROZEN,
    Delivery,
    decisions,
    delivery_id,
    freeze,
    frozen,
    left_aside,
    refuse_lost_decisions,
    scan,
)
from remit.machinery.digests import FileDigests, sha256

FEEDS = {"lab": {"files": "*.csv"}}


def lay(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / "lab" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def test_a_delivery_is_a_file_or_a_folder_of_files(tmp_path: Path) -> None:
    lay(tmp_path, "a.csv", "march/1.csv", "march/deep/2.csv", "march/readme.txt", "notes.txt")
    found = scan(tmp_path, FEEDS, FileDigests())
    assert [(d.name, [Path(f).name for f in d.files]) for d in found] == [
        ("a.csv", ["a.csv"]),
        ("march", ["1.csv", "2.csv"]),
    ]
    assert found[0].files == {str(tmp_path / "lab/a.csv"): sha256(tmp_path / "lab/a.csv")}


@pytest.mark.parametrize(
    "name", ["东院检验 2020年07月.csv", 'it\'s, "quoted" & spaced.csv', "-x.csv"]
)
def test_the_id_is_plain_ascii_whatever_the_name(name: str) -> None:
    assert delivery_id(name).replace("-", "").isalnum()
    assert delivery_id(name).isascii()


def test_names_that_look_alike_get_different_ids() -> None:
    names = ["a b.csv", "a-b.csv", "A b.csv", "a b.CSV", "东.csv", "西.csv"]
    assert len({delivery_id(name) for name in names}) == len(names)


def test_what_office_programs_leave_behind_is_no_delivery(tmp_path: Path) -> None:
    lay(tmp_path, "~$a.csv", ".a.csv", "b.csv")
    assert [d.name for d in scan(tmp_path, FEEDS, FileDigests())] == ["b.csv"]


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(RemitError, match=r"feeds\.lab: there is no folder"):
        scan(tmp_path, FEEDS, FileDigests())


def test_a_pipe_or_a_broken_link_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    lay(tmp_path, "a.csv")
    for name, make in (("pipe.csv", os.mkfifo), ("link.csv", lambda path: path.symlink_to("/no"))):
        strange = tmp_path / "lab" / name
        make(strange)
        with pytest.raises(RemitError, match=rf"{name}' is no file: a broken link, a pipe"):
            scan(tmp_path, FEEDS, FileDigests())
        strange.unlink()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("东院.csv".encode("gb18030"), "the name is not UTF-8"),
        (b"a\nb.csv", "braces or line breaks"),
        (b"{feed}.csv", "braces or line breaks"),
    ],
)
def test_a_name_that_cannot_be_carried_is_refused_with_the_remedy(
    tmp_path: Path, name: bytes, said: str
) -> None:
    lay(tmp_path, "march/a.csv")
    (tmp_path / "lab/march" / os.fsdecode(name)).write_text("")
    with pytest.raises(RemitError, match=f"lab/march.*{said}.*Rename it"):
        scan(tmp_path, FEEDS, FileDigests())


def test_what_is_frozen_is_what_a_later_process_sees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FROZEN, "")
    lay(tmp_path, "东.csv")
    found = scan(tmp_path, FEEDS, FileDigests())
    freeze(found, tmp_path)
    assert frozen() == found


def test_without_a_frozen_list_a_process_must_look_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FROZEN, raising=False)
    assert frozen() is None


def signed(folder: Path, *row_ids: str) -> str:
    path = folder / "decisions.csv"
    lines = [
        f"lab,{n},{row_id},SUBJID,84502197,AB,2021-01-05,asked" for n, row_id in enumerate(row_ids)
    ]
    header = "feed,delivery,row_id,column,value,initials,date,reason"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return str(path)


def test_decisions_are_known_by_the_content_of_their_file_and_travel_as_a_digest(
    tmp_path: Path,
) -> None:
    path = signed(tmp_path, "a31c07-0123456789ab:4", "a31c07-fedcba987654.2:7.1")
    one = Delivery("lab", "renamed", "renamed.csv", {"x": "0123456789ab" + "0" * 52})
    both = {"x": "0123456789ab" + "0" * 52, "y": "fedcba987654" + "0" * 52}
    told = decisions(path, one)
    assert told
    assert "84502197" not in told
    assert told != decisions(path, Delivery("lab", "d", "d", both))
    assert decisions(path, Delivery("other", "d", "d", both)) is None
    assert decisions(None, one) is None


def test_a_decision_without_its_file_stops_the_run_by_its_line(tmp_path: Path) -> None:
    path = signed(tmp_path, "a31c07-0123456789ab:4", "a31c07-fedcba987654:7")
    one = Delivery("lab", "d", "d", {"x": "0123456789ab" + "0" * 52})
    with pytest.raises(RemitError, match=r"decisions\.csv, line 3") as error:
        refuse_lost_decisions(path, [one])
    assert "84502197" not in str(error.value)
    refuse_lost_decisions(None, [one])


def test_a_suffix_fits_whatever_its_case_and_accents_however_composed(tmp_path: Path) -> None:
    lay(tmp_path, "WEST 2021-07.CSV", "Gro\u0308\u00dfe.csv")
    found = scan(tmp_path, {"lab": {"files": "*.csv"}}, FileDigests())
    assert {delivery.name for delivery in found} == {"WEST 2021-07.CSV", "Gro\u0308\u00dfe.csv"}
    (one,) = scan(tmp_path, {"lab": {"files": "gr\u00f6\u00df*"}}, FileDigests())
    assert one.id == delivery_id("Gr\u00f6\u00dfe.csv")


def test_one_name_composed_in_two_ways_is_refused(tmp_path: Path) -> None:
    lay(tmp_path, "Gro\u0308\u00dfe.csv", "Gr\u00f6\u00dfe.csv")
    with pytest.raises(RemitError, match="stands there twice"):
        scan(tmp_path, FEEDS, FileDigests())


def test_links_are_followed_and_never_in_a_circle(tmp_path: Path) -> None:
    lay(tmp_path, "march/1.csv")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "2.csv").write_text("x")
    (tmp_path / "lab/april").symlink_to(elsewhere)
    (tmp_path / "lab/march/more").symlink_to(elsewhere)
    (tmp_path / "lab/march/again").symlink_to(tmp_path / "lab/march")
    found = scan(tmp_path, FEEDS, FileDigests())
    assert [(d.name, [Path(f).name for f in d.files]) for d in found] == [
        ("april", ["2.csv"]),
        ("march", ["1.csv", "2.csv"]),
    ]


def test_what_no_feed_reads_is_listed_with_the_reason(tmp_path: Path) -> None:
    lay(tmp_path, "a.csv", "notes.txt", ".hidden.csv", "~$a.csv", "march/1.csv", "march/Thumbs.db")
    (tmp_path / "lab/empty").mkdir()
    listed = left_aside(tmp_path, FEEDS)
    assert [(entry["source_file"], entry["message"]) for entry in listed] == [
        (".hidden.csv", "hidden, or put there by a program"),
        ("empty", "there is no file in it"),
        ("march/Thumbs.db", "hidden, or put there by a program"),
        ("notes.txt", "its name does not fit the feed's `files`: *.csv"),
        ("~$a.csv", "hidden, or put there by a program"),
    ]


def test_a_file_that_another_feed_of_the_folder_reads_is_not_left_aside(tmp_path: Path) -> None:
    lay(tmp_path, "a.csv", "a.xlsx", "a.txt")
    feeds = {"lab": {"files": "*.csv"}, "vitals": {"files": "*.xlsx", "from": "lab"}}
    assert [entry["source_file"] for entry in left_aside(tmp_path, feeds)] == ["a.txt"]


@pytest.mark.parametrize("name", ["a\x1b[2J.csv", "a\u202e.csv", "a\n.csv"])
def test_a_name_that_a_terminal_would_obey_is_refused(tmp_path: Path, name: str) -> None:
    lay(tmp_path, name)
    with pytest.raises(RemitError, match="control characters"):
        scan(tmp_path, FEEDS, FileDigests())
