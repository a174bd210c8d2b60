"""The rule catalogue compiled twice: row checks and Great Expectations suites."""
