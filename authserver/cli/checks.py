"""The checks of ``authserver doctor``: each tells what it found, and how to mend what is wrong."""

import re
from collections.abc import Callable, Mapping
from functools import partial

from authserver.cli.data_checks import (
    administrator,
    jobs,
    key_encryption_key,
    keys_folder,
    schema,
    signing_keys,
)
from authserver.cli.findings import Advice, Finding, UnwellError
from authserver.cli.found_settings import FoundSettings, find_settings
from authserver.cli.refusals import explain
from authserver.cli.server_checks import clock, encryption, postgresql, redis, writing
from authserver.cli.settings_checks import issuer, open_files, unusual_settings
from authserver.settings import Settings, SettingsError

_SETTINGS = "settings"
_POSTGRESQL = "postgresql"
_SCHEMA = "schema"
_KEY = "key-encryption key"
# By name, what else must be well for a check to tell anything new.
_RESTS_ON = {
    "encryption": (_POSTGRESQL,),
    "writing": (_POSTGRESQL,),
    "clock": (_POSTGRESQL,),
    _SCHEMA: (_POSTGRESQL, _KEY),
    "signing keys": (_POSTGRESQL, _KEY, _SCHEMA),
    "administrator": (_POSTGRESQL, _KEY, _SCHEMA),
    "jobs": (_POSTGRESQL, _KEY, _SCHEMA),
}
_MEND_SETTINGS = (
    "Mend the variables that are named here; docs/reference/settings.md tells of all of them."
)
_SENTENCE_END = re.compile(r"(?<=[.])\s+(?=[A-Z])")

Check = Callable[[Settings], "str | Advice"]

CHECKS: Mapping[str, Check] = {
    "issuer": issuer,
    "unusual settings": unusual_settings,
    "open files": open_files,
    _POSTGRESQL: postgresql,
    "encryption": encryption,
    "writing": writing,
    "clock": clock,
    "redis": redis,
    "keys folder": keys_folder,
    _KEY: key_encryption_key,
    _SCHEMA: schema,
    "signing keys": signing_keys,
    "administrator": administrator,
    "jobs": jobs,
}


def examine() -> list[Finding]:
    """All checks, in an order in which one rests on those before."""
    found: list[FoundSettings] = []

    def settings_are_valid() -> str:
        found.append(find_settings())
        return f"Valid; found in {found[0].origin}."

    first = _perform(_SETTINGS, settings_are_valid)
    if not found:
        return [first]
    settings = found[0].settings
    findings = [first]
    for name, check in CHECKS.items():
        findings.append(_skipped(name, findings) or _perform(name, partial(check, settings)))
    return findings


def _skipped(name: str, findings: list[Finding]) -> Finding | None:
    """A check tells nothing new when what it rests on is not there."""
    wrong = {finding.check for finding in findings if not finding.ok}
    missing = next((one for one in _RESTS_ON.get(name, ()) if one in wrong), None)
    if missing is None:
        return None
    return Finding(name, False, "Not checked.", f"Mend this first: {missing}.")


def _perform(name: str, check: Callable[[], str | Advice]) -> Finding:
    try:
        found = check()
    except UnwellError as error:
        return Finding(name, False, error.finding, error.mend)
    except SettingsError as error:
        return Finding(name, False, str(error), _MEND_SETTINGS)
    except Exception as error:
        refusal = explain(error)
        if refusal is None:
            raise
        # Our refusals say first what is wrong, and then what to do.
        finding, *mend = _SENTENCE_END.split(str(refusal["message"]), maxsplit=1)
        return Finding(name, False, finding, *mend)
    if isinstance(found, Advice):
        return Finding(name, True, found.finding, found.mend)
    return Finding(name, True, found)
