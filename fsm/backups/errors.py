"""What is wrong with a backup, in a sentence."""

from fsm.core.errors import DomainError


class BackupError(DomainError):
    """A backup that could not be made, or that is not restored: damaged, cut off, too new, or of unsound books."""
