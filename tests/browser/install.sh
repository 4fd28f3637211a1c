#!/bin/sh
# What `make test-browser` needs beyond Python: a browser, a Chinese font, LibreOffice, axe-core.
set -eu
cd "$(dirname "$0")"
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq chromium fonts-noto-cjk libreoffice-writer-nogui poppler-utils
npm ci --no-audit --no-fund
