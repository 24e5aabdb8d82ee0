"""What the engine is told of a stage."""

from streams.settings import Settings
from streams.topology import CHUNK_PER_CALL, NAMES, spec_for


def test_extract_takes_few_windows_at_a_time_where_each_may_be_a_call_of_a_model() -> None:
    """Or those of today would wait for all that one fetch brought of a generation that is catching up."""
    asking = Settings(openai_api_key="key", extractor="openai", calls=3)
    assert spec_for("extract", asking).chunk_max == CHUNK_PER_CALL * 3
    patterns = Settings(extractor="rules")
    assert {spec_for(name, patterns).chunk_max for name in NAMES} == {None}
