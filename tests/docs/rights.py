"""The ClusterRole that the page about `doctor` has, to be asked for."""

import re
from pathlib import Path
from typing import Any

import yaml

PAGE = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text()
(_ROLE,) = (
    yaml.safe_load(block) for block in re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
)
RIGHTS: list[dict[str, Any]] = _ROLE["rules"]
