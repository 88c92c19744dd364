"""The promises of docs/operations/promises.md, each with what shows that it is kept.

``make promises`` keeps them long and writes the figures down; the tests keep them short.
"""
