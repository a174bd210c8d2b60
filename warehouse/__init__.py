"""Where data rest: stores, loading, publishing, control tables, audit."""
