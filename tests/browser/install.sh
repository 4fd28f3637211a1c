#!/bin/sh
# What `make test-browser` needs beyond Python: a browser, a Chinese font, LibreOffice, axe-core.
set -eu
cd "$(dirname "$0")"
export DEBIAN_FRONTEND=noninteractive
# Debian's npm brings hundreds of packages; where Node.js came from elsewhere, npm is there already.
command -v npm > /dev/null || npm=npm
apt-get update -qq
apt-get install -y -qq --no-install-recommends \
  chromium fonts-noto-cjk fonts-liberation libreoffice-writer-nogui poppler-utils ${npm:-}
npm ci --no-audit --no-fund
