"""What a process that serves has loaded is looked at once, not for ever."""

import subprocess
import sys

LOOKED_AT = """
import gc
import wsgi
print(gc.get_freeze_count(), len(gc.get_objects()))
"""


def test_what_is_loaded_is_not_looked_at_again() -> None:
    answer = subprocess.run([sys.executable, "-c", LOOKED_AT], capture_output=True, text=True, check=True)
    kept, looked_at = map(int, answer.stdout.split())
    assert looked_at < kept / 10
