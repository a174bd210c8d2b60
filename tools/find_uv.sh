# shellcheck shell=bash
# Sourced by bootstrap.sh and lock.sh: the Python and the uv that they work with, and what uv must know of pip's settings.

die() { printf '%s\n' "$@" >&2; exit 2; }

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# path_of NAME: a Python of that name that runs. pyenv's stand-in for one that is installed but not chosen doesn't.
path_of() {
    local path
    if is_new_enough "$1"; then
        command -v "$1"
        return
    fi
    path=$(pyenv whence --path "$1" 2>/dev/null | tail -n 1) || return 1
    [[ -n $path ]] && is_new_enough "$path" && echo "$path"
}

find_python() {
    local name
    for name in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        path_of "$name" && return
    done
    die "需要 Python 3.11 或更高版本 | Python 3.11 or later is needed" "  next: install it, or name it: make PYTHON=/path/to/python3.11"
}

# uv does not read pip's configuration: hand on what is set there, so that a mirror or a proxy's certificate is used.
hand_on_pip_settings() {
    local python=$1 index cert
    index=${PIP_INDEX_URL:-$("$python" -m pip config get global.index-url 2>/dev/null || true)}
    cert=${PIP_CERT:-$("$python" -m pip config get global.cert 2>/dev/null || true)}
    if [[ -n $index ]]; then export UV_DEFAULT_INDEX=${UV_DEFAULT_INDEX:-$index}; fi
    if [[ -n $cert ]]; then export SSL_CERT_FILE=${SSL_CERT_FILE:-$cert}; fi
    export UV_HTTP_TIMEOUT=${UV_HTTP_TIMEOUT:-${PIP_DEFAULT_TIMEOUT:-120}} UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1
}

# Indexes beside the main one, for installing alone. pip takes the best version of all; the hashes of the lock make that safe.
hand_on_further_indexes() {
    local python=$1 further
    further=${PIP_EXTRA_INDEX_URL:-$("$python" -m pip config get global.extra-index-url 2>/dev/null || true)}
    if [[ -n $further ]]; then
        export UV_INDEX=${UV_INDEX:-$further} UV_INDEX_STRATEGY=${UV_INDEX_STRATEGY:-unsafe-best-match}
    fi
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
