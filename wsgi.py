"""For WSGI servers and for ``flask``: ``wsgi:app``."""

from fsm import logs
from fsm.app import create_app
from fsm.core.garbage import keep_loaded

logs.set_up()
app = create_app()
keep_loaded()
