// The keyboard: the whole page can be used with it alone.
"use strict";

(function (g) {
  const KEYS = [
    ["Arrow keys", "the neighbouring image"], ["Home, End", "first and last column"], ["Page up, Page down", "a screen of rows"],
    ["Enter", "enlarge; Escape closes"], ["Space", "select or unselect"], ["c", "compare what is selected"], ["x", "unselect all"],
    ["[ and ]", "flip the slider that was last used"], ["+ − 0", "zoom in, out, back"], ["Shift and arrow keys", "pan"],
    ["p", "pin the content and style pictures"], ["r", "pin this image as a reference"], ["w", "grid or wall"], ["i", "details on or off"], ["f", "filter"], ["t", "theme"], ["?", "this list"],
    ["In a comparison: 1 2 3 4", "side by side, swipe, blink, difference"],
  ];

  g.setUpKeys = () => document.addEventListener("keydown", onKey);

  g.zoomKey = (key) => ({ "+": () => g.zoomBy(1.25), "=": () => g.zoomBy(1.25), "-": () => g.zoomBy(0.8), "−": () => g.zoomBy(0.8), 0: g.resetZoom }[key]);

  // Moves the current cell by rows and columns; past places where the grid has nothing.
  g.step = function (rows, columns) {
    let [row, column] = g.view.cell >= 0 ? g.layout.placeOf(g.view.cell) : g.place || [0, 0];
    if (row < 0) return g.moveTo(0, 0);
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

  g.toggleSelected = function (trial) {
    if (trial < 0) return;
    const selected = g.view.selected.includes(trial) ? g.view.selected.filter((one) => one !== trial) : [...g.view.selected, trial];
    g.update({ selected });
    g.announce(`${selected.length} selected`);
  };

  g.togglePin = function (pin) {
    g.update({ pins: g.view.pins.includes(pin) ? g.view.pins.filter((one) => one !== pin) : [...g.view.pins, pin] });
  };

  g.compare = function () {
    if (g.view.selected.length + g.view.pins.length < 2) return g.announce("select two or more images first");
    return g.update({ show: "side" });
  };

  function pinPictures() {
    const both = ["content", "style"];
    const pinned = both.every((picture) => g.view.pins.includes(picture));
    const others = g.view.pins.filter((pin) => !both.includes(pin));
    g.update({ pins: pinned ? others : [...both, ...others] });
  }

  const rowsInSight = () => Math.max(1, Math.floor(g.byId("grid-scroller").clientHeight / g.layout.rowStep) - 1);

  // Letters work while the table has the focus, or nothing has: anywhere else they may mean something.
  function onKey(event) {
    if (!g.table || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (!event.target.closest("#grid-scroller") && event.target !== document.body) return;
    const [row, column] = g.view.cell >= 0 ? g.layout.placeOf(g.view.cell) : g.place || [0, 0];
    const pan = { ArrowLeft: [0.1, 0], ArrowRight: [-0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] };
    const actions = {
      ArrowLeft: () => g.step(0, -1), ArrowRight: () => g.step(0, 1), ArrowUp: () => g.step(-1, 0), ArrowDown: () => g.step(1, 0),
      Home: () => g.moveTo(row, 0), End: () => g.moveTo(row, g.layout.columns.length - 1),
      PageUp: () => g.moveTo(row - rowsInSight(), column), PageDown: () => g.moveTo(row + rowsInSight(), column),
      Enter: () => g.view.cell >= 0 && g.update({ show: "one" }), " ": () => g.toggleSelected(g.view.cell),
      c: g.compare, x: () => g.update({ selected: [] }), "[": () => g.flip(-1), "]": () => g.flip(1),
      p: pinPictures, r: () => g.view.cell >= 0 && g.togglePin(g.view.cell), w: () => g.update({ mode: g.view.mode === "grid" ? "wall" : "grid" }),
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
      g.make("p", { class: "hint" }, "With the mouse: a click enlarges, Ctrl-click selects, Ctrl and the wheel zoom, dragging pans. The address of the page always says what is looked at."));
    dialog.showModal();
  };
})(window.gallery);
