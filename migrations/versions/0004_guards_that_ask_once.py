"""guards that ask once.

No table changes: every migration makes the guards anew, and PostgreSQL's ask for the parent of a line once now.
"""

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""


def downgrade() -> None:
    """A released database only goes forward; go back by restoring the backup made before the upgrade."""
    raise NotImplementedError
