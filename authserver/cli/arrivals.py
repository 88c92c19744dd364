"""How much of a request has arrived, found out while its bytes come in.

This only counts: what is wrong with a request is for the server's parser to say, and so whatever
cannot be counted passes for whole. Nothing is looked at twice, however small the pieces are.
"""

import re
from enum import Enum

from authserver.http.messages import MAX_BODY

# The head of a request: a token of the longest kind in its header, and room for all others.
MAX_HEAD = 32 * 1024
# A body in chunks, together with what frames them.
_MAX_CHUNKS = 4 * MAX_BODY
_CONTENT_LENGTH = b"\r\ncontent-length:"
_END_OF_HEAD = b"\r\n\r\n"
# As many digits as Python makes a number of: leading zeros must not hide a body from us.
_LENGTH = re.compile(rb"[ \t]*([0-9]{1,4300})[ \t]*(?:\r|$)")
_CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]+[ \t]*(?:;|$)")


class State(Enum):
    """What to do: wait, answer, or refuse."""

    UNFINISHED = 0
    WHOLE = 1
    # The body is larger than we read, so that nobody waits for it.
    TOO_LARGE_TO_WAIT_FOR = 2
    HEAD_TOO_LARGE = 3
    BODY_TOO_LARGE = 4
    # The other side has ended in the middle of it, or has hung up without having begun.
    CUT_OFF = 5
    GONE = 6
    # The last answer has been sent.
    ANSWERED = 8
    # There is something to be done as soon as the other side takes what we send.
    WAITS_TO_SEND = 7


class Arrival:
    """The bytes of one request, and where it ends. More may follow behind its end."""

    def __init__(self, data: bytes = b"") -> None:
        self.data: bytes | bytearray = data
        self.expects_continue = False
        self._head: int | None = None
        self._looked = 0
        self._end: int | None = None
        self._chunk = 0

    def add(self, data: bytes) -> None:
        """Mostly all comes at once; what comes in pieces is not copied for each of them."""
        if not self.data:
            self.data = data
            return
        if isinstance(self.data, bytes):
            self.data = bytearray(self.data)
        self.data += data

    def state(self) -> State:
        """What is to be done about the request now."""
        if self._head is None:
            return self._state_of_head()
        return self._state_of_body()

    def _state_of_head(self) -> State:
        end = self.data.find(_END_OF_HEAD, max(0, self._looked - 3))
        self._looked = len(self.data)
        if (end if end >= 0 else self._looked) > MAX_HEAD:
            return State.HEAD_TOO_LARGE
        if end < 0:
            # A line feed alone: the parser refuses the head without its end (docs/adr/0010).
            broken = self.data.count(b"\n") != self.data.count(b"\r\n")
            return State.WHOLE if broken else State.UNFINISHED
        self._head = self._chunk = end + len(_END_OF_HEAD)
        return self._read_framing(bytes(self.data[:end]))

    def _read_framing(self, head: bytes) -> State:
        """RFC 9112, section 6.3. Of what contradicts itself the parser need not see the body."""
        head = head.lower()
        self.expects_continue = b"\r\nexpect:" in head
        if b"\r\ntransfer-encoding:" in head:
            return self._state_of_body()
        name = head.find(_CONTENT_LENGTH)
        if name < 0:
            return State.WHOLE
        length = _LENGTH.match(head, name + len(_CONTENT_LENGTH))
        if length is None:
            return State.WHOLE
        self._end = self._chunk + int(length[1])
        return self._state_of_body()

    def _state_of_body(self) -> State:
        if self._end is None:
            return self._state_of_chunks()
        if len(self.data) >= self._end:
            return State.WHOLE
        too_large = self._end - self._chunk > MAX_BODY
        return State.TOO_LARGE_TO_WAIT_FOR if too_large else State.UNFINISHED

    def _state_of_chunks(self) -> State:
        """RFC 9112, section 7.1: from one size to the next, until there is one of 0."""
        while self._chunk < len(self.data):
            end = self.data.find(b"\r\n", self._chunk, self._chunk + MAX_HEAD)
            if end < 0:
                break
            line = bytes(self.data[self._chunk : end])
            if not _CHUNK_SIZE.match(line):
                return State.WHOLE
            size = int(line.partition(b";")[0], 16)
            if size == 0:
                # Trailers may follow; without any, this is its own end.
                return self._unless_too_large(self.data.find(_END_OF_HEAD, end) >= 0)
            self._chunk = end + 2 + size + 2
        return self._unless_too_large(whole=False)

    def _unless_too_large(self, whole: bool) -> State:
        if whole:
            return State.WHOLE
        too_large = max(self._chunk, len(self.data)) - (self._head or 0) > _MAX_CHUNKS
        return State.BODY_TOO_LARGE if too_large else State.UNFINISHED
