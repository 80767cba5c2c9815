-- How raw rows are judged, for every source alike. The macros live as long as the connection.

-- A text without anything but blanks says nothing.
CREATE OR REPLACE TEMP MACRO is_blank(text) AS coalesce(trim(text::VARCHAR), '') = '';

-- A floating column of whole numbers is what pandas makes of integers with gaps: 12.0 means 12.
CREATE OR REPLACE TEMP MACRO id_text(id) AS
    CASE
        WHEN typeof(id) IN ('DOUBLE', 'FLOAT')
        THEN regexp_replace(nullif(id::VARCHAR, 'nan'), '\.0$', '')
        ELSE id::VARCHAR
    END;

-- The same for a value out of JSON, whose `type` json_type tells.
CREATE OR REPLACE TEMP MACRO json_id(text, type) AS
    CASE WHEN type = 'DOUBLE' THEN regexp_replace(text, '\.0$', '') ELSE text END;

-- ISO 8601 in the forms that a cast does not know: basic form, hours only, decimal comma, blanks.
CREATE OR REPLACE TEMP MACRO plain_iso(text) AS
    regexp_replace(
        regexp_replace(
            replace(trim(text), ',', '.'),
            '^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)?',
            '\1-\2-\3 \4:\5:\6'
        ),
        '[ T](\d\d)(:\d\d)?:?($|Z|[+-])',
        ' \1\2:00\3'
    );

-- Our name of an event type; without reading.sql, or without a row there, theirs.
CREATE OR REPLACE TEMP MACRO our_type(event_type) AS
    CASE
        WHEN getvariable('event_types') IS NULL THEN event_type
        ELSE coalesce(
            getvariable('event_types')[CASE WHEN is_blank(event_type) THEN 'event' ELSE event_type END], event_type
        )
    END;

-- A time without an offset is one of the zone that reading.sql has set, or of UTC.
CREATE OR REPLACE TEMP MACRO to_utc(naive) AS
    CASE coalesce(getvariable('time_zone'), 'UTC')
        WHEN 'UTC' THEN naive
        ELSE (naive AT TIME ZONE getvariable('time_zone')::VARCHAR) AT TIME ZONE 'UTC'
    END;

CREATE OR REPLACE TEMP MACRO has_offset(text) AS
    regexp_matches(text, '[T ]\s*\d.*(Z|[+-]\d\d(:?\d\d)?|[A-Za-z_/]{3,})\s*$');

CREATE OR REPLACE TEMP MACRO cast_iso(text) AS
    coalesce(try_cast(text AS TIMESTAMPTZ), try_cast(plain_iso(text) AS TIMESTAMPTZ)) AT TIME ZONE 'UTC';

-- The first branch, the common form without an offset, is several times as fast as the others.
CREATE OR REPLACE TEMP MACRO read_iso(text) AS
    CASE
        WHEN length(text) = 19 AND text[17] = ':' THEN to_utc(try_cast(text AS TIMESTAMP))
        WHEN has_offset(text) THEN cast_iso(text)
        ELSE to_utc(cast_iso(text))
    END;

