"""S3's types as marshmallow fields: how each is read, bounded, written and described. Written values are what JSON shows.

``attribute`` is our name for the thing, so that the schemas are the table of S3's names and ours.
"""

import base64
import datetime as dt
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

from flask_babel import gettext as _
from marshmallow import RAISE, Schema, ValidationError
from marshmallow import fields as ma

from fsm.core.formats import local
from fsm.documents.rich_text import clean

Json: TypeAlias = dict[str, Any]
YES, NO = frozenset({"yes", "true", "1"}), frozenset({"no", "false", "0"})


class WireSchema(Schema):
    """The fields of one thing. What is not among them is refused by name."""

    class Meta:
        """Unknown fields are refused."""

        unknown = RAISE

    error_messages = {"unknown": "is not a field"}  # noqa: RUF012 - marshmallow's own way


class Wire(ma.Field[Any]):
    """A field of the API. ``reads``: it may be given; ``shows``: it is in answers; both unless said otherwise.

    ``needed``: it must be given when the thing is created. ``example`` stands in the OpenAPI document.
    """

    json_type: Json = {"type": "string"}  # noqa: RUF012 - replaced, never changed

    def __init__(
        self,
        *,
        attribute: str | None = None,
        needed: bool = False,
        reads: bool = True,
        shows: bool = True,
        example: Any = None,  # noqa: ANN401 - of the field's type
        default: Any = None,  # noqa: ANN401 - told in the document; services know it
        note: str = "",
    ) -> None:
        super().__init__(
            attribute=attribute,
            required=needed,
            load_only=not shows,
            dump_only=not reads,
            error_messages={"required": "is required", "null": "is required"},
            metadata={"note": note, "example": example, "default": default},
        )

    def show(self, value: Any) -> Any:  # noqa: ANN401 - a value of ours, as JSON shows it
        """How it is written; never called with None."""
        return value

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - marshmallow's
        del attr, obj, kwargs
        return None if value is None else self.show(value)

    def described(self) -> Json:
        """The JSON schema of what is read."""
        return dict(self.json_type)

    def displayed(self) -> Json:
        """The JSON schema of what is shown."""
        return self.described()


class Text(Wire):
    """Text of at most ``longest`` characters."""

    def __init__(self, longest: int = 0, *, pattern: str = "", **known: Any) -> None:  # noqa: ANN401 - those of a field
        super().__init__(**known)
        self.longest, self.pattern = longest, pattern

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:  # noqa: ANN401 - marshmallow's
        del attr, data, kwargs
        if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
            raise ValidationError(_("must be text"))
        text = str(value)
        if self.required and not text.strip():
            raise ValidationError("is required")
        if self.longest and len(text) > self.longest:
            raise ValidationError(_("may have at most %(most)s characters", most=self.longest))
        if text and self.pattern and not re.fullmatch(self.pattern, text):
            raise ValidationError(_("is not written as it must be"))
        return text

    def displayed(self) -> Json:
        """Text."""
        return {"type": "string"}

    def described(self) -> Json:
        """With its length; a number is taken for its digits."""
        schema: Json = {"type": ["string", "number"]}
        if self.longest:
            schema["maxLength"] = self.longest
        if self.pattern:
            schema["pattern"] = f"^(?:{self.pattern})?$"
        if self.required:
            schema["minLength"] = 1
        return schema


