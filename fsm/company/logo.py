"""A logo that was sent with a form: decoded and stored before the write, its row inside it."""

from dataclasses import dataclass

from flask import request

from fsm.company.forms import IdentityForm
from fsm.core.errors import DomainError
from fsm.files import images
from fsm.files import services as files


@dataclass(frozen=True, slots=True)
class SentLogo:
    """The picture, or the sentence that says why it is none; neither where none was sent."""

    picture: images.Picture | None = None
    problem: str = ""

    def file_id(self) -> int | None:
        """The id of its row, made now; None where none was sent."""
        return files.put(self.picture.data, self.picture.media_type).id if self.picture else None


def sent_logo() -> SentLogo:
    """For ``@prepares``: what the field ``logo`` of this request holds, its bytes already on the disk."""
    upload = request.files.get("logo")
    if upload is None or not upload.filename:
        return SentLogo()
    try:
        picture = images.photo(upload.read(), "logo")
        files.write_bytes(picture.data)
    except DomainError as error:
        return SentLogo(problem=str(error))
    finally:
        upload.seek(0)  # the request's hash reads it again
    return SentLogo(picture)


def is_sound(form: IdentityForm, logo: SentLogo) -> bool:
    """Whether the logo sent, if any, is a picture; says so at its field if not."""
    if logo.problem:
        form.logo.errors = [logo.problem]
    return not logo.problem
