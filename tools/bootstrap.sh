#!/usr/bin/env bash
# Make the project's own environment from requirements/lock.txt: .venv here, nothing elsewhere.
#
# Needs Python 3.11 or later and a package registry, as pip is configured to reach it. uv is taken from PATH, or installed
# into .uv. Installing again is skipped while the lock, the project's metadata and the interpreter stay the same.
#
#   tools/bootstrap.sh             make or refresh the environment
#   tools/bootstrap.sh bench       .venv-bench and .venv-bench-data, which only the matching benchmark needs
#   tools/bootstrap.sh spark       .venv-spark, with the Spark engine and a Java runtime
#   tools/bootstrap.sh lowest      .venv-lowest, with the lowest versions that pyproject.toml allows
#   tools/bootstrap.sh duckdb2     .venv-duckdb2, with DuckDB 2
#   tools/bootstrap.sh py313       .venv-py313, on Python 3.13
#   tools/bootstrap.sh find NAME   print where a Python of this name is, or fail
#   PYTHON=python3.12 tools/bootstrap.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/find_uv.sh

# needs_making FOLDER FILE...: whether the environment is not yet what these files and the interpreter say; sets $stamp.
needs_making() {
    local folder=$1
    shift
    stamp=$({ "$python" -VV; pwd; cat "$@"; } | "$python" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())')
    [[ ! -f $folder/.stamp || $(<"$folder/.stamp") != "$stamp" ]]
}

# begin FOLDER: an environment of this interpreter; sets $uv.
begin() {
    hand_on_pip_settings "$python"
    hand_on_further_indexes "$python"
    uv=$(find_uv "$python")
    echo "安装依赖 | installing the locked dependencies into $1" >&2
    if [[ $("$1/bin/python" -VV 2>/dev/null) != $("$python" -VV) ]]; then
        "$uv" venv --quiet --clear --python "$python" "$1"
    fi
    rm -f "$1/.stamp"
}

# make_apart FOLDER LOCK...: an environment of exactly what the locks name.
make_apart() {
    local folder=$1 stamp uv
    shift
    needs_making "$folder" "$@" || return 0
    begin "$folder"
    "$uv" pip sync --quiet --compile-bytecode --python "$folder/bin/python" --require-hashes "$@"
    echo "$stamp" > "$folder/.stamp"
}

# make_with_project FOLDER LOCK [ON_TOP]: what the lock names, what ON_TOP pins instead of it, and the project itself.
make_with_project() {
    local folder=$1 lock=$2 on_top=${3:-} stamp uv
    needs_making "$folder" "$lock" ${on_top:+"$on_top"} pyproject.toml || return 0
    begin "$folder"
    "$uv" pip sync --quiet $compile --python "$folder/bin/python" --require-hashes "$lock"
    if [[ -n $on_top ]]; then
        "$uv" pip install --quiet --python "$folder/bin/python" --no-deps --require-hashes --requirements "$on_top"
    fi
    # The build backend is in the lock: nothing is fetched here.
    "$uv" pip install --quiet --python "$folder/bin/python" --no-deps --no-build-isolation --editable .
    echo "$stamp" > "$folder/.stamp"
}

compile=
case ${1:-} in
    find) path_of "$2"; exit ;;
    py313) PYTHON=python3.13 ;;
esac
python=$(find_python)
case ${1:-} in
    "")
        # Compiled once here, or every process of a run would compile pandas and Great Expectations for itself.
        compile=--compile-bytecode
        make_with_project .venv requirements/lock.txt
        ;;
    bench)
        make_apart .venv-bench requirements/bench.txt
        make_apart .venv-bench-data requirements/bench-data.txt requirements/bench-febrl.txt
        ;;
    spark) make_with_project .venv-spark requirements/spark.txt ;;
    lowest) make_with_project .venv-lowest requirements/lowest.txt ;;
    duckdb2) make_with_project .venv-duckdb2 requirements/lock.txt requirements/duckdb2.txt ;;
    py313) make_with_project .venv-py313 requirements/lock.txt ;;
    *) die "what is $1?" "  next: read the head of tools/bootstrap.sh" ;;
esac
