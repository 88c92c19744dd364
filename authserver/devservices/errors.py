"""What a developer is told when an embedded server cannot be had."""


class EmbeddedServerError(RuntimeError):
    """An embedded server is missing or cannot start; the message says how to mend it."""


class FolderInUseError(EmbeddedServerError):
    """Another server that is alive works on the same data."""
