#!/bin/sh
# Keep a file in the home, readable by the program alone. From the machine that runs compose:
#
#   docker compose exec -T airflow-scheduler sh docker/keep.sh deployment.yml < deployment.yml
#   docker compose exec -T airflow-scheduler sh docker/keep.sh secrets/NAME < NAME
#
# Not `docker compose cp`: the copy would belong to root, and the program could not read it.
set -eu

case ${1:?which file of the home} in
    /* | *..*) echo "$1: expected a path within the home, such as secrets/NAME" >&2; exit 2 ;;
esac
target=$LIANDAO_HOME/$1
umask 077
mkdir -p "$(dirname "$target")"
cat > "$target.new"
mv "$target.new" "$target"
