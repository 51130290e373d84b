"""Settings as an environment gives them."""

import os
from collections.abc import Mapping
from unittest.mock import patch

from vanne.config import Home
from vanne.settings import Settings


def settings_in(variables: Mapping[str, str], home: Home | None = None) -> Settings:
    """Return the settings where these are the variables that begin with VANNE_."""
    others = {k: v for k, v in os.environ.items() if not k.startswith("VANNE_")}
    with patch.dict(os.environ, others | dict(variables), clear=True):
        return Settings.of(home)
