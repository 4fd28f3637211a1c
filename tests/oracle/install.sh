#!/bin/sh
# Installs R and the packages that the oracle compares with, from Debian's own archive.
# Run as root (or with sudo) once; `make test-oracle` does it when Rscript is missing.
set -eu
export DEBIAN_FRONTEND=noninteractive
as_root=""
[ "$(id -u)" = 0 ] || as_root=sudo
$as_root apt-get update -qq
$as_root apt-get install -y -qq --no-install-recommends \
    r-base-core r-cran-exactranktests r-cran-coin r-cran-nlme r-cran-survival r-cran-effectsize >/dev/null
Rscript -e 'for (p in c("exactRankTests", "coin", "nlme", "survival", "effectsize")) library(p, character.only = TRUE)' \
    >/dev/null 2>&1
Rscript --version