class Html(Text):
    """HTML, cleaned as that of the pages."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:  # noqa: ANN401 - marshmallow's
        return clean(super()._deserialize(value, attr, data, **kwargs))


class YesNo(Wire):
    """``yes`` or ``no``; true and false are taken too (live clients send them)."""

    json_type = {"enum": ["yes", "no", True, False]}  # noqa: RUF012 - replaced, never changed

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:  # noqa: ANN401 - marshmallow's
        del attr, data, kwargs
        text = str(value).casefold() if isinstance(value, str | bool | int) else ""
        if text not in YES | NO:
            raise ValidationError(_("must be yes or no"))
        return text in YES

    def show(self, value: Any) -> str:  # noqa: ANN401 - a bool
        """The word."""
        return "yes" if value else "no"

    def displayed(self) -> Json:
        """The word."""
        return {"type": "string", "enum": ["yes", "no"]}


class OneOf(Wire):
    """One of some words. ``words``: what is read and shown, with the value of ours that it stands for."""

    def __init__(self, words: Mapping[str, Any], **known: Any) -> None:  # noqa: ANN401 - those of a field
        super().__init__(**known)
        self.words = dict(words)
        self.shown = {value: word for word, value in words.items()}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - marshmallow's
        del attr, data, kwargs
        if not isinstance(value, str) or value not in self.words:
            raise ValidationError(_("must be one of %(words)s", words=", ".join(self.words)))
        return self.words[value]

    def show(self, value: Any) -> str:  # noqa: ANN401 - one of ours
        """The word."""
        return self.shown.get(value, str(value))

    def described(self) -> Json:
        """The words."""
        return {"type": "string", "enum": list(self.words)}

    def displayed(self) -> Json:
        """Those of them that are shown."""
        return {"type": "string", "enum": list(self.shown.values())}


class Day(Wire):
    """YYYY-MM-DD."""

    json_type = {"type": "string", "format": "date"}  # noqa: RUF012 - replaced, never changed
    FIRST, LAST = dt.date(1900, 1, 1), dt.date(2999, 12, 31)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dt.date:  # noqa: ANN401 - marshmallow's
        del attr, data, kwargs
        if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            raise ValidationError(_("must be a day, written YYYY-MM-DD"))
        try:
            day = dt.date.fromisoformat(value)
        except ValueError:
            raise ValidationError(_("must be a day, written YYYY-MM-DD")) from None
        if not self.FIRST <= day <= self.LAST:
            raise ValidationError(_("must be between %(low)s and %(high)s", low=self.FIRST, high=self.LAST))
        return day

    def show(self, value: Any) -> str:  # noqa: ANN401 - a day
        """As it is read."""
        return str(value)


class Time(Wire):
    """``YYYY-MM-DD hh:mm:ss`` by the company's clock (S3); read with a T and a zone too."""

    json_type = {"type": "string"}  # noqa: RUF012 - replaced, never changed

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dt.datetime:  # noqa: ANN401 - marshmallow's
        del attr, data, kwargs
        try:
            moment = dt.datetime.fromisoformat(value if isinstance(value, str) else "")
            if moment.tzinfo is None:
                moment = moment.replace(tzinfo=local(dt.datetime.now(dt.UTC)).tzinfo)
            moment = moment.astimezone(dt.UTC)
        except (ValueError, OverflowError):
            raise ValidationError(_("must be a moment, written YYYY-MM-DD hh:mm:ss")) from None
        if not Day.FIRST.year <= moment.year <= Day.LAST.year:
            raise ValidationError(_("must be a moment, written YYYY-MM-DD hh:mm:ss"))
        return moment

    def show(self, value: Any) -> str:  # noqa: ANN401 - a moment
        """By the company's clock."""
        return local(value).strftime("%Y-%m-%d %H:%M:%S")


class Base64(Wire):
    """Bytes, written in base64."""

    json_type = {"type": "string", "contentEncoding": "base64"}  # noqa: RUF012 - replaced, never changed

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bytes:  # noqa: ANN401 - marshmallow's
        del attr, data, kwargs
        try:
            return base64.b64decode("".join(value.split()) if isinstance(value, str) else "?", validate=True)
        except ValueError:
            raise ValidationError(_("must be written in base64")) from None


class Texts(Wire):
    """A list of at most ``most`` texts."""

    def __init__(self, most: int, *, longest: int = 250, **known: Any) -> None:  # noqa: ANN401 - those of a field
        super().__init__(**known)
        self.most, self.longest = most, longest

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:  # noqa: ANN401 - marshmallow's
        del attr, data, kwargs
        if not isinstance(value, list):
            raise ValidationError(_("must be a list"))
        if len(value) > self.most:
            raise ValidationError(_("may have at most %(most)s", most=self.most))
        return [str(Text(self.longest).deserialize(one)) for one in value]

    def described(self) -> Json:
        """With its bounds."""
        one: Json = {"type": "string", "maxLength": self.longest}
        return {"type": "array", "maxItems": self.most, "items": one}


class Part(Wire):
    """A thing within the thing, such as an address."""

    def __init__(self, schema: WireSchema, **known: Any) -> None:  # noqa: ANN401 - those of a field
        super().__init__(**known)
        self.schema = schema

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - marshmallow's
        del attr, data, kwargs
        if not isinstance(value, dict):
            raise ValidationError(_("must have fields of its own"))
        return self.schema.load(value)

    def show(self, value: Any) -> Any:  # noqa: ANN401 - a mapping of values of ours
        """Each field."""
        return self.schema.dump(value)


class ListOf(Part):
    """A list of things within the thing, such as the items of an invoice."""

    def __init__(self, schema: WireSchema, most: int = 1000, **known: Any) -> None:  # noqa: ANN401 - those of a field
        super().__init__(schema, **known)
        self.most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - marshmallow's
        del attr, data, kwargs
        if not isinstance(value, list):
            raise ValidationError(_("must be a list"))
        if len(value) > self.most:
            raise ValidationError(_("may have at most %(most)s", most=self.most))
        return self.schema.load(value, many=True)

    def show(self, value: Any) -> Any:  # noqa: ANN401 - a sequence of mappings
        """Each thing."""
        return self.schema.dump(value, many=True)


def messages(errors: Any, before: str = "") -> Sequence[str]:  # noqa: ANN401 - marshmallow's tree of errors
    """``items[0].quantity must be …``: each error with the path of its field before it."""
    if isinstance(errors, list):
        return [f"{before} {error}".strip() for error in errors]
    found: list[str] = []
    for name, inner in errors.items() if isinstance(errors, dict) else ():
        if isinstance(name, int):
            path = f"{before}[{name}]"
        else:
            path = before if name == "_schema" else f"{before}.{name}" if before else str(name)
        found += messages(inner, path)
    return found
