"""The English template of each code, in one table for each area.

A template's holes `%(name)s` are the parameters of its messages. A template of two forms, for one
and for many, is chosen by the parameter `n`.
"""

from vanne.words.message import Template
from vanne.words.templates.archives import ARCHIVES
from vanne.words.templates.commands import COMMANDS
from vanne.words.templates.files import FILES
from vanne.words.templates.inspection import INSPECTION
from vanne.words.templates.policies import POLICIES
from vanne.words.templates.rows import ROWS
from vanne.words.templates.tables import TABLES

ALL: tuple[dict[str, Template], ...] = (
    ARCHIVES,
    COMMANDS,
    FILES,
    INSPECTION,
    POLICIES,
    ROWS,
    TABLES,
)
