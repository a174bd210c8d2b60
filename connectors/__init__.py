"""How bytes arrive: a few families of access, and one YAML file per platform under sources/."""
