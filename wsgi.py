"""For WSGI servers and for ``flask``: ``wsgi:app``."""

from fsm.app import create_app

app = create_app()
