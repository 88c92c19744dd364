"""The entry point: one group of commands, and exit codes that mean something.

0: done. 1: refused, stderr says why. 2: the command line itself is wrong. 130: interrupted.
"""

import sys
from collections.abc import Sequence

import click

from authserver import __version__
from authserver.cli.audit import audit
from authserver.cli.bootstrap import bootstrap
from authserver.cli.clients import client
from authserver.cli.config import config
from authserver.cli.consents import consent
from authserver.cli.dev import dev
from authserver.cli.doctor import doctor
from authserver.cli.healthcheck import healthcheck
from authserver.cli.jobs import jobs
from authserver.cli.keys import key
from authserver.cli.maintenance import maintenance
from authserver.cli.migrations import migrate, migration
from authserver.cli.openapi import openapi
from authserver.cli.refusals import explain, tell
from authserver.cli.resources import resource
from authserver.cli.roles import role
from authserver.cli.serve import serve
from authserver.cli.sessions import session
from authserver.cli.tokens import token
from authserver.cli.users import user
from authserver.cli.worker import worker

REFUSED = 1
USAGE = 2
INTERRUPTED = 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="authserver")
def authserver() -> None:
    """Run and administer Authserver, an OAuth 2.0 and OpenID Connect authorization server.

    Settings come from the environment (AUTHSERVER_*) or from .env; beside a running `make run`
    they are those of that server.

    \b
    Example:
      authserver user create --email una@example.com --full-name "Una" --password-stdin
    """


for command in (
    *(dev, serve, worker, migrate, migration, bootstrap, doctor, healthcheck, config, maintenance),
    *(user, role, client, resource, key, session, consent, token, jobs, audit, openapi),
):
    authserver.add_command(command)


def main() -> None:
    """What the shell calls."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Do what the command line says; the exit code."""
    try:
        code = authserver.main(args=list(arguments), prog_name="authserver", standalone_mode=False)
    except (click.Abort, KeyboardInterrupt):
        click.echo("Interrupted.", err=True)
        return INTERRUPTED
    except Exception as error:
        refusal = explain(error)
        if refusal is None:
            raise
        tell(refusal, arguments)
        return USAGE if isinstance(error, click.ClickException) else REFUSED
    return code if isinstance(code, int) else 0
