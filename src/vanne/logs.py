"""Write what is logged as JSON, one object a line, for whatever collects logs.

    {"at": "2026-11-29T02:00:04Z", "level": "info", "logger": "vanne.night", "line": "posts: taken"}

No line names a member: what is logged never does. Of a fault the kind is there, not its text.
"""

import json
import logging
import os
from datetime import UTC, datetime

SETTING = "VANNE_LOG"


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC)
        line = {
            "at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "level": record.levelname.lower(),
            "logger": record.name,
            "line": record.getMessage(),
        }
        kind = record.exc_info and record.exc_info[0]
        return json.dumps(line | ({"fault": kind.__name__} if kind else {}), ensure_ascii=False)


def is_json() -> bool:
    """Say whether this process, and those that it begins, log as JSON."""
    return os.environ.get(SETTING) == "json"


def configure() -> None:
    """Log as the setting says."""
    log = logging.getLogger()
    if is_json() and not any(isinstance(each.formatter, _JsonLines) for each in log.handlers):
        handler = logging.StreamHandler()
        handler.setFormatter(_JsonLines())
        log.addHandler(handler)
        logging.getLogger("vanne").setLevel(logging.INFO)
