"""Sales orders: what a customer has agreed to, until it is billed."""
