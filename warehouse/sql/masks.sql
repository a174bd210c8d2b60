-- How personal values look in the warehouse tier (schemas.columns.Mask). Nulls stay null.
CREATE OR REPLACE TEMP MACRO mask_name(v) AS left(v, 1) || repeat('*', length(v) - 1);
CREATE OR REPLACE TEMP MACRO mask_number(v) AS
    CASE WHEN length(v) > 7 THEN left(v, 3) || repeat('*', length(v) - 7) || right(v, 4) ELSE repeat('*', length(v)) END;
CREATE OR REPLACE TEMP MACRO mask_year(d) AS make_date(year(d), 1, 1)
