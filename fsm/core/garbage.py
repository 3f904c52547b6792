"""Garbage collection: the program itself, once loaded, is none."""

import gc

from sqlalchemy.orm import configure_mappers


def keep_loaded() -> None:
    """Leave alone what has been loaded by now, for good.

    Python's collector looks at every object now and then, at a third of a million of this program: half a second in
    the middle of somebody's request. For processes that serve or work, before they begin.
    """
    configure_mappers()
    gc.collect()
    gc.freeze()
