"""Reads a CV of Europass: XML of both generations, and the JSON twin of the older one.

A document that breaks somewhere keeps the parts that were whole before; the one in which it breaks
is listed, and nobody knows what was behind.

Since 2020 the root is `Candidate` in Europass's namespace (HR-Open's plain one is another format);
before, it was `SkillsPassport`. Addresses, telephone numbers and pictures are left out of the text.
"""

import json
from collections.abc import Iterator
from datetime import date
from xml.etree.ElementTree import Element

from vanne.sources.dates import birth_date, first_day, last_day
from vanne.sources.jsontext import TOO_DEEP, fault_of
from vanne.sources.markup import text_of_html
from vanne.sources.parts import Part, Parts
from vanne.sources.people import person_id, plain_name
from vanne.sources.reading import Facts, School, country_code
from vanne.sources.schools import is_secondary
from vanne.sources.xmltext import BROKEN, NOT_XML, XmlError, name_of, read_xml, space_of
from vanne.words import Message

_NO_OBJECT = Message("not-an-object")
_SILENT = frozenset(
    "ContactInfo Communication Address Code ID DocumentID Photo Data MimeType PhotoType Attachment "
    "LanguageCode CountryCode NACECode ISCOCode Email Telephone Website InternetDomainAddress "
    "OrganizationContact PrimaryLanguageCode NationalityCode BirthDate GenderCode Demographics "
    "ReferenceTo Documentation TempFile Uri PreferredMimeType "
    "Current CurrentIndicator Ongoing IndustryCode EducationLevelCode".split()
)
_LISTS = {
    "EmploymentHistory": "position",
    "WorkExperienceList": "position",
    "EducationHistory": "education",
    "EducationList": "education",
    "PersonQualifications": "skill",
    "Licenses": "education",
    "Certifications": "education",
    "PublicationHistory": "profile",
    "AchievementList": "profile",
    "ConferencesAndSeminars": "profile",
    "SocialAndPoliticalActivities": "profile",
    "HonorsAndAwards": "profile",
    "HobbiesAndInterests": "profile",
    "VolunteerWorks": "position",
    "VoluntaryWorks": "position",
    "Volunteering": "position",
    "CreativeWorks": "profile",
    "Projects": "position",
    "NetworksAndMemberships": "profile",
    "Recommendations": "recommendation",
    "EmploymentReferences": "contact",
    "ReferenceToList": "contact",
    "Others": "profile",
    "Courses": "education",
    "ManagementAndLeadershipSkills": "skill",
    "OrganisationalSkills": "skill",
    "CommunicationAndInterpersonalSkills": "skill",
    "JobRelatedSkills": "skill",
    "DigitalSkills": "skill",
    "DrivingLicences": "skill",
}
_SINGLE = {
    "ExecutiveSummary": "profile",
    "Headline": "profile",
    "WorkExperience": "position",
    "Education": "education",
    "Achievement": "profile",
    "CoverLetter": "cv",
}
_NO_ROWS = frozenset(
    "ID DocumentID RenderingInformation DocumentInfo PrintingPreferences Locale SchemaLocation "
    "CandidateSupplier PersonName".split()
)
_OBJECTS = frozenset("WorkExperience Education Achievement MotherTongue ForeignLanguage".split())
"""What is a row in the JSON: an object, and nothing else."""
_PICTURES = frozenset("Attachment AttachmentList ProfilePicture Photo".split())


def europass_of_xml(data: bytes) -> Parts:
    """Read the XML document."""
    try:
        root = read_xml(data, mend=True)
    except XmlError as error:
        return Parts(fault=error.fault)
    if name_of(root) == "Candidate" and "europass.eu" not in space_of(root):
        return Parts(fault=Message("not-europass"))
    if name_of(root) not in ("Candidate", "SkillsPassport"):
        return Parts(fault=Message("not-europass"))
    return _parts(root)


def europass_of_json(data: bytes) -> Parts:
    """Read the JSON twin of the older generation."""
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return Parts(fault=Message("not-json"))
    if not isinstance(document, dict) or fault_of(document):
        return Parts(fault=fault_of(document) or Message("not-json"))
    top = document.get("SkillsPassport", document)
    root = Element("SkillsPassport")
    try:
        _grow(root, top)
    except RecursionError:
        return Parts(fault=TOO_DEEP)
    return _parts(root)


def _grow(element: Element, value: object) -> None:
    """Make elements of JSON: an object's keys are its children, an array repeats them."""
    if isinstance(value, dict):
        for key, below in value.items():
            for one in below if isinstance(below, list) else [below]:
                child = Element(str(key))
                if key in _OBJECTS and not isinstance(one, dict):
                    child.set(BROKEN, _NO_OBJECT.code)
                element.append(child)
                _grow(child, one)
    elif isinstance(value, list):
        for one in value:
            _grow(element, one)
    elif value is not None:
        element.text = str(value)


