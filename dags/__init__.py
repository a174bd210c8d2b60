"""When it runs: Airflow DAGs that loop over the registry and wire the steps of ``liandao.steps``."""
