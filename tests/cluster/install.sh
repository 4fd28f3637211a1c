#!/bin/sh
# Installs Debian's Slurm, munge and MariaDB, and the Slurm plugin beside the development environment.
# Run as root once; `make test-cluster` does it.
set -eu
cd "$(dirname "$0")/../.."

PATH="$PATH:/usr/sbin:/sbin"
packages=""
for daemon in munged mariadbd slurmdbd slurmctld slurmd; do
    command -v $daemon >/dev/null || packages="slurm-wlm munge slurmdbd mariadb-server"
done

missing=""
[ "$(id -u)" = 0 ] || missing="$missing root;"
[ -x .venv/bin/pytest ] || missing="$missing .venv (\`make test\` makes it);"
[ -z "$packages" ] || command -v apt-get >/dev/null || missing="$missing apt-get ($packages);"
if [ -n "$missing" ]; then
    echo "The cluster tests start Slurm's daemons on this machine. Missing:$missing" >&2
    exit 1
fi

if [ -n "$packages" ]; then
    # Debian's way to keep the packages from starting daemons of their own.
    policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
        trap 'rm -f /usr/sbin/policy-rc.d' EXIT
        printf '#!/bin/sh\nexit 101\n' >$policy
        chmod +x $policy
    fi
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages >/dev/null
fi

# The plugin slows down every start of Snakemake, so it stays out of the development environment. Its
# own environment holds the plugin alone and finds all the rest there.
venv=tests/cluster/venv
[ -x $venv/bin/python ] || .venv/bin/python -m venv $venv
purelib='import sysconfig; print(sysconfig.get_path("purelib"))'
.venv/bin/python -c "$purelib" >"$($venv/bin/python -c "$purelib")/development.pth"
$venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes \
    -r requirements-slurm.lock
$venv/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps \
    --editable .
slurmd -V
