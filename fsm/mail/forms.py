"""Forms of mail: how it leaves, its texts, a test."""

from flask_babel import lazy_gettext as _l
from wtforms import (  # type: ignore[attr-defined]  # reason: stubs are older
    BooleanField,
    PasswordField,
    RadioField,
    SelectChoice,
    SelectField,
)
from wtforms.validators import InputRequired, Length, NumberRange

from fsm.company.forms import EmailField
from fsm.core.fields import CountField, Form, LongTextField, TextField
from fsm.mail.addresses import LONGEST_EMAIL
from fsm.mail.models import Security
from fsm.mail.services import LONGEST_BODY, LONGEST_SUBJECT
from fsm.mail.settings import SettingsValues

FOLDER, SERVER = "folder", "server"
SECURITIES = (
    (Security.STARTTLS.value, _l("STARTTLS (usual with port 587)")),
    (Security.TLS.value, _l("TLS from the start (usual with port 465)")),
    (Security.NONE.value, _l("None (only for a server on this machine)")),
)


class SettingsForm(Form):
    """How messages leave. The password is never sent to the browser: left empty, the stored one stays."""

    way = RadioField(
        _l("Messages go"),
        choices=[
            SelectChoice(FOLDER, _l("into the mail folder: nothing leaves, everything can be read here")),
            SelectChoice(SERVER, _l("to a mail server (SMTP)")),
        ],
        default=FOLDER,
    )
    host = TextField(_l("Server"), length=255)
    port = CountField(_l("Port"), [InputRequired(_l("The port is missing.")), NumberRange(1, 65535)], default=587)
    security = SelectField(
        _l("Security"),
        choices=[SelectChoice(value, label) for value, label in SECURITIES],
        default=Security.STARTTLS.value,
    )
    user_name = TextField(_l("User name"), length=200)
    password = PasswordField(_l("Password"), [Length(max=200)], render_kw={"autocomplete": "new-password"})
    sender_name = TextField(_l("Name of the sender"), length=100)
    sender_email = EmailField(_l("Address of the sender"))
    reply_to = EmailField(_l("Answers go to"))
    bcc = EmailField(_l("Blind copy of everything to"))
    public_url = TextField(_l("Address of this program as customers reach it"), length=200)
    accountant_email = EmailField(_l("Address of the accountant"))

    def values(self) -> SettingsValues:
        """As the service wants them."""
        return SettingsValues(
            uses_server=self.way.data == SERVER,
            host=self.host.data or "",
            port=int(self.port.data or 0),
            security=Security(self.security.data),
            user_name=self.user_name.data or "",
            password=self.password.data or None,
            sender_name=self.sender_name.data or "",
            sender_email=self.sender_email.data or "",
            reply_to=self.reply_to.data or "",
            bcc=self.bcc.data or "",
            public_url=self.public_url.data or "",
            accountant_email=self.accountant_email.data or "",
        )


class TryForm(Form):
    """Where a test message goes."""

    to = TextField(_l("To"), [InputRequired(_l("Which address?"))], length=LONGEST_EMAIL, render_kw={"type": "email"})


class TemplateForm(Form):
    """A text with placeholders."""

    subject = TextField(_l("Subject"), [InputRequired(_l("The subject is missing."))], length=LONGEST_SUBJECT)
    body = LongTextField(
        _l("Text"), [InputRequired(_l("The text is missing."))], length=LONGEST_BODY, render_kw={"rows": 16}
    )


class TextForm(TemplateForm):
    """A message to write: what slices above begin their own forms with."""

    recipients = LongTextField(
        _l("To"), [InputRequired(_l("Who gets the message?"))], length=5000, render_kw={"rows": 2}
    )
    attaches_document = BooleanField(_l("Attach the PDF"), default=True)
