"""Files that come packed, as ZIP or GZ: unpacked within bounds, each with a fate."""

import gzip
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import IO

from remit.ingest import content
from remit.ingest.source import SourceFile, UnreadableError

# Unpacked bytes of one archive. Text packs to a tenth of its size, bombs to a thousandth.
LARGEST = 20_000_000_000
SUSPICIOUS, TIMES = 100_000_000, 200
BLOCK = 1 << 22
# What operating systems put beside the files.
FOREIGN = (".", "~$", "__MACOSX", "Thumbs.db", "desktop.ini")


def unpacked(
    files: Sequence[SourceFile], folder: Path
) -> tuple[list[SourceFile], dict[SourceFile, str]]:
    """The files with the contents of archives in their place, and archives that cannot be unpacked.

    Args:
        files: the delivery's files.
        folder: an empty folder for what is unpacked.
    """
    found: list[SourceFile] = []
    damaged: dict[SourceFile, str] = {}
    for place, file in enumerate(files):
        if file.path.stat().st_size == 0 or content.kind(file.path) not in ("zip", "gz"):
            found.append(file)
            continue
        room = folder / str(place)
        room.mkdir()
        try:
            members = _zip(file, room) if zipfile.is_zipfile(file.path) else _gz(file, room)
            if not members:
                raise UnreadableError(f"{file.name}: the archive holds no file. Ask for it again.")
            found += members
        except UnreadableError as error:
            damaged[file] = str(error)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError):
            damaged[file] = f"{file.name}: the archive is damaged or cut short. Ask for it again."
        except (RuntimeError, NotImplementedError):
            damaged[file] = (
                f"{file.name}: the archive has a password, or is packed in a way that is not known. "
                "Ask for a plain one."
            )
    return found, damaged


def _gz(file: SourceFile, room: Path) -> list[SourceFile]:
    inner = PurePosixPath(file.name).name.removesuffix(".gz") or "content"
    with gzip.open(file.path) as packed:
        _copy(packed, room / "0", file, 0)
    return [SourceFile(f"{file.name}/{inner}", room / "0", file.sha256)]


def _zip(file: SourceFile, room: Path) -> list[SourceFile]:
    members, size = [], 0
    with zipfile.ZipFile(file.path) as archive:
        for place, part in enumerate(archive.infolist()):
            if part.is_dir() or any(
                name.startswith(FOREIGN) for name in PurePosixPath(part.filename).parts
            ):
                continue
            with archive.open(part) as packed:
                size = _copy(packed, room / str(place), file, size)
            name = f"{file.name}/{part.filename}"
            members.append(SourceFile(name, room / str(place), file.sha256))
    return members


def _copy(packed: IO[bytes] | gzip.GzipFile, path: Path, file: SourceFile, size: int) -> int:
    """Unpack to `path`; the bytes unpacked so far, `size` and these."""
    with path.open("wb") as plain:
        while block := packed.read(BLOCK):
            size += len(block)
            most = max(SUSPICIOUS, TIMES * file.path.stat().st_size)
            if size > min(LARGEST, most):
                raise UnreadableError(
                    f"{file.name}: the archive unpacks to more than {size / 1e6:.0f} MB. "
                    "Ask for the files unpacked."
                )
            plain.write(block)
    return size
