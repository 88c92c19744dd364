"""What an error of PostgreSQL means: that it cannot serve us now, or that we made a mistake."""

import psycopg
import psycopg2

# Classes of SQLSTATE (PostgreSQL, appendix A) that the drivers file under other errors as well: the
# state of the transaction, which a server that only reads refuses (25), resources (53), an
# operator (57), the system itself (58).
_OUTAGES = ("25", "53", "57", "58")
_READ_ONLY = "25006"


_LOST = (
    *(psycopg.OperationalError, psycopg.InterfaceError),
    *(psycopg2.OperationalError, psycopg2.InterfaceError),
)


def is_outage(error: BaseException | None) -> bool:
    """Whether the same statement may succeed later; what is no outage is a mistake of ours."""
    return isinstance(error, _LOST) or _state(error).startswith(_OUTAGES)


def is_disconnect(error: BaseException | None) -> bool:
    """Whether to connect anew: the server only reads since a failover, another one writes."""
    return _state(error) == _READ_ONLY


def _state(error: BaseException | None) -> str:
    """The SQLSTATE, or nothing."""
    if isinstance(error, psycopg.Error):
        return error.sqlstate or ""
    return (error.pgcode or "") if isinstance(error, psycopg2.Error) else ""
