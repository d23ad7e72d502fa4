// Charts of all trials above the wall of those that pass: scatter and parallel coordinates, brushed together with the images.
"use strict";

(function (g) {
  const h = g.h;
  const CHARTS = { scatter: "Scatter", parallel: "Parallel" };
  const NEAR = 14; // pixels from a dot that still mean it
  let canvas, tip, box, controls, place;
  let chart = null; // what is drawn now: how to find a trial, and what a brush means
  let drag = null;

  g.chartView = function () {
    const numbers = g.table.columns.filter((column) => column.numbers && column.group === "loss").map((column) => column.name);
    const first = ["style_distance", "style_loss", "total_loss"].find((name) => numbers.includes(name)) || numbers[0] || g.table.axes[0]?.name || "";
    const second = ["structural_similarity", "content_loss", "total_loss"].find((name) => numbers.includes(name) && name !== first) || numbers.find((name) => name !== first) || first;
    const goals = Object.keys(g.table.data.run.objectives || {}).filter((name) => numbers.includes(name)); // of a search
    const [x, y] = goals.length > 1 ? goals : [first, second];
    return { chart: "scatter", x, y, colour: g.table.axes[0]?.name || "", front: goals.length > 1 };
  };

  g.setUpPlot = function () {
    place = g.byId("plot");
    controls = g.make("div", { class: "controls" });
    canvas = g.make("canvas", { tabindex: "0", role: "application", "aria-roledescription": "chart" });
    tip = g.make("div", { class: "tip", "aria-hidden": "true", hidden: true });
    box = g.make("div", { class: "brush", hidden: true });
    place.append(controls, g.make("div", { class: "chart" }, canvas, box, tip));
    canvas.addEventListener("pointerdown", onDown);
    canvas.addEventListener("pointermove", onMove);
    canvas.addEventListener("pointerup", onUp);
    canvas.addEventListener("pointercancel", () => ((drag = null), (box.hidden = true)));
    canvas.addEventListener("pointerleave", () => drag || point(-1));
    canvas.addEventListener("keydown", onKey);
    new ResizeObserver(() => g.table && draw()).observe(canvas.parentElement);
  };

  g.renderPlot = function () {
    place.hidden = g.view.mode !== "plot";
    if (place.hidden) return;
    const { chart: kind, x, y, colour, front } = g.view.plot;
    const set = (name) => (value) => g.update({ plot: { ...g.view.plot, [name]: value } });
    const names = g.dimensionNames();
    const way = ([one, word]) => h("button", { type: "button", key: one, id: `chart-${one}`, "aria-pressed": String(kind === one), onClick: () => set("chart")(one) }, word);
    g.draw(controls, h("div", { class: "modes", key: "charts", role: "group", "aria-label": "Chart" }, Object.entries(CHARTS).map(way)),
      ...(kind === "scatter" ? [g.select("Across", x, names, set("x"), { id: "plot-x" }), g.select("Up", y, names, set("y"), { id: "plot-y" })] : []),
      g.select("Colour", colour, [["", "–"], ...names], set("colour"), { id: "plot-colour" }),
      legend(),
      ...(kind === "scatter" ? [
        h("label", { class: "control", key: "front" }, h("input", { type: "checkbox", id: "front", checked: front, onChange: (event) => set("front")(event.target.checked) }), h("span", null, "Pareto front")),
        front ? h("button", { type: "button", key: "select-front", onClick: () => g.update({ selected: g.frontOf() }) }, `Select the ${g.frontOf().length}`) : null,
        front ? h("span", { class: "hint", key: "better" }, better()) : null,
      ] : []));
    draw();
  };

  const better = () => [["x", "across"], ["y", "up"]].map(([side, word]) => `${g.smallerIsBetter(g.view.plot[side]) ? "smaller" : "larger"} is better ${word}`).join(", ");

  g.passing = function () {
    const found = [];
    for (let trial = 0; trial < g.table.count; trial++) if (g.passes(trial) && g.isShown(trial)) found.push(trial);
    return found;
  };

  g.frontOf = function () {
    const { x, y } = g.view.plot;
    const [first, second] = [g.dimension(x), g.dimension(y)];
    return first && second ? g.paretoFront(g.passing(), first, second, [g.smallerIsBetter(x), g.smallerIsBetter(y)]) : [];
  };

  // Without the end of the scale that the page's paper would swallow.
  function colourOf(dimension, value) {
    const share = dimension.axis ? value / Math.max(1, dimension.high) : dimension.place(value);
    const dark = document.documentElement.dataset.theme === "dark" || (!document.documentElement.dataset.theme && matchMedia("(prefers-color-scheme: dark)").matches);
    return `rgb(${g.colour(dark ? 0.22 + 0.78 * share : 0.88 * share).join(" ")})`;
  }

  function legend() {
    const by = g.view.plot.colour ? g.dimension(g.view.plot.colour) : null;
    if (!by) return null;
    const numbers = [0, 0.25, 0.5, 0.75, 1].map((share) => colourOf(by, by.axis ? share * by.high : by.at(0.03 + 0.94 * share)));
    const gradient = () => [h("span", null, by.tick(by.low)), h("i", { class: "gradient", style: `--stops: ${numbers.join(", ")}` }), h("span", null, by.tick(by.high))];
    const dots = () => by.axis.values.map((value, code) => h("span", { key: value.key, class: "dot" }, h("i", { style: `--dot: ${colourOf(by, code)}` }), value.key));
    return h("span", { class: "legend", key: "legend" }, by.axis && by.axis.values.length <= 7 ? dots() : gradient());
  }

  // What charts draw with: a context in CSS pixels, and the page's colours.
  function surface() {
    const parallel = g.view.plot.chart === "parallel";
    const height = canvas.parentElement.clientHeight;
    const width = Math.max(canvas.parentElement.clientWidth, parallel ? g.parallelWidth() : 0);
    canvas.style.width = `${width}px`;
    canvas.style.touchAction = parallel ? "pan-x" : "none"; // a finger along an axis keeps a range
    canvas.width = Math.round(width * devicePixelRatio);
    canvas.height = Math.round(height * devicePixelRatio);
    const context = canvas.getContext("2d");
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, width, height);
    context.font = "11.5px system-ui, sans-serif";
    const property = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    const ink = { ink: property("--ink"), muted: property("--muted"), rule: property("--rule"), accent: property("--accent"), paper: property("--paper") };
    const by = g.view.plot.colour ? g.dimension(g.view.plot.colour) : null;
    const colours = new Map();
    const colour = (trial) => {
      const value = by ? by.value(trial) : null;
      if (value === null) return ink.muted;
      if (!colours.has(value)) colours.set(value, colourOf(by, value));
      return colours.get(value);
    };
    return { context, width, height, ink, colour };
  }

  // A word cut off where it has no room.
  g.shorten = function (context, word, room) {
    let short = word;
    while (short.length > 2 && context.measureText(short).width > room) short = `${short.replace("…", "").slice(0, -1)}…`;
    return short;
  };

  function draw() {
    if (place.hidden || !canvas.parentElement.clientWidth) return;
    chart = g.view.plot.chart === "scatter" ? g.drawScatter(surface()) : g.drawParallel(surface());
    canvas.setAttribute("aria-label", chart.label);
  }
  g.redrawPlot = () => g.table && draw();

  const spot = (event) => {
    const { left, top } = canvas.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };

  // Points at a trial: its image beside the dot, its details in the panel.
  function point(trial, at) {
    tip.hidden = trial < 0;
    if (trial < 0) return;
    if (tip.dataset.trial !== String(trial)) {
      tip.dataset.trial = trial;
      g.fill(tip, g.frame(trial, 140), g.make("p", null, g.table.axes.map((axis) => g.table.along(axis, trial)).join(" · ")));
      g.inspect(trial);
    }
    const right = at.x > canvas.clientWidth / 2;
    tip.style.setProperty("--left", `${at.x + (right ? -176 : 16)}px`);
    tip.style.setProperty("--top", `${g.clamp(at.y - 70, 0, Math.max(0, canvas.clientHeight - 190))}px`);
  }

  function onDown(event) {
    if (event.button !== 0 || !event.isPrimary) return;
    canvas.setPointerCapture(event.pointerId);
    drag = { from: spot(event), to: spot(event), moved: false };
  }

  function onMove(event) {
    const now = spot(event);
    if (!drag) return point(chart.find(now, NEAR), now);
    drag.to = now;
    drag.moved = drag.moved || Math.hypot(now.x - drag.from.x, now.y - drag.from.y) > 5;
    point(-1);
    // An element over the chart: drawing all dots anew at every move would be slow where there are many.
    box.hidden = !drag.moved;
    chart.box(drag.from, now).forEach((pixels, at) => box.style.setProperty(["left", "top", "width", "height"][at], `${pixels}px`));
    return undefined;
  }

  function onUp(event) {
    if (!drag) return;
    const { from, to, moved } = drag;
    drag = null;
    box.hidden = true;
    if (moved) return g.update(chart.brush(from, to));
    const trial = chart.find(to, event.pointerType === "touch" ? 2 * NEAR : NEAR);
    if (trial >= 0 && (event.ctrlKey || event.metaKey || g.selecting)) return g.toggleSelected(trial);
    if (trial >= 0 && event.pointerType === "touch" && g.view.cell !== trial) return (point(trial, to), g.update({ cell: trial })); // the first tap shows, a second opens
    if (trial >= 0) return g.openViewer("one", trial);
    return g.update(chart.unbrush(to));
  }

  // Arrow keys go from trial to trial in the chart's order, Enter enlarges, Escape takes the brushes away.
  function onKey(event) {
    const by = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (by) {
      const order = chart.order();
      if (!order.length) return;
      const at = order.indexOf(g.view.cell);
      const trial = order[at < 0 ? 0 : g.clamp(at + by, 0, order.length - 1)];
      g.update({ cell: trial });
      point(trial, chart.where(trial));
      g.announce(g.table.describe(trial));
    } else if (event.key === "Enter" && g.view.cell >= 0) g.openViewer("one");
    else if (event.key === " " && g.view.cell >= 0) g.toggleSelected(g.view.cell);
    else if (event.key === "Escape") g.update(chart.unbrush(null));
    else return;
    event.preventDefault();
  }
})(window.gallery);
