// Puts the parts together: data in, view changes, and looking for news while a sweep runs.
"use strict";

(function (g) {
  const THEMES = ["system", "light", "dark"];
  const MOST_MISSES = 3;
  const LATER_MILLISECONDS = 300;
  let version = null;
  let pending = false;
  let poll = 0;
  let misses = 0;
  let sharpening = 0;

  // Changes what is looked at. All changes of one moment are drawn together.
  g.update = function (change) {
    Object.assign(g.view || {}, change);
    if (!g.table || pending) return;
    pending = true;
    requestAnimationFrame(render);
  };

  let drawn = "";
  let drawnFresh = null;

  function render() {
    pending = false;
    g.checkAgainst();
    const { mode, places, at, hidden, where, sort, caption, heat, against, by, step, size, pins } = g.view;
    const scroller = g.byId("grid-scroller");
    const now = JSON.stringify([version, mode, places, at, hidden, where, sort, caption, heat, against, by, step, size, scroller.clientWidth, scroller.clientHeight, against === "pin" ? pins : pins.length > 0]);
    renderReferences();
    g.applyZoom();
    if (now !== drawn || g.view.fresh !== drawnFresh) {
      [drawn, drawnFresh] = [now, g.view.fresh];
      g.renderGrid();
    } else g.markCells();
    g.renderToolbar();
    g.renderInspector();
    g.renderViewer();
    g.fitViewer();
    g.writeHash();
    clearTimeout(sharpening);
    sharpening = setTimeout(g.sharpen, 150);
  }

  // The pinned pictures above the table, zoomed with it; content and style are those of the current trial.
  function renderReferences() {
    const section = g.byId("references");
    const trial = g.view.cell >= 0 ? g.view.cell : 0;
    const figures = g.view.pins.map((pin) => {
      const reference = typeof pin === "string" ? g.table.reference(pin, trial) : null;
      if (typeof pin === "string" && !reference) return null;
      const name = reference ? `${pin}: ${reference.name}` : g.table.name(pin);
      const frame = reference ? g.make("div", { class: "frame" }, g.make("img", { src: reference.link, alt: name, draggable: "false" })) : g.frame(pin, 320);
      return g.make("figure", null, frame, g.make("figcaption", null, g.make("span", { title: name }, name), g.make("button", { type: "button", class: "small", "aria-label": `Unpin ${name}`, onclick: () => g.togglePin(pin) }, "×")));
    });
    section.hidden = !figures.some(Boolean);
    g.fill(section, ...figures);
  }

  // Of very many trials most columns come after the first image, in a file of their own.
  let columns = { version: null, list: [] };
  g.receiveColumns = (list, of) => (columns = { version: of, list });

  async function loadColumns(data) {
    if (!data.columns.some((column) => column.later)) return;
    if (columns.version !== data.version) await g.load("columns.js", data.version);
    if (columns.version !== data.version) return; // a newer version of the data is on its way
    const byName = new Map(columns.list.map((column) => [column.name, column]));
    data.columns = data.columns.map((column) => byName.get(column.name) || column);
    columns = { version: null, list: [] };
  }

  async function loadColumnsLater(data) {
    await loadColumns(data);
    if (g.table.data !== data) return;
    g.table.setExtraColumns();
    if (!g.view.plot.x) g.view.plot = g.chartView();
    g.update({ fresh: {} });
  }

  g.receiveData = async function (data) {
    const first = !g.table;
    version = data.version;
    data.trials = g.unpackTrials(data.trials);
    // A link, and a page that is being looked at, may name any column.
    if (!first || location.hash.length > 1 || columns.version === data.version) await loadColumns(data);
    if (version !== data.version) return;
    const hash = first ? location.hash : g.toHash(g.view);
    g.table = new g.Table(data);
    g.forgetCurves();
    const run = data.run;
    document.title = `${run.title} – gallery`;
    g.byId("title").textContent = run.title;
    g.byId("description").textContent = g.byId("description").title = run.description;
    if (first) {
      g.setUpPlot();
      g.setUpGrid();
      g.setUpViewer();
      g.setUpKeys();
    }
    lookAt(hash, first);
    g.loadMarks();
    renderProgress();
    if (data.columns.some((column) => column.later)) setTimeout(() => loadColumnsLater(data), LATER_MILLISECONDS);
  };

  // Shows what a link says. News of a running sweep leave the images where they are scrolled to.
  function lookAt(hash, scroll) {
    const { view, unknown } = g.fromHash(hash);
    g.view = view;
    g.notice(unknown.length ? `The link names what this run does not have: ${unknown.join("; ")}` : "");
    g.update({});
    if (view.cell >= 0 && scroll) requestAnimationFrame(() => g.moveTo(...g.layout.placeOf(view.cell)));
  }

  let state = null;

  // What state.js says: which version of the data there is, and in how many seconds the next is due.
  g.receiveState = async function (given) {
    state = given;
    misses = 0;
    if (given.version !== version) {
      try {
        await g.load("data.js", given.version);
      } catch {
        if (!g.table) g.notice("data.js cannot be loaded; make the gallery again with `sweep gallery`");
      }
    }
    renderProgress();
    lookLater();
  };

  function lookLater() {
    clearTimeout(poll);
    if (!state || state.nextIn === null || misses >= MOST_MISSES) return;
    poll = setTimeout(look, 1000 * g.clamp(state.nextIn, 2, 300));
  }

  async function look() {
    if (document.hidden) return; // looks when it is seen again
    try {
      await g.load("state.js", String(Date.now()));
    } catch {
      misses++;
      lookLater();
    }
  }

  function renderProgress() {
    if (!g.table) return;
    const counts = { done: 0, failed: 0, missing: 0 };
    for (const status of g.table.status) counts[status]++;
    const number = (count) => count.toLocaleString("en");
    const trials = (count) => `${number(count)} ${count === 1 ? "trial" : "trials"}`;
    const parts = [counts.missing ? `${number(counts.done)} of ${number(g.table.count)} done` : trials(g.table.count)];
    if (counts.failed) parts.push(`${number(counts.failed)} failed`);
    if (state && state.nextIn !== null) {
      const silent = (Date.now() - Date.parse(state.written)) / 1000;
      parts.push(silent > 3 * state.nextIn + 60 ? `no news for ${Math.round(silent / 60)} min` : "running");
    } else if (counts.missing) parts.push("not running");
    if (g.embedded) parts.push(`small copies, ${g.embedded.edge} pixels at most`);
    const place = g.byId("progress");
    const text = parts.join(" · ");
    if (place.textContent !== text) place.textContent = text;
    place.classList.toggle("running", parts.includes("running"));
  }

  g.toggleInspector = function () {
    const panel = g.byId("inspector");
    panel.hidden = !panel.hidden;
    g.byId("inspector-button").setAttribute("aria-pressed", String(!panel.hidden));
    if (g.isNarrow()) (panel.hidden ? g.closeLayer : g.openLayer)(closeInspector);
    g.update({});
  };

  const closeInspector = () => !g.byId("inspector").hidden && g.toggleInspector();

  // On a narrow page the toolbar is a sheet that is opened by a button.
  g.toggleToolbar = function () {
    const open = g.byId("toolbar").classList.toggle("open");
    g.byId("toolbar-button").setAttribute("aria-expanded", String(open));
    (open ? g.openLayer : g.closeLayer)(closeToolbar);
    if (open) g.byId("toolbar").querySelector("button").focus();
    else g.byId("toolbar-button").focus();
  };

  const closeToolbar = () => g.byId("toolbar").classList.contains("open") && g.toggleToolbar();

  let theme = "system";

  function setTheme(wanted) {
    theme = wanted;
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    g.byId("theme-button").textContent = `Theme: ${theme}`;
    try {
      localStorage.setItem("gallery-theme", theme);
    } catch {
      // a browser that lets pages of file:// keep nothing
    }
    if (g.table) g.redrawPlot();
    if (g.table) g.redrawCurves(); // the chart has its colours from the theme
  }

  function keptTheme() {
    try {
      return THEMES.find((one) => one === localStorage.getItem("gallery-theme")) || "system";
    } catch {
      return "system";
    }
  }

  g.nextTheme = () => setTheme(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]);

  setTheme(keptTheme());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => g.table && (g.redrawPlot(), g.redrawCurves()));
  if (g.isNarrow()) {
    g.byId("inspector").hidden = true;
    g.byId("inspector-button").setAttribute("aria-pressed", "false");
  }
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address is the view's
    if (g.table) g.focusGrid();
  });
  g.byId("toolbar-button").addEventListener("click", g.toggleToolbar);
  g.byId("toolbar-close").addEventListener("click", g.toggleToolbar);
  g.byId("toolbar").addEventListener("keydown", (event) => event.key === "Escape" && closeToolbar());
  g.byId("select-button").addEventListener("click", () => g.table && g.toggleSelecting());
  g.byId("theme-button").addEventListener("click", g.nextTheme);
  g.byId("help-button").addEventListener("click", () => g.openHelp());
  g.byId("copy-button").addEventListener("click", () => g.table && g.openCopy());
  g.byId("compare-button").addEventListener("click", () => g.compare());
  g.byId("inspector-button").addEventListener("click", () => g.toggleInspector());
  addEventListener("hashchange", () => g.table && !g.isOurs() && lookAt(location.hash, true));
  document.addEventListener("visibilitychange", () => !document.hidden && state && state.nextIn !== null && look());
})(window.gallery);
