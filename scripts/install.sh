#!/usr/bin/env bash
# npm packages by the lock file. Node 24 itself is one of them, so that the machine's own version does not matter.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v npm >/dev/null || { echo "npm is missing: install Node.js 20 or later with npm (Debian: apt-get install nodejs npm)" >&2; exit 1; }
echo "installing npm packages (about 30 s) …" >&2
log=$(mktemp)
# Not `npm ci`: it refuses a lock file where the registry lacks the optional packages of other platforms, which a mirror
# often does. `--no-save` takes the locked versions with their digests and leaves the lock file as it is.
# The machine's own Node may be older than some packages want; everything here runs with the one just installed.
if ! npm install --no-save --no-fund --no-audit --loglevel=error >"$log" 2>&1; then cat "$log" >&2; rm -f "$log"; exit 1; fi
rm -f "$log"
node_modules/.bin/node --version | grep -q '^v24\.' || { echo "the npm package 'node' did not install Node 24 (are install scripts disabled?)" >&2; exit 1; }
