"""Whether the package of the image encoder is installed: it is optional, like a base model."""

from importlib.metadata import PackageNotFoundError, files

import pytest

from vanne.train.captioner import PACKAGE


def _is_installed() -> bool:
    try:
        return bool(files(PACKAGE))
    except PackageNotFoundError:
        return False


needs_encoder = pytest.mark.skipif(not _is_installed(), reason=f"{PACKAGE} is not installed")
