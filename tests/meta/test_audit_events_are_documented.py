"""The table of events in the manual is the vocabulary."""

import re
from collections import Counter
from pathlib import Path

from authserver.audit.events import Event
from authserver.audit.schemas import AuditEventSchema

PAGE = (Path(__file__).parents[2] / "docs" / "operations" / "audit.md").read_text()
_ROW = re.compile(r"^\| `([a-z_]+\.[a-z_]+)` \| (.+?) \| ", re.MULTILINE)


def test_every_event_is_explained_once():
    explained = Counter(name for name, _ in _ROW.findall(PAGE))

    assert explained == Counter(event.value for event in Event)


def test_every_member_of_an_event_is_explained():
    said = re.findall(r"^\| (`.+?`) \|", PAGE, re.MULTILINE)
    explained = {name for cell in said for name in re.findall("`([a-z_]+)`", cell)}

    assert AuditEventSchema().fields.keys() <= explained
