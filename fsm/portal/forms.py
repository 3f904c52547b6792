"""What a customer writes on our pages."""

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField
from wtforms.validators import InputRequired

from fsm.core.fields import Form, TextField
from fsm.quotes.services import MAX_NAME


class SignForm(Form):
    """The name typed, the signature drawn, and which content of the quote was on the page."""

    signer_name = TextField(_l("Your name"), [InputRequired()], length=MAX_NAME)
    signature = HiddenField(_l("Signature"), [InputRequired(_l("Sign here first."))])
    content = HiddenField()
