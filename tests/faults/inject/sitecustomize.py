"""Break a job at one exact moment. Python imports this by its name when its folder is on PYTHONPATH.

REMIT_FAULT is a JSON object: `script` (whose process breaks; "snakemake" for the main process), `at`
(an audit event), `of` (what an argument of the event holds), `n` (which such event, from 1) and `do`.
"""

import contextlib
import json
import os
import signal
import sys

#: What the system answers when a write fails.
ERRORS = {"full disk": 28, "read-only": 30, "input/output error": 5, "quota": 122, "no access": 13}


def _mine(script: str) -> bool:
    with open("/proc/self/cmdline", "rb") as file:
        arguments = file.read().decode(errors="replace").split("\0")
    if script == "snakemake":
        return any(a.endswith("bin/snakemake") for a in arguments[:2]) and "--mode" not in arguments
    return any(argument.endswith(f".{script}.py") for argument in arguments)


def _install(fault: dict) -> None:
    state = {"seen": 0, "armed": False, "inside": False}

    def act() -> None:
        do = fault["do"]
        with open(fault["mark"], "a") as mark:
            mark.write("x")
        if do in ERRORS:
            raise OSError(ERRORS[do], os.strerror(ERRORS[do]))
        if do.startswith("edit:"):
            with open(do.removeprefix("edit:"), "ab") as file:
                file.write(b"\n")
            return
        if do == "kill all":
            os.killpg(0, signal.SIGKILL)
        if do == "kill run":  # the job goes on without its Snakemake
            os.kill(int(os.environ["REMIT_FAULT_RUN"]), signal.SIGKILL)
            return
        if do in ("kill", "interrupt", "terminate"):
            name = {"kill": "SIGKILL", "interrupt": "SIGINT", "terminate": "SIGTERM"}[do]
            os.kill(os.getpid(), getattr(signal, name))

    def hook(event: str, arguments: tuple) -> None:
        if state["inside"]:
            return
        state["inside"] = True
        try:
            if state["armed"]:
                state["armed"] = False
                act()
            elif event == fault["at"] and fault["of"] in str(arguments):
                state["seen"] += 1
                if state["seen"] == fault["n"]:
                    if fault.get("half"):
                        with contextlib.suppress(OSError):
                            os.truncate(arguments[0], os.path.getsize(arguments[0]) // 2)
                    if fault.get("after"):
                        state["armed"] = True
                    else:
                        act()
        finally:
            state["inside"] = False

    sys.addaudithook(hook)


if "REMIT_FAULT" in os.environ:
    _fault = json.loads(os.environ["REMIT_FAULT"])
    # The main process is the first Python of the run; its children learn its number.
    if _mine("snakemake"):
        os.environ["REMIT_FAULT_RUN"] = str(os.getpid())
    if _mine(_fault["script"]):
        _install(_fault)
