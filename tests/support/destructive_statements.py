"""Which statements of a migration may break the code of the release before it.

That code runs beside the new one while servers are replaced (``docs/operations/upgrades.md``). It
reads what was there, and it writes rows without what has come since.
"""

import re

_NAME = r'"?(\w+)"?'
_CREATED = re.compile(rf"\s*CREATE TABLE (?:IF NOT EXISTS )?{_NAME}", re.IGNORECASE)
_ABOUT_A_TABLE = re.compile(
    rf"\s*(?:ALTER TABLE (?:IF EXISTS )?(?:ONLY )?|CREATE UNIQUE INDEX .*? ON (?:ONLY )?){_NAME}",
    re.IGNORECASE | re.DOTALL,
)
# Each with why: what the older code does that fails, or is lost.
_DESTRUCTIVE = {
    r"\bDROP (?!NOT NULL\b|DEFAULT\b|EXPRESSION\b)": "takes away what the older code may use",
    r"\bDROP DEFAULT\b": "the older code does not name the column when it writes a row",
    r"\bRENAME\b": "the older code knows the former name",
    r"\bALTER (?:COLUMN )?\w+ (?:SET DATA )?TYPE\b": "the older code knows the former type",
    r"\bSET NOT NULL\b": "the older code may write NULL",
    r"\bADD (?:COLUMN )?(?!.*\bDEFAULT\b)[^,]*\bNOT NULL\b": (
        "the older code does not name the column, and it has no default"
    ),
    r"\bADD (?:CONSTRAINT|CHECK|UNIQUE|PRIMARY KEY|EXCLUDE|FOREIGN KEY)\b": (
        "the older code may write what is refused now"
    ),
    r"^\s*CREATE UNIQUE INDEX\b": "the older code may write rows that are refused now",
    r"^\s*(?:DELETE FROM|TRUNCATE)\b": "what the older code relies on is gone",
    r"\bREVOKE\b": "the older code may not do any more what it does",
}
_FLAGS = re.IGNORECASE | re.DOTALL


def created_tables(statements: list[str]) -> set[str]:
    """Tables that no older code can know."""
    return {found[1] for each in statements if (found := _CREATED.match(each))}


def why_destructive(statement: str, new_tables: set[str]) -> str | None:
    """Why older code may not bear the statement; None when it does."""
    about = _ABOUT_A_TABLE.match(statement)
    if about and about[1] in new_tables:
        return None
    # What a function does when it is called is not what the migration does.
    plain = re.sub(r"\$(\w*)\$.*?\$\1\$", "''", statement, flags=_FLAGS)
    for pattern, why in _DESTRUCTIVE.items():
        if re.search(pattern, plain, _FLAGS):
            return why
    return None
