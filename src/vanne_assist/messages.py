"""The English template of each message code of Assist."""

from vanne.words import Template

TEMPLATES: dict[str, Template] = {
    # what a brief may not ask
    "protected-ask": "`%(words)s`: %(reason)s (%(law)s)",
    "ask-instead": "ask instead: %(lawful)s",
    "leave-ask-out": "leave it out",
    "instead-sex": "name the title in both forms, and ask for what the work needs",
    "instead-age": "ask for years of experience or for a degree, without a year or an age",
    "instead-origin": "ask for the level of a language and for the right to work, if it matters",
    "instead-work": "say what the work demands (hours, travel, loads), and nothing of the person",
    "asks-sex": "it asks for people of one sex",
    "asks-age": "it asks for people of an age, or for something that stands in for one",
    "asks-origin": "it asks for an origin, or for something that stands in for one",
    "asks-nationality": "it asks for a nationality; a permit to work is what may be asked",
    "asks-religion": "it asks for a religion or a belief",
    "asks-disability": "it asks whether people have a disability",
    "asks-health": "it asks about people's health or habits",
    "asks-pregnancy": "it asks about pregnancy or the wish for children",
    "asks-family": "it asks about people's family or marital status",
    "asks-orientation": "it asks about people's sexual orientation or identity",
    "asks-union": "it asks whether people are in a trade union",
    "asks-politics": "it asks about people's political opinion",
    "asks-appearance": "it asks about people's looks, or for a photo",
}
