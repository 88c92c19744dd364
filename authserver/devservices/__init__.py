"""The servers that `authserver dev` and the tests embed: PostgreSQL and Valkey from packages.

It owns finding their binaries, starting them on private sockets, and seeing to it that none
outlives us. It refuses to own what is inside them: tables belong to the migrations, keys to the
rooms that write them. Production never comes here.
"""