-- `units` go into a second. Whole numbers of ordinary size take the fast branch; the rest goes through
-- decimals, because doubles lose microseconds. Beyond the year 9999 there is no time.
CREATE OR REPLACE TEMP MACRO read_epoch(text, units) AS
    CASE
        WHEN try_cast(text AS BIGINT) BETWEEN 0 AND 9000000000 * units AND units <= 1000000
        THEN make_timestamp(try_cast(text AS BIGINT) * (1000000 // units))
        WHEN abs(try_cast(text AS DECIMAL(38, 6)) / units) < 253402300800
        THEN make_timestamp((try_cast(text AS DECIMAL(38, 6)) * 1000000 / units)::BIGINT)
    END;

CREATE OR REPLACE TEMP MACRO read_time(text, format) AS
    CASE format
        WHEN 'native' THEN CASE WHEN has_offset(text) THEN cast_iso(text) ELSE to_utc(try_cast(text AS TIMESTAMP)) END
        WHEN 'iso' THEN read_iso(text)
        WHEN 'epoch-s' THEN read_epoch(text, 1)
        WHEN 'epoch-ms' THEN read_epoch(text, 1000)
        WHEN 'epoch-us' THEN read_epoch(text, 1000000)
        WHEN 'epoch-ns' THEN read_epoch(text, 1000000000)
        ELSE CASE
            WHEN contains(format, '%z') OR contains(format, '%Z')
            THEN try_strptime(text, format)::TIMESTAMPTZ AT TIME ZONE 'UTC'
            ELSE to_utc(try_strptime(text, format)::TIMESTAMPTZ AT TIME ZONE 'UTC')
        END
    END;

-- A column of times is taken as it is; to write each one and read it again would cost a tenth of the reading.
CREATE OR REPLACE TEMP MACRO moment_of(moment, format) AS
    CASE typeof(moment)
        WHEN 'TIMESTAMP WITH TIME ZONE' THEN try_cast(moment AS TIMESTAMP)
        WHEN 'TIMESTAMP' THEN to_utc(try_cast(moment AS TIMESTAMP))
        ELSE read_time(moment::VARCHAR, format)
    END;

-- Only years that every reader downstream can hold.
CREATE OR REPLACE TEMP MACRO usable_time(moment) AS
    CASE WHEN moment BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31' THEN moment END;

-- The same users every time, whatever version of DuckDB reads them.
CREATE OR REPLACE TEMP MACRO is_sampled(user_id, share) AS
    share = 1 OR is_blank(user_id) OR md5_number_lower(user_id) % 1000000 < share * 1000000;

CREATE OR REPLACE TEMP MACRO type_or_event(event_type) AS
    CASE WHEN is_blank(event_type) THEN 'event' ELSE event_type END;

-- The column that a reason is about; none where the whole line cannot be read.
CREATE OR REPLACE TEMP MACRO bad_column_of(reason) AS
    CASE
        WHEN reason IN ('before collect.earliest', 'in the future') THEN 'timestamp'
        ELSE nullif(regexp_extract(reason, '^(no|unreadable|absurd|unknown) ([a-z_]+)$', 2), '')
    END;

-- Rows of staged_events, made of the rows of the CTE called `raw`: row_number, user_id, item_id,
-- event_type, moment, value, event_order, event_id, and `problem`, what the reader found wrong already.
-- The bounds are variables of the connection, set by rules.sql.
CREATE OR REPLACE TEMP MACRO judged_events(raw, ingestion, file_name, time_format, share) AS TABLE
WITH parsed AS (
    SELECT
        *,
        usable_time(moment_of(moment, time_format)) AS event_at,
        try_cast(value AS DOUBLE) AS number,
        try_cast(event_order AS BIGINT) AS position
    FROM query_table(raw)
    WHERE is_sampled(user_id, share)
),
judged AS (
    SELECT
        *,
        CASE
            WHEN problem IS NOT NULL THEN problem
            WHEN is_blank(user_id) THEN 'no user_id'
            WHEN is_blank(item_id) THEN 'no item_id'
            WHEN event_at IS NULL AND is_blank(moment) THEN 'no timestamp'
            WHEN event_at IS NULL THEN 'unreadable timestamp'
            WHEN event_at < getvariable('earliest') THEN 'before collect.earliest'
            WHEN event_at > getvariable('latest') THEN 'in the future'
            WHEN len(getvariable('known_types')) > 0
                AND NOT list_contains(getvariable('known_types'), type_or_event(event_type)) THEN 'unknown event_type'
            WHEN isinf(number) OR (number IS NULL AND NOT is_blank(value)) THEN 'unreadable value'
            WHEN abs(number) > getvariable('value_limit') AND NOT isnan(number) THEN 'absurd value'
            WHEN position IS NULL AND NOT is_blank(event_order) THEN 'unreadable event_order'
        END AS reason
    FROM parsed
)
SELECT
    ingestion AS ingestion_id,
    file_name AS file,
    row_number,
    user_id,
    item_id,
    type_or_event(event_type) AS event_type,
    event_at,
    CASE WHEN NOT isnan(number) THEN number END AS value,
    position AS event_order,
    CASE WHEN NOT is_blank(event_id) THEN event_id END AS event_id,
    reason,
    bad_column_of(reason) AS bad_column,
    CASE bad_column_of(reason)
        WHEN 'user_id' THEN left(user_id, 80)
        WHEN 'item_id' THEN left(item_id, 80)
        WHEN 'timestamp' THEN left(moment::VARCHAR, 80)
        WHEN 'event_type' THEN left(event_type, 80)
        WHEN 'value' THEN left(value::VARCHAR, 80)
        WHEN 'event_order' THEN left(event_order::VARCHAR, 80)
    END AS bad_value,
    CASE
        WHEN reason IS NOT NULL
        THEN left(concat_ws(' | ', user_id, item_id, moment, event_type, value, event_order), 200)
    END AS content
FROM judged;
