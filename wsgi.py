"""For WSGI servers and for ``flask``: ``wsgi:app``."""

from fsm import logs
from fsm.app import create_app

logs.set_up()
app = create_app()
