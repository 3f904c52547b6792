"""Dashboards, first start, settings index, integrity page."""
