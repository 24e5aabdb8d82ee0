"""Request bodies as they come: one or many compression frames, in pieces of any size."""

import zlib
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from streams.local.clickhouse.failure import CANNOT_DECOMPRESS, UNKNOWN_COMPRESSION_METHOD, ClickHouseError


class Frame(Protocol):
    """One compressed frame being read (zlib, zstandard and lz4 agree on this much)."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes | None: ...
    def decompress(self, data: bytes, /) -> bytes: ...


class Decoder:
    """Decompresses a body piece by piece.

    Clients send one frame for each block of rows, so frames are chained; a body that ends inside a frame is
    refused. A decoder that stopped at the first frame would acknowledge half an insert.
    """

    def __init__(self, encoding: str) -> None:
        self._open = find_opener(encoding)
        self._frame: Frame | None = None

    def decode(self, piece: bytes) -> bytes:
        if self._open is None:
            return piece
        decoded = []
        while piece:
            if self._frame is None or self._frame.eof:
                self._frame = self._open()
            try:
                decoded.append(self._frame.decompress(piece))
            except Exception as error:  # each library has its own class
                raise ClickHouseError(CANNOT_DECOMPRESS, f"Cannot decompress the request body: {error}") from error
            piece = (self._frame.unused_data or b"") if self._frame.eof else b""
        return b"".join(decoded)

    def finish(self) -> None:
        """The body has ended. Raises when it did so inside a frame."""
        if self._frame is not None and not self._frame.eof:
            raise ClickHouseError(CANNOT_DECOMPRESS, "The compressed request body is truncated")


def find_opener(encoding: str) -> Callable[[], Frame] | None:
    """What begins a frame of that Content-Encoding; None where nothing is compressed."""
    match encoding.strip().lower():
        case "" | "identity":
            return None
        case "lz4":
            import lz4.frame

            return lambda: lz4.frame.LZ4FrameDecompressor()
        case "zstd":
            import zstandard

            return lambda: zstandard.ZstdDecompressor().decompressobj()
        case "gzip" | "deflate":
            return lambda: zlib.decompressobj(zlib.MAX_WBITS | 32)
        case other:
            raise ClickHouseError(UNKNOWN_COMPRESSION_METHOD, f"Unknown content encoding: {other}")


class Body:
    """The decoded body of a request, taken in pieces of about the size asked for."""

    def __init__(self, pieces: AsyncIterator[bytes], encoding: str) -> None:
        self._pieces, self._decoder = pieces, Decoder(encoding)
        self._ended = False

    async def take(self, size: int) -> bytes:
        """At least `size` bytes, fewer only at the end; nothing means the end."""
        taken = bytearray()
        while len(taken) < size and not self._ended:
            piece = await anext(self._pieces, None)
            if piece is None:
                self._decoder.finish()
                self._ended = True
            else:
                taken += self._decoder.decode(piece)
        return bytes(taken)

    @property
    def ended(self) -> bool:
        return self._ended
