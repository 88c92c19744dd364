"""How a client proves who it is: one file a method, named as registered (RFC 7591, section 2)."""
