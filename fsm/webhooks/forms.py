"""What a webhook is called, where it goes and what it tells."""

from flask_babel import lazy_gettext as _l
from wtforms.validators import DataRequired

from fsm.core.fields import Form, TextField
from fsm.users.forms import MultiCheckboxField
from fsm.webhooks import addresses, services
from fsm.webhooks.kinds import KINDS
from fsm.webhooks.services import EndpointValues


def event_choices() -> dict[str, str]:
    """Name and label of each event."""
    return {name: f"{kind.label} ({name})" for name, kind in KINDS.items()}


class EndpointForm(Form):
    """One endpoint."""

    name = TextField(_l("Name"), [DataRequired(_l("Give the webhook a name."))], length=services.NAME_LENGTH)
    url = TextField(_l("Address"), [DataRequired(_l("Where is it sent to?"))], length=addresses.LENGTH)
    events = MultiCheckboxField(
        _l("Events"), [DataRequired(_l("Choose at least one event."))], choices=lambda: list(event_choices().items())
    )

    def values(self) -> EndpointValues:
        """The service's argument."""
        return EndpointValues(self.name.data or "", self.url.data or "", self.events.data or [])
