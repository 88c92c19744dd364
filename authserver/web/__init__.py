"""Pages: what people see of this server, in their language, with or without scripts.

Owns templates, styles, translations, and the protection of forms. Refuses to own tables and rules:
what a page asks for is decided by the services below, and what comes next by ``oauth``.
"""
