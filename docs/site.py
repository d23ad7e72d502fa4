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

_LINK = re.compile(r"(\]\()([^)\s#:]+)((?:#[^)\s]*)?\))")


def _pages() -> dict[str, str]:
    """Files of the repository outside docs/ that a page links to, and what they are in the site."""
    found = {"README.md": "index.md", "CHANGELOG.md": "changes.md"}
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for link in _LINK.finditer(page.read_text(encoding="utf-8")):
            path = posixpath.normpath(posixpath.join(page.parent.relative_to(ROOT).as_posix(), link[2]))
            if not path.startswith("docs/") and (ROOT / path).is_file():
                found.setdefault(path, path.replace("/", "-"))
    return found


PAGES = _pages()
_OURS = {there: here for here, there in PAGES.items()}


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
