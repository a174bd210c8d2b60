"""Which records are one person, which cases are one matter."""
