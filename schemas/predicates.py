"""Predicates of facts: which of them can hold only one value at a time."""

SINGLE_VALUED = frozenset(
    (
        "age",
        "birth_year",
        "birthday",
        "born_in",
        "email",
        "employer",
        "full_name",
        "gender",
        "home_address",
        "job_title",
        "lives_in",
        "marital_status",
        "name",
        "nationality",
        "native_language",
        "phone",
        "preferred_name",
        "pronouns",
        "studies_at",
        "timezone",
        "works_at",
    )
)
"""(subject, predicate) is a slot: a newer value replaces the older one. Any other predicate holds many values."""
