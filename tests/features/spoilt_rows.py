"""For each expectation of the suites of features, rows that it must refuse, made from good ones."""

ANN = "CASE WHEN user_id = 'ann' THEN {} ELSE {} END AS {}"
ITEM = "CASE WHEN item_index = {} THEN {} ELSE {} END AS {}"

WITHOUT_USER = "every history belongs to a user"
TWO_HISTORIES = "no user has two histories"
LENGTHS = "lists and counts have the same lengths"
ORDER = "histories are in the order of time"
INDICES = "item indices are those of the items"
TYPES = "event types are those of the manifest"
CUTOFF = "no event lies on the wrong side of a cutoff"
ONE_EACH = "without cutoffs at most one moment is held out in each part"
EMPTY_PART = "every part holds events"
NOTHING_TO_LEARN = "at least half of the users have something to learn from"

USER_KEYS = "every row has a user, a moment and its time"
USER_MOMENTS = "every user has each of the three moments once"
USER_LEAK = "a moment knows exactly the events before it"
USER_RANGES = "items and active days are no more than events"
DAYS = "days since the first and the last event are in order"
SHARES = "interests are shares of one"
STRONGEST = "interests are strongest first"
NO_INTERESTS = "most users with events have interests"
LEVELS = "interests of each level are shares of one"
VISITS = "recent events, baskets and sessions are no more than events"
TENDENCIES = "repeat rate, novelty and price band are shares"
MIXES = "mixes of types, weekdays and hours are shares of one"

ITEM_KEYS = "every row has an item, an index and a moment with its time"
DENSE = "indices run from 1 without a gap, one an item"
ITEM_MOMENT_TWICE = "an item has a moment once"
NOW = "every item has the moment now"
ITEM_LEAK = "a moment counts exactly the events before it"
ITEM_RANGES = "recent events and users are no more than events"
AGE = "no item is younger than nothing"
KNOWN_FIRST = "the items that models know come first"
TITLES = "most items have a title"
CATEGORIES = "most items have a category"
WINDOWS = "windows hold no more than longer ones"
POSITIONS = "conversion and price position are shares"
PRICES = "prices are above nothing"

ONE_SEGMENT = "every user is in one segment or none at each moment"
NAMED_SEGMENTS = "segments are those of the rules"
NO_EMPTY_SEGMENT = "every segment holds somebody now"


def ann(value, column):
    """Select all rows, `column` of Ann's replaced."""
    return f"SELECT * REPLACE ({ANN.format(value, column, column)}) FROM rows"


def item(index, value, column):
    """Select all rows, `column` of one item's replaced."""
    return f"SELECT * REPLACE ({ITEM.format(index, value, column, column)}) FROM rows"


def all_rows(value, column):
    return f"SELECT * REPLACE ({value} AS {column}) FROM rows"


