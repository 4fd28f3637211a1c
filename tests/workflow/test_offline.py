"""The finished demo was made where there is no network to use."""

import subprocess
import sys

import pytest

from tests.workflow.study import Study, without_network

REACH = """
import socket
try:
    socket.create_connection(("192.0.2.1", 443), 5)
except OSError as error:
    print(error.strerror)
"""


def test_the_demo_needs_no_network(finished: Study) -> None:
    before = without_network()
    if not before:
        pytest.skip("this system lets nobody but root make a network namespace")

    def inside(*command: str) -> str:
        return subprocess.run(
            [*before, *command], capture_output=True, text=True, check=True
        ).stdout.strip()

    interfaces = [
        line.split(":")[0].strip() for line in inside("cat", "/proc/net/dev").splitlines()
    ]
    assert interfaces[2:] == ["lo"]
    assert inside(sys.executable, "-c", REACH) == "Network is unreachable"
    assert (finished / "results/report/report.html").is_file()
