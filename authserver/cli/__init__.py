"""The command ``authserver``: what operators and developers do without a browser.

It owns words, tables, exit codes, and the supervision of the development server. It refuses to own
rules: each command is a call of a service, by ``operators.OPERATOR``. Modules import what is heavy
inside functions, so that ``--help`` does not wait for a web framework.
"""
