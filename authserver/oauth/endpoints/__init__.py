"""The endpoints: one file each, a function from request to response."""
