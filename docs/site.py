"""What the site of these pages needs besides them: pages and pictures that are elsewhere in the repository.

`mkdocs` calls the two functions (`hooks` in mkdocs.yml). The README is the site's first page.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]

PAGES = {
    "README.md": "index.md",
    "CHANGELOG.md": "changes.md",
    "deploy/README.md": "deploy.md",
    "weights/slim.md": "networks.md",
    "benchmarks/results/cpu.md": "measured.md",
    "benchmarks/results/embedded.png": "embedded.png",
}
"""Files of the repository outside docs/, and what they are in the site."""

_OURS = {there: here for here, there in PAGES.items()}
_LINK = re.compile(r"(\]\()([^)\s#:]+)((?:#[^)\s]*)?\))")


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that are elsewhere."""
    for here, there in PAGES.items():
        files.append(File.generated(config, there, abs_src_path=str(ROOT / here)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turn links within the repository into links within the site."""
    source = _OURS.get(page.file.src_uri, f"docs/{page.file.src_uri}")

    def within_site(link: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(posixpath.dirname(source), link[2]))
        return f"{link[1]}{PAGES.get(target, target.removeprefix('docs/'))}{link[3]}"

    return _LINK.sub(within_site, markdown)
