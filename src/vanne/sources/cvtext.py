"""Read a CV that is plain text, with or without the marks of Markdown.

Any text may be called `.txt`: a letter, a chat, a list. So one is a CV if it has headings of two
parts of a CV, such as work and schools, each on a line of its own.

>>> is_cv("Ana Lac\\n\\n## Berufserfahrung\\n2019 Nurse\\n\\n## Ausbildung\\nGymnasium")
True
>>> is_cv("Dear Bram,\\nmy experience with skills is good.")
False
"""

import re

from vanne.folding import fold
from vanne.sources.documents import DocumentText
from vanne.sources.streams import decode

_LEAST = 2
_HEADINGS = {
    "work": (
        "experience|work experience|professional experience|employment|employment history|"
        "work history|career|berufserfahrung|praktische erfahrung|arbeitserfahrung|werdegang|"
        "beruflicher werdegang|berufliche erfahrung|experience professionnelle|"
        "experiences professionnelles|experiences|parcours professionnel|parcours|emplois|"
        "esperienza|esperienze|esperienza professionale|esperienze professionali|"
        "esperienze lavorative|esperienza lavorativa|percorso professionale"
    ),
    "schools": (
        "education|education and training|academic background|qualifications|training|"
        "ausbildung|bildung|schulbildung|bildungsweg|aus- und weiterbildung|studium|"
        "weiterbildung|formation|formations|etudes|diplomes|scolarite|formation et diplomes|"
        "istruzione|formazione|istruzione e formazione|studi|titoli di studio"
    ),
    "skills": (
        "skills|key skills|technical skills|core competencies|competencies|kenntnisse|"
        "fahigkeiten|kompetenzen|edv-kenntnisse|it-kenntnisse|competences|savoir-faire|"
        "aptitudes|competenze|competenze tecniche|capacita|conoscenze"
    ),
    "languages": "languages|language skills|sprachen|sprachkenntnisse|langues|lingue",
    "more": (
        "references|interests|hobbies|publications|certificates|certifications|projects|"
        "personal details|profile|summary|referenzen|interessen|hobbys|publikationen|zertifikate|"
        "projekte|personliche daten|personalien|profil|centres d'interet|loisirs|certificats|"
        "projets|interessi|referenze|pubblicazioni|certificati|progetti|dati personali|profilo"
    ),
}
"""How the parts of a CV are called in four languages, without accents."""
_PART_OF = {name: part for part, names in _HEADINGS.items() for name in names.split("|")}
_MARKS = re.compile(r"^[\s#*_=>-]+|[\s*_:=#-]+$")
_RULE = re.compile(r"[-=*_]{3,}")


def is_cv(text: str) -> bool:
    """Say whether a text has the headings of a CV."""
    lines = (fold(_MARKS.sub("", line)) for line in text.splitlines() if len(line) <= 80)
    return len({_PART_OF[line] for line in lines if line in _PART_OF}) >= _LEAST


def cv_of_text(data: bytes) -> DocumentText:
    """Return what a text says, without the lines that only draw a rule and the marks of headings.

    >>> cv_of_text(b"# Ana Lac\\n---\\n**Nurse**, Bern").text
    'Ana Lac\\nNurse, Bern'
    """
    lines = (line.strip() for line in decode(data).text.splitlines())
    plain = (re.sub(r"^#{1,6} +|\*\*|__", "", line) for line in lines if not _RULE.fullmatch(line))
    return DocumentText("\n".join(plain))
