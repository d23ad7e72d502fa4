"""Methods that are no part of this package, from a Python file of the user's or from an installed package: content and
style representations, optimisers, initial images, metrics and networks.

A plugin is a module that names its classes with the decorators of this file:

    from stylize.plugins import style_representation

    @style_representation("histogram")
    class Histogram(LayerByLayer): ...

The names are added to `stylize.registry`, so that grids, schema, messages and tables know them. The source is sent to
every worker, which runs it once. Where plugins are found is in `plugin_source.py`. Nothing here imports torch; plugins
do.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Literal

from stylize import registry
from stylize.network.architectures import ARCHITECTURES
from stylize.network.torchvision_names import NAMES
from stylize.plugin_source import Plugin, PluginError, check_package
from stylize.registry import (
    Better,
    ContentRepresentation,
    InitialImage,
    Metric,
    Network,
    Optimiser,
    StyleRepresentation,
)

Registered = Callable[..., Any]
"""What a decorator is put above: a class, or the function that makes a network."""


@dataclass
class _Loaded:
    plugin: Plugin
    added: list[tuple[dict[str, Any], str]] = field(default_factory=list)


_loaded: dict[str, _Loaded] = {}  # by module
_running: list[_Loaded] = []  # the plugin whose source runs now
_lock = threading.RLock()


def content_representation(name: str, *, sums_over_positions: bool = False) -> Callable[[Registered], Registered]:
    """A class with the methods of `ContentRepresentation`, as a value of the setting `content_representation`.

    `sums_over_positions`: whether the loss grows with the number of positions of a layer.
    """
    return _adds(
        registry.CONTENT_REPRESENTATIONS,
        name,
        lambda at: ContentRepresentation(at, sums_over_positions=sums_over_positions),
    )


def style_representation(
    name: str,
    *,
    takes_masks: bool = False,
    searches: Literal["hypercolumns"] | None = None,
    sums_over_positions: bool = False,
) -> Callable[[Registered], Registered]:
    """A class with the methods of `Representation`, as a value of the setting `style_representation`.

    `takes_masks`: whether regions with the same label can be compared. `searches`: "hypercolumns" if it compares every
    position with every other, as `nnst` does; plans then count the operations and the memory of that.
    `sums_over_positions`: whether the loss grows with the number of positions of a layer.
    """
    return _adds(
        registry.STYLE_REPRESENTATIONS,
        name,
        lambda at: StyleRepresentation(
            at, takes_masks=takes_masks, searches=searches, sums_over_positions=sums_over_positions
        ),
    )


def optimiser(name: str) -> Callable[[Registered], Registered]:
    """A class with the methods of `Optimiser`, as a value of the setting `optimizer`. Without the methods `state` and
    `restore`, its trials cannot be continued.
    """

    def add(kind: Registered) -> Registered:
        keeps = hasattr(kind, "state") and hasattr(kind, "restore")
        return _adds(registry.OPTIMISERS, name, lambda at: Optimiser(at, keeps_state=keeps))(kind)

    return add


def initial_image(
    name: str, *, picture: Literal["content", "style", "start"] | None = None, draws_noise: bool = False
) -> Callable[[Registered], Registered]:
    """A class with the method of `Initial`, as a value of the setting `init`.

    `picture`: the picture that it is given. `draws_noise`: whether the settings `seed` and `noise_deviation` have an
    effect on it.
    """
    return _adds(registry.INITIAL_IMAGES, name, lambda at: InitialImage(at, picture, draws_noise))


def network(
    name: str, *, content_layers: Sequence[str], style_layers: Sequence[str]
) -> Callable[[Registered], Registered]:
    """A class of networks (`torch.nn.Module`) that is made without arguments, or a function that makes one, as a value
    of the setting `architecture`. The layers are those that grids use if they name none.

    torchvision traces the network and names its layers; `sweep layers NAME --plugin FILE` lists them. Its parameters
    are those that the setting `weights` names: random ones, or a file.
    """
    if name in ARCHITECTURES or name in NAMES:
        raise PluginError(f"there is a network {name!r} already")
    return _adds(registry.NETWORKS, name, lambda at: Network(at, tuple(content_layers), tuple(style_layers)))


def metric(
    name: str, columns: Mapping[str, type[float] | type[str]], better: Mapping[str, Better] | None = None
) -> Callable[[Registered], Registered]:
    """A class with the methods of `Metric`, whose columns every row then has."""
    known = {*registry.loss_columns(), *registry.metric_columns()}
    for column in columns:
        if not column.isidentifier() or column in known:
            raise PluginError(f"a column {column!r} is there already, or is no name that a table can have")
    return _adds(registry.METRICS, name, lambda at: Metric(at, dict(columns), dict(better or {})))


def _adds(entries: dict[str, Any], name: str, entry: Callable[[str], Any]) -> Callable[[Registered], Registered]:
    def add(kind: Registered) -> Registered:
        if not _running:
            raise PluginError("a plugin is loaded by --plugin, and not imported")
        if name in entries:
            raise PluginError(f"there is a {name!r} already")
        loaded = _running[-1]
        entries[name] = entry(f"{loaded.plugin.module}:{kind.__qualname__}")
        loaded.added.append((entries, name))
        return kind

    return add


def load_plugin(plugin: Plugin) -> None:
    """Run a plugin's source, unless this process has done so. It replaces an earlier one of the same name.

    Raises PluginError, and then adds nothing.
    """
    with _lock:
        if plugin.module in _loaded:
            return
        check_package(plugin)
        for other in [one for one in _loaded.values() if one.plugin.name == plugin.name]:
            _take_out(other)
        module = ModuleType(plugin.module)
        module.__file__ = plugin.name
        module.__package__ = plugin.package or None  # for its relative imports
        loaded = _Loaded(plugin)
        sys.modules[plugin.module] = module
        _running.append(loaded)
        try:
            exec(compile(plugin.source, plugin.name, "exec"), module.__dict__)
            if not loaded.added:
                raise PluginError("it adds nothing; docs/plugins.md shows how")
        except Exception as error:
            _take_out(loaded)
            line = _line_of(error, plugin.name)
            raise PluginError(f"plugin {plugin.name}{line}: {type(error).__name__}: {error}") from error
        finally:
            _running.pop()
        _loaded[plugin.module] = loaded


def _line_of(error: Exception, name: str) -> str:
    """Where in the plugin an error came from, as `:12`."""
    if isinstance(error, SyntaxError) and error.lineno:
        return f":{error.lineno}"
    lines, trace = [], error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == name:
            lines.append(trace.tb_lineno)
        trace = trace.tb_next
    return f":{lines[-1]}" if lines else ""


def _take_out(loaded: _Loaded) -> None:
    for entries, name in loaded.added:
        entries.pop(name, None)
    sys.modules.pop(loaded.plugin.module, None)
    _loaded.pop(loaded.plugin.module, None)


def loaded_plugins() -> tuple[Plugin, ...]:
    """The plugins of this process, in the order in which they were loaded."""
    return tuple(one.plugin for one in _loaded.values())


def metrics_of(plugin: Plugin) -> list[Metric]:
    """The metrics that a loaded plugin adds."""
    return [entries[name] for entries, name in _loaded[plugin.module].added if entries is registry.METRICS]


def source_of(element: str) -> str | None:
    """The hash of the source that a registry's entry comes from, given its `implementation`; None for our own."""
    found = _loaded.get(element.partition(":")[0])
    return found.plugin.sha256 if found else None


@contextmanager
def no_plugins_after() -> Iterator[None]:
    """Takes out at the end what was loaded meanwhile, for tests and for programs that go on with other plugins."""
    before = set(_loaded)
    try:
        yield
    finally:
        for module in [one for one in _loaded if one not in before]:
            _take_out(_loaded[module])
