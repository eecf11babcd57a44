#!/bin/sh
# Creates the environments of the engines that the benchmark compares with, beside the project's own:
# .venv-bench (vectorbt, backtesting.py, backtrader) and .venv-bench-nautilus. Does nothing where they are current.
# PYTHON names the interpreter (3.11 to 3.13).
set -eu
cd "$(dirname "$0")/../.."
python=${PYTHON:-python3}

"$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || {
    echo "The peers need Python 3.11 to 3.13 (NautilusTrader 1.221.0 has no build for others); set PYTHON." >&2
    exit 1
}

environment() {
    folder=$1
    requirements=benchmarks/peers/$2
    if cmp -s "$requirements" "$folder/requirements.done"; then
        return
    fi
    echo "installing $2 into $folder (about a gigabyte, a few minutes)" >&2
    "$python" -m venv --clear "$folder"
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements"
    cp "$requirements" "$folder/requirements.done"
}

environment .venv-bench requirements.txt
environment .venv-bench-nautilus requirements-nautilus.txt
