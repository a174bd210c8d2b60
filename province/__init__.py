"""A province in a box: people, matters, workers and 132 platforms with planted truth."""
