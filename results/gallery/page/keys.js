// The keyboard: the whole page can be used with it alone.
"use strict";

(function (g) {
  const KEYS = [
    ["Arrow keys", "the neighbouring image"], ["Home, End", "first and last column"], ["Page up, Page down", "a screen of rows"],
    ["Enter", "enlarge; Escape closes"], ["Space", "select or unselect"], ["Shift-click", "select all from the current image to this one"], ["s", "star"], ["c", "compare what is selected"], ["x", "unselect all"],
    ["[ and ]", "flip the slider that was last used"], [".", "play it as a film, stop"], ["v", "which values are shown"], ["h", "the metric as number, tint, heatmap"], ["d", "each image against the value before, along each axis in turn"], ["+ − 0", "zoom in, out, back"], ["Shift and arrow keys", "pan"],
    ["p", "pin the content and style pictures"], ["r", "pin this image as a reference"], ["w", "grid, wall, plot"], ["i", "details on or off"], ["f", "filter"], ["t", "theme"], ["?", "this list"],
    ["In a comparison: 1 2 3 4", "side by side, swipe, blink, difference"],
  ];

  g.setUpKeys = () => document.addEventListener("keydown", onKey);

  g.zoomKey = (key) => ({ "+": () => g.zoomBy(1.25), "=": () => g.zoomBy(1.25), "-": () => g.zoomBy(0.8), "−": () => g.zoomBy(0.8), 0: g.resetZoom }[key]);

  // Moves the current cell by rows and columns; past places where the grid has nothing. Without a current cell the first
  // one in sight becomes it.
  g.step = function (rows, columns) {
    let [row, column] = g.view.cell >= 0 ? g.layout.placeOf(g.view.cell) : [-1, -1];
    if (row < 0) return g.moveToFirst();
    do {
      row += rows;
      column += columns;
      if (g.layout.kind === "wall" && rows === 0 && (column < 0 || column >= g.layout.columns.length)) {
        row += columns;
        column = columns > 0 ? 0 : g.layout.columns.length - 1;
      }
      if (row < 0 || column < 0 || row >= g.layout.rows.length || column >= g.layout.columns.length) return undefined;
    } while (g.layout.trialAt(row, column) < 0);
    return g.moveTo(row, column);
  };

  g.selecting = false; // whether a click or a tap selects instead of enlarging

  g.toggleSelecting = function () {
    g.selecting = !g.selecting;
    document.documentElement.classList.toggle("selecting", g.selecting);
    g.announce(g.selecting ? "A tap selects" : "A tap enlarges");
    g.update({});
  };

  g.toggleSelected = function (trial) {
    if (trial < 0) return;
    const selected = g.view.selected.includes(trial) ? g.view.selected.filter((one) => one !== trial) : [...g.view.selected, trial];
    g.update({ selected });
    g.announce(`${selected.length} selected`);
  };

  // Selects all from one image to another: a rectangle of the grid, a stretch of the wall.
  g.selectRange = function (from, to) {
    const layout = g.layout;
    const [[row, column], [lastRow, lastColumn]] = [layout.placeOf(from), layout.placeOf(to)];
    if (row < 0 || lastRow < 0) return g.toggleSelected(to);
    const found = [];
    if (layout.kind === "wall") {
      const [first, last] = [row * layout.columns.length + column, lastRow * layout.columns.length + lastColumn].sort((one, other) => one - other);
      for (let at = first; at <= last; at++) found.push(layout.trialAt(Math.floor(at / layout.columns.length), at % layout.columns.length));
    } else {
      for (let r = Math.min(row, lastRow); r <= Math.max(row, lastRow); r++) {
        for (let c = Math.min(column, lastColumn); c <= Math.max(column, lastColumn); c++) found.push(layout.trialAt(r, c));
      }
    }
    const selected = [...new Set([...g.view.selected, ...found.filter((trial) => trial >= 0 && g.passes(trial))])];
    g.update({ selected });
    return g.announce(`${selected.length} selected`);
  };

  g.togglePin = function (pin) {
    g.update({ pins: g.view.pins.includes(pin) ? g.view.pins.filter((one) => one !== pin) : [...g.view.pins, pin] });
  };

  g.compare = function () {
    if (g.view.selected.length + g.view.pins.length < 2) return g.announce("Select two or more images first");
    return g.openViewer("side");
  };

  function pinPictures() {
    const both = ["content", "style"];
    const pinned = both.every((picture) => g.view.pins.includes(picture));
    const others = g.view.pins.filter((pin) => !both.includes(pin));
    g.update({ pins: pinned ? others : [...both, ...others] });
  }

  function nextMode() {
    const modes = ["grid", "wall", "plot"];
    g.update({ mode: modes[(modes.indexOf(g.view.mode) + 1) % modes.length] });
  }

  function nextHeat() {
    const heats = Object.keys(g.HEATS);
    if (g.table.column(g.view.caption)?.numbers) g.update({ heat: heats[(heats.indexOf(g.view.heat) + 1) % heats.length] });
  }

  // Against the neighbour along each axis in turn, and at last against none.
  function nextAgainst() {
    if (g.view.mode !== "grid") return;
    const names = [null, ...(g.view.pins.some((pin) => typeof pin === "number") ? ["pin"] : []), ...g.againstAxes().map((axis) => axis.name)];
    g.update({ against: names[(names.indexOf(g.view.against) + 1) % names.length] });
    g.announce(g.view.against === null ? "Against nothing" : `Against ${g.view.against === "pin" ? "the pinned image" : `the previous ${g.table.axis(g.view.against).title}`}`);
  }

  const rowsInSight = () => Math.max(1, Math.floor(g.byId("grid-scroller").clientHeight / g.layout.rowStep) - 1);

  // Letters work while the table has the focus, or nothing has: anywhere else they may mean something.
  function onKey(event) {
    if (!g.table || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (!event.target.closest("#grid-scroller") && event.target !== document.body) return;
    const needsCell = ["Enter", " ", "Home", "End", "PageUp", "PageDown", "r", "s"].includes(event.key);
    if (needsCell && (g.view.cell < 0 || g.layout.placeOf(g.view.cell)[0] < 0)) g.moveToFirst();
    const [row, column] = g.view.cell >= 0 ? g.layout.placeOf(g.view.cell) : [0, 0];
    const pan = { ArrowLeft: [0.1, 0], ArrowRight: [-0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] };
    const actions = {
      ArrowLeft: () => g.step(0, -1), ArrowRight: () => g.step(0, 1), ArrowUp: () => g.step(-1, 0), ArrowDown: () => g.step(1, 0),
      Home: () => g.moveTo(row, 0), End: () => g.moveTo(row, g.layout.columns.length - 1),
      PageUp: () => g.moveTo(row - rowsInSight(), column), PageDown: () => g.moveTo(row + rowsInSight(), column),
      Enter: () => g.view.cell >= 0 && g.openViewer("one", g.view.cell), " ": () => g.toggleSelected(g.view.cell),
      ".": g.togglePlaying, v: () => g.openValues(null), h: nextHeat, d: nextAgainst, c: g.compare, x: () => g.update({ selected: [] }), "[": () => g.flip(-1), "]": () => g.flip(1),
      p: pinPictures, r: () => g.view.cell >= 0 && g.togglePin(g.view.cell), s: () => g.toggleStar(g.view.cell), w: nextMode,
      i: g.toggleInspector, f: () => g.byId("filter-value")?.focus(), t: g.nextTheme, "?": g.openHelp,
    };
    const action = event.shiftKey && pan[event.key] ? () => g.panBy(...pan[event.key]) : actions[event.key] || g.zoomKey(event.key);
    if (!action) return;
    event.preventDefault();
    action();
  }

  g.openHelp = function () {
    const dialog = g.byId("help");
    const rows = KEYS.map(([key, meaning]) => g.make("tr", null, g.make("th", { scope: "row" }, key), g.make("td", null, meaning)));
    g.fill(dialog,
      g.make("div", { class: "viewer-heading" }, g.make("h2", { id: "help-title" }, "Keys"), g.make("button", { type: "button", class: "close", onclick: () => dialog.close() }, "Close")),
      g.make("table", null, g.make("tbody", null, ...rows)),
      g.make("p", { class: "hint" }, "With the mouse: a click enlarges, Ctrl-click selects, Ctrl and the wheel zoom, dragging pans. By finger: a tap enlarges, Select makes taps select, two fingers zoom and pan, a swipe goes to the neighbour. The address of the page always says what is looked at."));
    g.openDialog(dialog);
  };
})(window.gallery);
