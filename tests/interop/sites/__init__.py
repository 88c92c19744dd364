"""Applications on clients of others, as small as they can be and still be whole."""
