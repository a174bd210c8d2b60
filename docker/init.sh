#!/bin/sh
# Run to its end before the other services at each `docker compose up`: Airflow's tables, the pools that the lines name,
# and the folder of pages that portal and airflow-api mount, which must be there before they start.
set -eu

airflow db migrate
python -m dags.pools > /tmp/pools.json
airflow pools import /tmp/pools.json

pages=$LIANDAO_HOME/reports
mkdir -p "$pages"
[ -e "$pages/index.html" ] || cp reports/static/nothing-published.html "$pages/index.html"
