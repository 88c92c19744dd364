"""What must hold however much there is and however long it runs; each check is a command.

It owns the questions and the limits. It refuses to own how a workload is measured.
"""
