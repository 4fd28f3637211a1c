"""A one-node Slurm in a folder of its own, for machines without systemd.

munged, MariaDB, slurmdbd, slurmctld and slurmd run as root on loopback, on ports that were free, and
keep every file below one folder. A daemon is stopped by the process id that was noted when it was
started, and only while that process still carries the folder in its environment.

By hand: `python -m tests.cluster.slurm start FOLDER`, then `. FOLDER/environment`; `... stop FOLDER`.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

# The account and partition that profiles/slurm names. Neither is Slurm's default here, so a job
# that ran at all was submitted with what the profile says.
ACCOUNT = "remit"
PARTITION = "short"
NODE = "node1"

# In the order they start; they stop in the reverse order.
DAEMONS = ["munged", "mariadbd", "slurmdbd", "slurmctld", "slurmd"]
MARK = "REMIT_TEST_CLUSTER"
PATIENCE = 60  # seconds a daemon may take to answer, or to end

SLURM_CONF = """\
ClusterName=remit
SlurmctldHost={hostname}(127.0.0.1)
SlurmctldPort={slurmctld_port}
SlurmdPort={slurmd_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/slurmctld
SlurmdSpoolDir={folder}/slurmd
SlurmctldPidFile={folder}/slurmctld.own.pid
SlurmdPidFile={folder}/slurmd.own.pid
MailProg=/bin/true
# Listen on loopback alone.
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
MpiDefault=none

# What works without systemd and without the control groups that it would set up.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/linux
# Nothing else can hold a job to its memory here: sample it, and end a job that exceeds it.
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill

SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=2,sched_interval=2,batch_sched_delay=0
KillWait=2
ReturnToService=2

AccountingStorageType=accounting_storage/slurmdbd
AccountingStorageHost=127.0.0.1
AccountingStoragePort={slurmdbd_port}
# Where munged listens; slurmdbd's clients do not look at AuthInfo.
AccountingStoragePass={folder}/munge.socket
# A job without a known account is refused.
AccountingStorageEnforce=associations
# Tells which rule a job was for.
AccountingStoreFlags=job_comment

SlurmdParameters=config_overrides
NodeName={node} NodeHostname={hostname} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory}
PartitionName=interactive Nodes={node} Default=YES MaxTime=1 State=UP
PartitionName={partition} Nodes={node} MaxTime=1-0 State=UP
"""

SLURMDBD_CONF = """\
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
DbdHost=localhost
DbdAddr=127.0.0.1
DbdPort={slurmdbd_port}
SlurmUser=root
CommunicationParameters=NoInAddrAny
PidFile={folder}/slurmdbd.own.pid
StorageType=accounting_storage/mysql
StorageHost=127.0.0.1
StoragePort={mariadbd_port}
StorageUser=slurm
StoragePass={password}
StorageLoc=slurm
"""


def missing() -> list[str]:
    """Name what this machine lacks for a cluster; empty when nothing."""
    lacks = [] if os.geteuid() == 0 else ["root (the daemons switch to the user of each job)"]
    return lacks + [daemon for daemon in DAEMONS if not shutil.which(daemon, path=_path())]


def environment(folder: Path) -> dict[str, str]:
    """Return what a process needs to speak to the cluster in `folder`."""
    return {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": f"{folder}/bin:{_path()}"}


def start(folder: Path) -> None:
    """Start a fresh cluster in `folder`, after ending one that an earlier run left there.

    Raises:
        RuntimeError: the machine lacks something, the folder holds anything else than a cluster,
            or a daemon did not come up (the message holds the end of its log).
    """
    if folder.exists() and not (folder / "environment").is_file():
        raise RuntimeError(f"{folder} is there already and is no test cluster")
    if lacks := missing():
        raise RuntimeError(f"this machine lacks {', '.join(lacks)}; see tests/cluster/install.sh")
    stop(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o755)
    exports = (f"export {key}='{value}'\n" for key, value in environment(folder).items())
    _write(folder / "environment", "".join(exports), 0o644)
    settings = _settings(folder)
    _write(folder / "slurm.conf", SLURM_CONF.format_map(settings), 0o644)
    _write(folder / "slurmdbd.conf", SLURMDBD_CONF.format_map(settings), 0o600)
    # The plugin clears SLURM_* before it calls srun, which then would look in /etc/slurm.
    srun = f'#!/bin/sh\nSLURM_CONF={folder}/slurm.conf exec {shutil.which("srun")} "$@"\n'
    (folder / "bin").mkdir()
    _write(folder / "bin" / "srun", srun, 0o755)
    try:
        _start_munge(folder)
        _start_mariadb(folder, settings)
        _start_slurm(folder)
    except BaseException:
        stop(folder)
        raise


def stop(folder: Path) -> None:
    """End the jobs and daemons of the cluster in `folder`; do nothing where none runs."""
    if _running(folder, "slurmctld"):
        ask(folder, "scancel", "--user=root", check=False)
        deadline = time.monotonic() + 15
        while ask(folder, "squeue", "--noheader", check=False) and time.monotonic() < deadline:
            time.sleep(0.2)
    for name in reversed(DAEMONS):
        for sign in (signal.SIGTERM, signal.SIGKILL):
            if pid := _running(folder, name):
                os.kill(pid, sign)
                _wait(lambda name=name: not _running(folder, name), PATIENCE / 4)
        (folder / f"{name}.pid").unlink(missing_ok=True)


def ask(folder: Path, *command: str, check: bool = True) -> str:
    """Run a Slurm command against the cluster in `folder` and return what it prints."""
    ran = subprocess.run(
        command,
        env=os.environ | environment(folder),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    if check and ran.returncode:
        raise RuntimeError(f"{' '.join(command)}: {ran.stderr.strip() or ran.stdout.strip()}")
    return ran.stdout.strip()


def _start_munge(folder: Path) -> None:
    subprocess.run(["mungekey", "--create", f"--keyfile={folder}/munge.key"], check=True)
    files = {"socket": "socket", "key-file": "key", "pid-file": "own.pid", "seed-file": "seed"}
    options = [f"--{option}={folder}/munge.{end}" for option, end in files.items()]
    _spawn(folder, "munged", "--foreground", f"--log-file={folder}/munge.log", *options)
    _answers(folder, "munged", "munge", "-n", "-S", f"{folder}/munge.socket")


def _start_mariadb(folder: Path, settings: dict[str, object]) -> None:
    data, started = folder / "mariadb", folder / "mariadb.sql"
    install = ["mariadb-install-db", "--no-defaults", "--user=root", "--skip-test-db"]
    with (folder / "mariadb-install.log").open("w") as log:
        subprocess.run([*install, f"--datadir={data}"], check=True, stdout=log, stderr=log)
    user = f"'slurm'@'127.0.0.1' IDENTIFIED BY '{settings['password']}'"
    grants = [f"CREATE USER {user}", "GRANT ALL ON slurm.* TO 'slurm'@'127.0.0.1'"]
    _write(started, ";\n".join(["CREATE DATABASE slurm", *grants, ""]), 0o600)
    socket_file = f"--socket={folder}/mariadb.socket"
    _spawn(
        folder,
        "mariadbd",
        "--no-defaults",
        "--user=root",
        f"--datadir={data}",
        socket_file,
        f"--pid-file={folder}/mariadb.own.pid",
        "--bind-address=127.0.0.1",
        f"--port={settings['mariadbd_port']}",
        f"--init-file={started}",
        # Nothing here needs to survive a power cut.
        "--innodb-flush-log-at-trx-commit=0",
        "--skip-name-resolve",
    )
    _answers(folder, "mariadbd", "mariadb-admin", "--no-defaults", socket_file, "ping")


def _start_slurm(folder: Path) -> None:
    _spawn(folder, "slurmdbd", "-D")
    _answers(folder, "slurmdbd", "sacctmgr", "--noheader", "list", "cluster")
    ask(folder, "sacctmgr", "--immediate", "add", "cluster", "remit")
    ask(folder, "sacctmgr", "--immediate", "add", "account", ACCOUNT, "Cluster=remit")
    ask(folder, "sacctmgr", "--immediate", "add", "user", "root", f"Account={ACCOUNT}")
    _spawn(folder, "slurmctld", "-D", "-f", f"{folder}/slurm.conf")
    _answers(folder, "slurmctld", "scontrol", "ping")
    _spawn(folder, "slurmd", "-D", "-f", f"{folder}/slurm.conf", "-N", NODE)
    idle = ["sinfo", "--noheader", "--format=%t", f"--partition={PARTITION}"]
    _answers(folder, "slurmd", *idle, until=lambda said: said == "idle")


def _settings(folder: Path) -> dict[str, object]:
    free = [socket.create_server(("127.0.0.1", 0)) for _ in range(4)]
    ports = [taken.getsockname()[1] for taken in free]
    for taken in free:
        taken.close()
    names = ("mariadbd_port", "slurmdbd_port", "slurmctld_port", "slurmd_port")
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    return dict(zip(names, ports, strict=True)) | {
        "folder": folder,
        "hostname": socket.gethostname().split(".")[0],
        "node": NODE,
        "partition": PARTITION,
        # A rule may ask for four threads, whatever this machine has.
        "cpus": max(4, os.cpu_count() or 1),
        "memory": memory,
        "password": secrets.token_hex(16),
    }


def _spawn(folder: Path, name: str, *options: str) -> None:
    log = (folder / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    pid = os.posix_spawn(
        shutil.which(name, path=_path()) or name,
        [name, *options],
        os.environ | environment(folder) | {MARK: str(folder)},
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, *log),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    _write(folder / f"{name}.pid", str(pid), 0o644)


def _answers(
    folder: Path, name: str, *question: str, until: Callable[[str], bool] | None = None
) -> None:
    def answered() -> bool:
        try:
            said = ask(folder, *question)
        except (RuntimeError, subprocess.TimeoutExpired):
            return False
        return until is None or until(said)

    if not _wait(lambda: answered() or not _running(folder, name), PATIENCE) or not answered():
        log = (folder / f"{name}.log").read_text(errors="replace")
        raise RuntimeError(f"{name} did not come up. The end of its log:\n{log[-2000:]}")


def _running(folder: Path, name: str) -> int:
    """Return the process id of a daemon that was started from `folder`, or 0."""
    try:
        pid = int((folder / f"{name}.pid").read_text())
        os.waitpid(pid, os.WNOHANG)  # a child that has ended is no longer running
    except ChildProcessError:
        pass  # started by an earlier process
    except (FileNotFoundError, ValueError):
        return 0
    try:
        ours = f"{MARK}={folder}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return pid if ours else 0


def _wait(done: Callable[[], object], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


def _write(path: Path, text: str, mode: int) -> None:
    path.touch(mode=mode)
    path.write_text(text)


def _path() -> str:
    return f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"


if __name__ == "__main__":
    {"start": start, "stop": stop}[sys.argv[1]](Path(sys.argv[2]).resolve())
