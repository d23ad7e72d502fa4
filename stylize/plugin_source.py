"""Finds plugins and reads their source: a Python file, or a module of an installed package.

A package names its module as an entry point of the group `style_sweep.plugins`, and `--plugin` names the entry point.
Running the source is the subject of `plugins.py`.
"""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from stylize.errors import StylizeError

GROUP = "style_sweep.plugins"
"""The group of entry points."""

MOST_BYTES, MOST_FILES = 1_000_000, 1_000
"""Of a plugin's source, and the files of a package that it is in."""


class PluginError(StylizeError):
    """A plugin cannot be found or read, does not run, or names what is there already."""


@dataclass(frozen=True)
class Plugin:
    """The source of a plugin, and its name for messages: that of the file, or of the entry point.

    package: the package that the module is in and may import from. It has to be installed where the plugin runs. Empty
    for a module that is in none. package_sha256: the hash of all Python files of the package.
    """

    name: str
    source: str
    package: str = ""
    package_sha256: str = ""

    @property
    def sha256(self) -> str:
        """The hash of the source, and of its package if it is in one: a part of the ids of trials that use the
        plugin.
        """
        return hashlib.sha256(f"{self.source}{self.package_sha256}".encode()).hexdigest()

    @property
    def module(self) -> str:
        """The name of its module, which no other source has."""
        return f"stylize_plugin_{self.sha256[:16]}"


def is_file(plugin: str) -> bool:
    """Whether a plugin is named by a path, and not by an entry point."""
    return plugin.endswith(".py") or "/" in plugin or "\\" in plugin


def installed() -> dict[str, str]:
    """The modules of the plugins that installed packages have, by the names of their entry points."""
    return {entry.name: entry.value for entry in metadata.entry_points(group=GROUP)}


def find_plugin(plugin: str) -> Plugin:
    """The plugin with this path, or with this name of an entry point. Raises PluginError."""
    if is_file(plugin):
        path = Path(plugin)
        return Plugin(path.name, _read(path))
    entries = installed()
    if plugin not in entries:
        known = f"installed are {', '.join(sorted(entries))}" if entries else "no installed package has one"
        raise PluginError(f"there is no plugin {plugin!r}: name a .py file, or an entry point of {GROUP} ({known})")
    module = entries[plugin]
    try:
        found = importlib.util.find_spec(module)
    except Exception as error:  # whatever the packages above it raise
        raise PluginError(f"plugin {plugin}: cannot find the module {module}: {error}") from error
    if found is None or not found.origin or not found.origin.endswith(".py"):
        raise PluginError(f"plugin {plugin}: there is no Python file of the module {module}")
    package = module if found.submodule_search_locations else module.rpartition(".")[0]
    return Plugin(plugin, _read(Path(found.origin)), package, _package_sha256(package) if package else "")


def check_package(plugin: Plugin) -> None:
    """Raises PluginError if a plugin's package is not installed here, or is another version of it."""
    if not plugin.package:
        return
    try:
        here = _package_sha256(plugin.package)
    except ImportError as error:
        raise PluginError(f"plugin {plugin.name}: install the package {plugin.package} on every node") from error
    if here != plugin.package_sha256:
        raise PluginError(f"plugin {plugin.name}: this node has another version of the package {plugin.package}")


def _read(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PluginError(f"cannot read the plugin {path}: {error.strerror}") from error
    if len(content) > MOST_BYTES:
        raise PluginError(f"{path} is larger than the {MOST_BYTES:,} bytes that a plugin may have")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise PluginError(f"the plugin {path} is no text in UTF-8") from error


def _package_sha256(package: str) -> str:
    """The hash of all Python files of the outermost package that a package is in. Raises ImportError."""
    outermost = package.partition(".")[0]
    found = importlib.util.find_spec(outermost)
    if found is None or not found.submodule_search_locations:
        raise ImportError(f"there is no package {outermost}")
    folders = [Path(one) for one in found.submodule_search_locations]
    files = sorted((path.relative_to(folder).as_posix(), path) for folder in folders for path in folder.rglob("*.py"))
    if len(files) > MOST_FILES:
        raise PluginError(f"the package {outermost} has {len(files)} files; a plugin's may have {MOST_FILES}")
    whole = hashlib.sha256()
    for name, path in files:
        whole.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return whole.hexdigest()
