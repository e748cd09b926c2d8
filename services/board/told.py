"""What the read API tells, as all that shows it reads it. Pure."""

from collections.abc import Mapping
from typing import Any

Answer = Mapping[str, Any]
"""An answer, or a part of one: a row, a point, a declaration."""
