"""How fast the server is, and what each request costs: `make bench`.

It owns the load, the measuring and the tables of figures, for our server and for a peer. It refuses
to own anything of the server, which runs as in production, and is not installed with it.
"""
