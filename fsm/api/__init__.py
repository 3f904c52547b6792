"""The REST API under /api/v1: resources, keys, webhooks."""
