"""When it runs: Airflow DAGs that loop over a project's lines and wire the steps of ``liandao.ingest`` and
``liandao.steps``."""
