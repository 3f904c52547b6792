"""What the program refuses, in sentences a user can read."""


class DomainError(Exception):
    """A refusal with its sentence and, where there is one, the name of the field it is about.

    422 on pages, 400 in the API (S3's clients expect that); the kinds below carry statuses of their own.
    """

    status = 422

    def __init__(self, sentence: str, field: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field

    def __str__(self) -> str:
        return str(self.sentence)


class ConflictError(DomainError):
    """An illegal step of a state machine, or a stale version: 409."""

    status = 409


class ForbiddenError(DomainError):
    """The user may not do this: 403."""

    status = 403


class NotFoundError(DomainError):
    """No such thing, or not for this user: 404."""

    status = 404
