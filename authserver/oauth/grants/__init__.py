"""One file a ``grant_type``. Each says only what is its own; ``server`` does the rest."""
