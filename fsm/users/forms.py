"""Login, profile and administration of users."""

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    HiddenField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
    ValidationError,
    widgets,
)
from wtforms.validators import DataRequired, EqualTo

from fsm.core.fields import ExactField, Form, TextField
from fsm.users import passwords
from fsm.users.models import Role

ROLE_LABELS: dict[Role, Any] = {
    Role.TECHNICIAN: _l("Technician"),
    Role.OFFICE: _l("Office"),
    Role.MANAGER: _l("Manager"),
    Role.ADMINISTRATOR: _l("Administrator"),
    Role.ACCOUNTANT: _l("Accountant"),
}


def locale_choices() -> list[tuple[str, str]]:
    """The languages of the pages, each by its own name."""
    return [("en", "English"), ("nl", "Nederlands"), ("fr", "Français"), ("de", "Deutsch")]


def role_choices() -> list[tuple[str, str]]:
    """The roles by their names in the user's language."""
    return [(role.value, str(label)) for role, label in ROLE_LABELS.items()]


class MultiCheckboxField(SelectMultipleField):
    """Several of a few, as check boxes."""

    widget = widgets.ListWidget(prefix_label=False)
    option_widget = widgets.CheckboxInput()


class LoginForm(Form):
    """E-mail and password; ``next`` is where to go then."""

    email = TextField(_l("E-mail"), [DataRequired()], length=200)
    password = PasswordField(_l("Password"), [DataRequired()])
    next = HiddenField()


class ProfileForm(Form):
    """What everybody changes of himself."""

    name = TextField(_l("Name"), [DataRequired()], length=100)
    phone = TextField(_l("Phone"), length=40)
    locale = SelectField(_l("Language"), choices=locale_choices)
    has_single_keys = BooleanField(_l("Keys of one letter"))

    def values(self) -> dict[str, Any]:
        """The service's arguments."""
        return {
            "has_single_keys": bool(self.has_single_keys.data),
            "name": self.name.data,
            "phone": self.phone.data,
            "locale": self.locale.data,
            "version": self.sent_version(),
        }


class PasswordForm(Form):
    """A new password, proven by the old one."""

    current_password = PasswordField(_l("Present password"), [DataRequired()])
    password = PasswordField(_l("New password"), [DataRequired()])
    password_again = PasswordField(
        _l("New password again"), [DataRequired(), EqualTo("password", _l("The two are not the same."))]
    )

    def __init__(self, *args: Any, email: str = "", **kwargs: Any) -> None:  # noqa: ANN401 - passed through
        super().__init__(*args, **kwargs)
        self.email_address = email

    def validate_password(self, field: PasswordField) -> None:
        """The rules, before anything slow."""
        _obey_rules(field.data, self.email_address)


class SetPasswordForm(Form):
    """A password that an administrator sets and passes on, so it is readable."""

    password = StringField(_l("New password"), [DataRequired()])

    def __init__(self, *args: Any, email: str = "", **kwargs: Any) -> None:  # noqa: ANN401 - passed through
        super().__init__(*args, **kwargs)
        self.email_address = email

    def validate_password(self, field: StringField) -> None:
        """The rules, before anything slow."""
        _obey_rules(field.data, self.email_address)


class UserForm(Form):
    """What an administrator changes of a user."""

    name = TextField(_l("Name"), [DataRequired()], length=100)
    email = TextField(_l("E-mail"), [DataRequired()], length=200)
    phone = TextField(_l("Phone"), length=40)
    locale = SelectField(_l("Language"), choices=locale_choices)
    roles = MultiCheckboxField(_l("Roles"), coerce=Role, choices=role_choices)
    hourly_cost = ExactField(_l("Cost of an hour"), places=4, high=10_000)

    def values(self) -> dict[str, Any]:
        """The service's arguments, but the version."""
        return {
            "email": self.email.data,
            "name": self.name.data,
            "phone": self.phone.data,
            "locale": self.locale.data,
            "roles": self.roles.data or [],
            "hourly_cost": self.hourly_cost.data or 0,
        }


class NewUserForm(UserForm):
    """A new user with a first password."""

    password = StringField(_l("Password"), [DataRequired()])

    def validate_password(self, field: StringField) -> None:
        """The rules, before anything slow."""
        _obey_rules(field.data, self.email.data)


def _obey_rules(password: str | None, email: str | None) -> None:
    if sentence := passwords.problem(password or "", email or ""):
        raise ValidationError(sentence)
