from dags.project import airflow_dags

globals().update(airflow_dags(__file__))
