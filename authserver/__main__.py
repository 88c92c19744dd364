"""``python -m authserver`` is the command ``authserver``."""

from authserver.cli.main import main

if __name__ == "__main__":
    main()