def _parts(root: Element) -> Parts:
    rows = tuple(_rows(root))
    if root.get(BROKEN) and not any(row.fault == NOT_XML for row in rows):
        rows += (Part(fault=Message("truncated")),)  # it breaks where no row is
    name = _name(root)
    country = next((t for t in _texts_named(root, "CountryCode", "CountryISOCode") if t), "")
    if not country:
        places = (e for e in root.iter() if name_of(e) == "Country")
        country = next((t for e in places for t in _texts_named(e, "Code")), "")
    born = next((t for t in _texts_named(root, "BirthDate", "Birthdate") if t), "")
    facts = Facts(
        country=country_code(country),
        birth_date=birth_date(born.strip()[:10], date.max) if born else None,
        schools=tuple(_schools(root)),
    )
    return Parts(rows, frozenset({plain_name(name)} if name else ()), facts)


def _schools(root: Element) -> Iterator[School]:
    """Yield the secondary schools among what was attended."""
    for element in root.iter():
        if name_of(element) not in ("EducationOrganizationAttendance", "Education"):
            continue
        start = "-".join(_below(element, "StartDate", "From"))
        end = "-".join(_below(element, "EndDate", "To"))
        names = _below(element, "OrganizationName", "Organisation")
        degree = " ".join(_below(element, "DegreeName", "Title")) if start or end else ""
        if any(is_secondary(name, degree) for name in names):
            yield School(first_day(start), last_day(end))


def _below(element: Element, *names: str) -> list[str]:
    found = (below for below in element.iter() if name_of(below) in names)
    return [line for below in found for line in _lines(below)]


def _texts_named(root: Element, *names: str) -> Iterator[str]:
    for element in root.iter():
        if name_of(element) in names:
            parts = [element.get("year"), element.get("month"), element.get("day")]
            written = "-".join(part.strip("-").zfill(2) for part in parts if part)
            below = "-".join((e.text or "").strip("-").zfill(2) for e in element)
            yield (element.text or "").strip() or written or below


def _name(root: Element) -> str:
    for element in root.iter():
        if name_of(element) == "PersonName":
            wanted = ("GivenName", "FirstName", "FamilyName", "Surname")
            said = {name_of(e): (e.text or "").strip() for e in element}
            return " ".join(said[name] for name in wanted if said.get(name))
    return ""


def _rows(root: Element) -> Iterator[Part]:
    """Yield the parts: what lies in a list is one each."""
    for element in root:
        name = name_of(element)
        if name in ("CandidatePerson", "Identification"):
            yield Part("profile", _name(element), fault=_broken(element))
            if any(name_of(e) == "Photo" for e in element):
                yield Part(fault=Message("attachment"))
        elif name in ("CandidateProfile", "LearnerInfo"):
            yield from _rows(element)
        elif name in _PICTURES:
            files = len(element) if name == "AttachmentList" else 1
            yield from (Part(fault=Message("attachment")) for _ in range(files))
        elif name in _LISTS:
            yield from _listed(element, _LISTS[name])
        elif name == "Skills":
            yield from (_part(below, "skill") for group in element for below in _deepest(group))
        elif name in _SINGLE:
            yield _part(element, _SINGLE[name])
        elif name not in _NO_ROWS and _has_text(element):
            yield Part(fault=Message("unknown-part"))


def _broken(element: Element) -> Message | None:
    """Return why the document breaks in an element, if it does."""
    return {fault.code: fault for fault in (NOT_XML, _NO_OBJECT)}.get(element.get(BROKEN, ""))


def _deepest(group: Element) -> Iterator[Element]:
    lists = [below for below in group if name_of(below).endswith("List")]
    repeated = [e for e in group if name_of(e) in ("MotherTongue", "ForeignLanguage")]
    if lists or repeated:
        yield from (one for below in lists for one in below)
        yield from repeated
    else:
        yield group


def _listed(element: Element, category: str) -> Iterator[Part]:
    for below in element:
        if name_of(below) == "Title" and not len(below):
            continue
        positions = [e for e in below if name_of(e) == "PositionHistory"]
        if not positions:
            yield _part(below, category)
        for position in positions:
            if broken := _broken(position):
                yield Part(fault=broken)
                continue
            employer = [
                line for e in below if name_of(e) != "PositionHistory" for line in _lines(e)
            ]
            yield Part(category, "\n".join([*_lines(position), *employer]))


def _part(element: Element, category: str) -> Part:
    if broken := _broken(element):
        return Part(fault=broken)
    text = "\n".join(_said(element))
    if "references" in _texts_named(element, "Code"):
        category = "contact"  # of 2013: an achievement that names those who may be asked
    if category in ("contact", "recommendation"):
        author = person_id("", _name(element) or text) or "person:unknown"
        if category == "recommendation":
            return Part(category, text, author=author)
        return Part(category, text, subjects=(author,))
    return Part(category, text)


def _lines(element: Element) -> Iterator[str]:
    """Yield what an element says, without what names or finds a person."""
    if name_of(element) not in _SILENT:
        yield from _said(element)


def _said(element: Element) -> Iterator[str]:
    """Yield what a row says, whatever its name: `Communication` is a channel and a skill."""
    text = (element.text or "").strip()
    if "<" in text:
        text = text_of_html(text) or ""
    if text:
        yield text
    dated = "-".join(part.strip("-") for part in map(element.get, ("year", "month", "day")) if part)
    if dated:
        yield dated
    for below in element:
        yield from _lines(below)


def _has_text(element: Element) -> bool:
    return any((one.text or "").strip() for one in element.iter())
