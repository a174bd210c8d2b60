#!/bin/sh
# Run once by the PostgreSQL image on an empty data folder: one database for the warehouse, one for Airflow's metadata,
# each with an owner of its own.
set -eu

make_database() {
    psql --set=ON_ERROR_STOP=1 --set=name="$1" --set=password="$2" --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name" ENCODING 'UTF8' TEMPLATE template0;
SQL
}

make_database liandao "$LIANDAO_DB_PASSWORD"
make_database airflow "$AIRFLOW_DB_PASSWORD"
