"""The study's pseudonym key: made once, never logged, and missed when it is gone.

A new key in the place of a lost one would give every patient a second name, and the next extract would
look like new patients. A fingerprint of the key is therefore kept with the private results.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from hashlib import sha256
from pathlib import Path

from remit.errors import RemitError

#: SHA-256 of the key that everybody has, and the one study it may be used for.
PUBLIC_KEY = "9c8a09b0d343a30b5e5103a3b13d119cbb504238055b1b5446211937651e344d"
DEMO = "BELI-LN"


def load_key(path: Path) -> bytes:
    """Read the study's pseudonym key; create it, readable by its owner alone, when there is none.

    The file holds one line of 64 hexadecimal digits; lines that begin with `#` are comments.

    Raises:
        RemitError: the file holds anything else.
    """
    if not path.exists():
        _create(path)
    lines = path.read_text(encoding="utf-8").splitlines()
    keys = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if len(keys) != 1 or not re.fullmatch(r"[0-9a-fA-F]{64}", keys[0]):
        raise RemitError(
            f"{path}: a pseudonym key is one line of 64 hexadecimal digits. Restore the study's "
            "key from its backup; only for a study without results may the file be deleted, so "
            "that a new one is made."
        )
    return bytes.fromhex(keys[0])


def guard_key(path: Path, private: Path, studyid: str) -> None:
    """Hold the key against the one that the results in `private` were made with.

    Raises:
        RemitError: the key is lost, another one, or the demo's in another study.
    """
    fingerprint = private / "pseudonym_key.fingerprint"
    known = fingerprint.read_text(encoding="ascii").strip() if fingerprint.is_file() else None
    remedy = (
        f"Restore it from its backup. Only to give every patient a new pseudonym, delete the "
        f"results first ({private.parent}), whole."
    )
    if known and not path.exists():
        raise RemitError(f"{path}: the pseudonym key of this study is gone. {remedy}")
    key = load_key(path)
    if sha256(key).hexdigest() == PUBLIC_KEY and studyid != DEMO:
        raise RemitError(
            f"{path}: this is the demo's key, which everybody has: it hides nobody. Name another file "
            "as study.pseudonym_key; it is made if it does not exist."
        )
    found = hmac.new(key, b"remit fingerprint", sha256).hexdigest()[:16]
    if known and known != found:
        raise RemitError(f"{path}: this is not the key that the results were made with. {remedy}")
    if not known:
        private.mkdir(parents=True, exist_ok=True)
        private.chmod(0o700)
        partial = fingerprint.with_suffix(".partial")
        partial.write_text(f"{found}\n", encoding="ascii")
        partial.replace(fingerprint)


def _create(path: Path) -> None:
    """Whoever comes first makes the key; no one ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}.partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(partial, path)
    except FileExistsError:
        pass
    finally:
        partial.unlink()
