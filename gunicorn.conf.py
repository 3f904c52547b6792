"""For ``.venv/bin/gunicorn``, which reads this by itself: several processes that serve ``wsgi:app`` (docs/operations.md)."""

import os

wsgi_app = "wsgi:app"
bind = f"{os.environ.get('HOST', '127.0.0.1')}:{os.environ.get('PORT', '5000')}"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = int(os.environ.get("FSM_THREADS", "8"))
control_socket_disable = True  # it would lie in the home of whoever starts it
timeout = 60
graceful_timeout = 30
keepalive = 5
max_requests = 20_000  # a process is renewed now and then, not all at once
max_requests_jitter = 2_000
accesslog = None  # the web server before it writes one
