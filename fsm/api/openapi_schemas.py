"""JSON schemas of what is read and shown, and examples, from the fields themselves."""

from fsm.api.fields import Json, ListOf, Part, Wire, WireSchema


def read_schema(schema: WireSchema, *, partial: bool = False) -> Json:
    """What is read: system fields are taken too, and ignored."""
    properties = {}
    for name, known in schema.fields.items():
        if isinstance(known, Wire):
            properties[name] = {} if known.dump_only else _noted(known, _read(known))
    required = [name for name, known in schema.load_fields.items() if known.required and not partial]
    found: Json = {"type": "object", "properties": properties, "additionalProperties": False}
    return found | ({"required": required} if required else {})


def _read(known: Wire) -> Json:
    if isinstance(known, ListOf):
        return {"type": "array", "maxItems": known.most, "items": read_schema(known.schema)}
    if isinstance(known, Part):
        return read_schema(known.schema)
    return known.described()


def shown_schema(schema: WireSchema) -> Json:
    """What is shown; nothing is required, for a list may be asked for some fields alone."""
    properties = {
        name: _noted(known, {"anyOf": [_shown(known), {"type": "null"}]})
        for name, known in schema.dump_fields.items()
        if isinstance(known, Wire)
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _shown(known: Wire) -> Json:
    if isinstance(known, ListOf):
        return {"type": "array", "items": shown_schema(known.schema)}
    if isinstance(known, Part):
        return shown_schema(known.schema)
    return known.displayed()


def _noted(known: Wire, schema: Json) -> Json:
    text = known.metadata.get("note")
    default = known.metadata.get("default")
    notes = " ".join(part for part in (text, f"Default: {default}." if default is not None else "") if part)
    return schema | ({"description": notes} if notes else {})


def example_of(schema: WireSchema) -> Json:
    """One that is taken, but for ids: what is needed and what has an example."""
    found: Json = {}
    for name, known in schema.load_fields.items():
        if isinstance(known, ListOf):
            if name == "items":
                found[name] = [example_of(known.schema)]
        elif isinstance(known, Wire) and known.metadata.get("example") is not None and not known.load_only:
            found[name] = known.metadata["example"]
    found.pop("amount_with_tax", None)
    found.pop("description_html", None)
    return found
