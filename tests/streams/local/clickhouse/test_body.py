"""Bodies are decoded whole, whatever their frames and however they are cut."""

import gzip
import zlib
from collections.abc import AsyncIterator, Callable, Sequence

import lz4.frame
import pytest
import zstandard

from streams.local.clickhouse.body import Body, Decoder
from streams.local.clickhouse.failure import ClickHouseError

Compress = Callable[[bytes], bytes]
ENCODINGS: dict[str, Compress] = {
    "lz4": lz4.frame.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
}
BLOCKS = [bytes([number]) * 5000 for number in range(20)]


async def pieces(parts: Sequence[bytes]) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("size", [1, 7, 1000, 1 << 20])
async def test_many_frames_in_one_body_are_all_decoded(encoding: str, size: int) -> None:
    sent = b"".join(map(ENCODINGS[encoding], BLOCKS))
    body = Body(pieces([sent[at : at + size] for at in range(0, len(sent), size)]), encoding)
    taken = []
    while piece := await body.take(30_000):
        taken.append(piece)
    assert b"".join(taken) == b"".join(BLOCKS)
    assert body.ended


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_a_body_that_ends_inside_a_frame_is_refused(encoding: str) -> None:
    sent = ENCODINGS[encoding](BLOCKS[0]) + ENCODINGS[encoding](BLOCKS[1])[:-3]
    body = Body(pieces([sent]), encoding)
    with pytest.raises(ClickHouseError, match="truncated"):
        await body.take(1 << 20)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_what_is_no_frame_is_refused(encoding: str) -> None:
    with pytest.raises(ClickHouseError, match="Cannot decompress"):
        Decoder(encoding).decode(b"this is not compressed at all")


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(ClickHouseError, match="snappy"):
        Decoder("snappy")


async def test_a_plain_body_comes_as_it_is() -> None:
    body = Body(pieces([b"a", b"b", b"c"]), "")
    assert [await body.take(2), await body.take(2), await body.take(2)] == [b"ab", b"c", b""]
