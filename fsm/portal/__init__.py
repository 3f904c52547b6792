"""Pages for customers, without a login, by signed links."""
