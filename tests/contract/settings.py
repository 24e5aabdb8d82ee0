"""The stack that the cases are for: what they may use, and short times."""

PARTITIONS = 2
GAP_S, AGE_S = 14, 5
SETTINGS = {
    "TURNLOG_PARTITIONS": str(PARTITIONS),
    "TURNLOG_SHARED_VISIBILITY_ORGS": '["open"]',
    "TURNLOG_MODELS": '["big", "' + "m" * 256 + '"]',
    "TURNLOG_WINDOW_GAP_S": str(GAP_S),
    "TURNLOG_WINDOW_AGE_S": str(AGE_S),
    "TURNLOG_EXTRACTOR": "rules",
}