# suite, expectation that must refuse, table that is spoilt, what its rows become
SPOILT = [
    ("interactions", WITHOUT_USER, "interactions", ann("NULL", "user_id")),
    ("interactions", TWO_HISTORIES, "interactions", "FROM rows UNION ALL FROM rows WHERE user_id = 'dan'"),
    ("interactions", LENGTHS, "interactions", ann("item_indices[2:]", "item_indices")),
    ("interactions", LENGTHS, "interactions", ann("[1, NULL, 1, 3, 4]", "item_indices")),
    ("interactions", LENGTHS, "interactions", ann("list_append(event_types, 1)", "event_types")),
    ("interactions", LENGTHS, "interactions", ann("train_count + 1", "train_count")),
    (
        "interactions",
        LENGTHS,
        "interactions",
        "SELECT * REPLACE (train_count + 9 AS train_count, test_count - 9 AS test_count) FROM rows",
    ),
    ("interactions", ORDER, "interactions", ann("list_reverse(event_ats)", "event_ats")),
    ("interactions", INDICES, "interactions", ann("[0, 2, 1, 3, 4]", "item_indices")),
    ("interactions", INDICES, "interactions", ann("[1, 2, 1, 3, 5]", "item_indices")),
    ("interactions", TYPES, "interactions", ann("[1, 1, 1, 1, 2]::UTINYINT[]", "event_types")),
    ("interactions", TYPES, "interactions", ann("[1, 1, 0, 1, 1]::UTINYINT[]", "event_types")),
    (
        "interactions",
        CUTOFF,
        "interactions",
        "SELECT * REPLACE (train_count + validation_count AS train_count, 0 AS validation_count) FROM rows",
    ),
    (
        "interactions",
        CUTOFF,
        "interactions",
        "SELECT * REPLACE (validation_count + test_count AS validation_count, 0 AS test_count) FROM rows",
    ),
    (
        "interactions",
        CUTOFF,
        "interactions",
        "SELECT * REPLACE (0 AS train_count, train_count + validation_count AS validation_count) FROM rows",
    ),
    ("interactions", EMPTY_PART, "interactions", "FROM rows WHERE test_count = 0"),
    ("interactions", EMPTY_PART, "interactions", "FROM rows LIMIT 0"),
    ("interactions", NOTHING_TO_LEARN, "interactions", "FROM rows WHERE user_id = 'dan'"),
    ("user_features", USER_KEYS, "user_features", ann("NULL", "as_of")),
    ("user_features", USER_KEYS, "user_features", ann("NULL", "moment")),
    ("user_features", USER_MOMENTS, "user_features", "FROM rows WHERE user_id <> 'ann' OR moment <> 'now'"),
    ("user_features", USER_MOMENTS, "user_features", "FROM rows UNION ALL FROM rows WHERE user_id = 'ann'"),
    ("user_features", USER_MOMENTS, "user_features", ann("'zoe'", "user_id")),
    ("user_features", USER_LEAK, "user_features", ann("events + 1", "events")),
    ("user_features", USER_RANGES, "user_features", ann("events + 1", "items")),
    ("user_features", USER_RANGES, "user_features", ann("events + 1", "active_days")),
    ("user_features", USER_RANGES, "user_features", ann("0", "items")),
    ("user_features", DAYS, "user_features", ann("-1.0", "days_since_last")),
    ("user_features", DAYS, "user_features", ann("days_since_last - 1", "days_since_first")),
    ("user_features", DAYS, "user_features", ann("NULL", "days_since_last")),
    (
        "user_features",
        SHARES,
        "user_features",
        ann("[{'category': 'x', 'share': 0.9}, {'category': 'y', 'share': 0.2}]", "interests"),
    ),
    ("user_features", SHARES, "user_features", ann("[{'category': 'x', 'share': 0.5}]", "interests")),
    (
        "user_features",
        SHARES,
        "user_features",
        ann("[{'category': 'x', 'share': 1.0}, {'category': 'y', 'share': 0.0}]", "interests"),
    ),
    ("user_features", STRONGEST, "user_features", ann("list_reverse(interests)", "interests")),
    ("user_features", NO_INTERESTS, "user_features", all_rows("[]", "interests")),
    *(
        (
            "user_features",
            LEVELS,
            "user_features",
            ann(f"[{{'level': {level}, 'category': 'x', 'share': {share}}}]", "level_interests"),
        )
        for level, share in [(1, 0.5), (1, 1.5), (9, 1.0), (1, 0.0)]
    ),
    ("user_features", LEVELS, "user_features", ann("list_reverse(level_interests)", "level_interests")),
    ("user_features", VISITS, "user_features", ann("events + 1", "recent_events")),
    ("user_features", VISITS, "user_features", ann("events + 1", "baskets")),
    ("user_features", VISITS, "user_features", ann("baskets + 1", "sessions")),
    ("user_features", VISITS, "user_features", ann("0", "sessions")),
    ("user_features", VISITS, "user_features", ann("0.5", "events_per_session")),
    ("user_features", TENDENCIES, "user_features", ann("1.5", "repeat_rate")),
    ("user_features", TENDENCIES, "user_features", ann("NULL", "novelty")),
    ("user_features", TENDENCIES, "user_features", ann("-0.1", "price_band")),
    ("user_features", MIXES, "user_features", ann("[0.5]", "type_shares")),
    ("user_features", MIXES, "user_features", ann("[1.0, 0, 0, 0, 0, 0]", "weekday_shares")),
    ("user_features", MIXES, "user_features", ann("[2.0, -1, 0, 0]", "quarter_of_day_shares")),
    ("item_features", ITEM_KEYS, "item_features", item(1, "NULL", "as_of")),
    ("item_features", ITEM_KEYS, "item_features", item(1, "99", "item_index")),
    ("item_features", ITEM_KEYS, "items", item(1, "NULL", "item_id")),
    ("item_features", ITEM_KEYS, "items", "FROM rows WHERE item_index <> 2"),
    ("item_features", DENSE, "items", item(4, "5", "item_index")),
    ("item_features", DENSE, "items", "SELECT * REPLACE (item_index - 1 AS item_index) FROM rows"),
    ("item_features", DENSE, "items", item(4, "3", "item_index")),
    ("item_features", DENSE, "items", item(4, "'a'", "item_id")),
    (
        "item_features",
        ITEM_MOMENT_TWICE,
        "item_features",
        "FROM rows UNION ALL FROM rows WHERE item_index = 2",
    ),
    ("item_features", NOW, "item_features", "FROM rows WHERE moment <> 'now' OR item_index <> 1"),
    ("item_features", NOW, "item_features", "FROM rows UNION ALL " + all_rows("'later'", "moment")),
    ("item_features", ITEM_LEAK, "item_features", item(1, "events + 1", "events")),
    ("item_features", ITEM_RANGES, "item_features", item(1, "events + 1", "recent_events")),
    ("item_features", ITEM_RANGES, "item_features", item(1, "0", "users")),
    ("item_features", ITEM_RANGES, "item_features", item(1, "events + 1", "users")),
    ("item_features", AGE, "item_features", item(1, "-0.5", "age_days")),
    ("item_features", KNOWN_FIRST, "item_features", all_rows("5 - item_index", "item_index")),
    ("item_features", TITLES, "items", all_rows("NULL", "title")),
    ("item_features", CATEGORIES, "item_features", all_rows("NULL", "category")),
    ("item_features", WINDOWS, "item_features", item(1, "events_30_days + 1", "events_7_days")),
    ("item_features", WINDOWS, "item_features", item(1, "events_90_days + 1", "events_30_days")),
    ("item_features", WINDOWS, "item_features", item(1, "events + 1", "events_90_days")),
    ("item_features", WINDOWS, "item_features", item(1, "'inf'::DOUBLE", "trend")),
    ("item_features", POSITIONS, "item_features", item(1, "1.5", "conversion")),
    ("item_features", POSITIONS, "item_features", item(1, "0.5", "price_position")),
    ("item_features", PRICES, "items", item(1, "0.0", "price")),
    ("segments", ONE_SEGMENT, "segments", "FROM rows WHERE user_id <> 'ann'"),
    ("segments", ONE_SEGMENT, "segments", "FROM rows UNION ALL FROM rows WHERE user_id = 'ann'"),
    ("segments", ONE_SEGMENT, "segments", ann("'zoe'", "user_id")),
    ("segments", NAMED_SEGMENTS, "segments", ann("'nobody'", "segment")),
    ("segments", NO_EMPTY_SEGMENT, "segments", all_rows("NULL::VARCHAR", "segment")),
]
