// What is looked at, and how a link says it: by the names of axes, values, columns and trials, never by their numbers.
"use strict";

(function (g) {
  g.PLACES = ["rows", "columns", "super-rows", "super-columns"];
  g.MODES = ["one", "side", "swipe", "blink", "difference"];
  g.SIZES = { smallest: 48, largest: 640 };

  // Settings that change what the total loss is a sum of: where one of them differs, its values cannot be compared.
  const CHANGE_LOSS = new Set(["ratio", "tv_weight", "matting_weight", "laplacian_weight", "laplacian_blur", "temporal_weight", "frame", "content", "style", "size", "architecture", "weights", "pooling", "padding", "preprocessing",
    "content_layers", "content_layer_weights", "content_representation", "style_layers", "style_layer_weights", "style_representation", "style_scale", "colour"]);

  // The metric below the images at first: the total loss where its values can be compared, else a metric that nothing aims
  // at, else none.
  function firstCaption() {
    const has = (name) => g.table.column(name) && !("constant" in g.table.column(name));
    if (!g.table.data.columns.some((column) => CHANGE_LOSS.has(column.name) && !("constant" in column)) && has("total_loss")) return "total_loss";
    return ["style_distance", "structural_similarity"].find(has) || "";
  }

  // A view as the grid's own sheet has it.
  g.firstView = () => ({
    mode: "grid",
    places: { ...g.table.data.view },
    at: Object.fromEntries(g.table.axes.map((axis) => [axis.name, 0])),
    where: [],
    sort: null,
    caption: firstCaption(),
    size: null,
    plot: g.chartView(),
    hidden: {},
    heat: "",
    against: null,
    by: "difference",
    gain: 4,
    step: null,
    zoom: { factor: 1, x: 0.5, y: 0.5 },
    cell: -1,
    selected: [],
    show: null,
    pins: [],
  });

  // Axes without a place in the table, in the grid's order.
  g.sliderAxes = () => g.table.axes.filter((axis) => g.view.mode === "grid" && !axis.drawn && !Object.values(g.view.places).includes(axis.name));

  const short = (number) => String(Number(number.toFixed(4)));

  g.toHash = function (view) {
    const usual = g.firstView();
    const parts = [];
    const add = (name, value) => parts.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
    if (view.mode !== "grid") add("view", view.mode);
    if (g.PLACES.some((place) => view.places[place] !== usual.places[place])) {
      for (const place of g.PLACES) add(place, view.places[place] || "");
    }
    for (const axis of g.table.axes) {
      if (view.at[axis.name]) add("at." + axis.name, axis.values[view.at[axis.name]].key);
    }
    for (const axis of g.table.axes) for (const code of view.hidden[axis.name] || []) add("hide." + axis.name, axis.values[code].key);
    for (const condition of view.where) add("where", g.conditionText(condition));
    if (view.sort) add("sort", (view.sort.down ? "-" : "") + view.sort.column);
    if (view.caption !== usual.caption) add("caption", view.caption);
    if (view.mode === "plot") {
      if (view.plot.chart !== usual.plot.chart) add("chart", view.plot.chart);
      for (const name of ["x", "y", "colour"]) if (view.plot[name] !== usual.plot[name]) add(`plot.${name}`, view.plot[name]);
      if (view.plot.front !== usual.plot.front) add("front", view.plot.front ? "yes" : "no");
    }
    if (view.heat) add("heat", view.heat);
    if (view.against) {
      add("against", view.against);
      if (view.by !== usual.by) add("by", view.by);
      if (view.gain !== usual.gain) add("gain", view.gain);
    }
    if (view.step !== null) add("step", view.step);
    if (view.size) add("size", view.size);
    if (view.zoom.factor > 1) {
      add("zoom", short(view.zoom.factor));
      add("x", short(view.zoom.x));
      add("y", short(view.zoom.y));
    }
    if (view.cell >= 0) add("cell", g.table.keys[view.cell]);
    if (view.selected.length) add("select", view.selected.map((trial) => g.table.keys[trial]).join(","));
    if (view.show) add("show", view.show);
    if (view.pins.length) add("pin", view.pins.map((pin) => (typeof pin === "number" ? g.table.keys[pin] : pin)).join(","));
    return parts.join("&");
  };

  // The view that a link names, and what in it is not in this run.
  g.fromHash = function (hash) {
    const view = g.firstView();
    const unknown = [];
    const given = new URLSearchParams(hash.replace(/^#/, "").replace(/\+/g, "%2B"));
    const number = (name, low, high, otherwise) => {
      const value = Number(given.get(name));
      return given.has(name) && Number.isFinite(value) ? g.clamp(value, low, high) : otherwise;
    };
    const trials = (name) =>
      (given.get(name) || "").split(",").filter(Boolean).map((id) => {
        const trial = g.table.byId(id);
        if (trial < 0) unknown.push(`trial ${id}`);
        return trial;
      }).filter((trial) => trial >= 0);
    if (["wall", "plot"].includes(given.get("view"))) view.mode = given.get("view");
    if (given.get("chart") === "parallel") view.plot.chart = "parallel";
    for (const name of ["x", "y", "colour"]) {
      const wanted = given.get(`plot.${name}`);
      if (wanted === "" && name === "colour") view.plot.colour = "";
      else if (wanted && g.dimension(wanted)) view.plot[name] = wanted;
      else if (wanted) unknown.push(`column ${wanted}`);
    }
    if (given.has("front")) view.plot.front = given.get("front") === "yes";
    if (g.PLACES.some((place) => given.has(place))) {
      const taken = new Set();
      for (const place of g.PLACES) {
        const name = given.get(place);
        if (name && !g.table.axis(name)) unknown.push(`axis ${name}`);
        view.places[place] = name && g.table.axis(name) && !taken.has(name) ? name : null;
        taken.add(name);
      }
    }
    for (const [name, key] of given) {
      const [, what, axisName] = /^(at|hide)\.([^]*)$/.exec(name) || [];
      if (!what) continue;
      const axis = g.table.axis(axisName);
      const code = axis ? axis.values.findIndex((value) => value.key === key) : -1;
      if (code < 0) unknown.push(`${axisName} ${key}`);
      else if (what === "at") view.at[axis.name] = code;
      else view.hidden[axis.name] = [...new Set([...(view.hidden[axis.name] || []), code])].sort((one, other) => one - other);
    }
    for (const [name, codes] of Object.entries(view.hidden)) {
      const axis = g.table.axis(name);
      if (codes.length >= axis.values.length) delete view.hidden[name];
      else if (codes.includes(view.at[name])) view.at[name] = axis.values.findIndex((_, code) => !codes.includes(code));
    }
    for (const text of given.getAll("where")) {
      const condition = g.parseCondition(text);
      if (condition) view.where.push(condition);
      else unknown.push(text);
    }
    const sort = given.get("sort") || "";
    const sorted = sort.replace(/^-/, "");
    if (sorted && (g.table.column(sorted) || sorted === "star")) view.sort = { column: sorted, down: sort.startsWith("-") };
    else if (sorted) unknown.push(`column ${sorted}`);
    const caption = given.get("caption");
    if (caption !== null && (caption === "" || g.table.column(caption))) view.caption = caption;
    if (given.get("heat") in g.HEATS) view.heat = given.get("heat");
    const against = given.get("against");
    if (against === "pin" || g.table.axis(against)) view.against = against;
    else if (against) unknown.push(`axis ${against}`);
    if (given.get("by") === "swipe") view.by = "swipe";
    view.gain = number("gain", 1, 16, view.gain);
    view.step = number("step", 0, 1e9, null);
    view.size = number("size", g.SIZES.smallest, g.SIZES.largest, null);
    view.zoom = { factor: number("zoom", 1, g.MOST_ZOOM, 1), x: number("x", 0, 1, 0.5), y: number("y", 0, 1, 0.5) };
    view.cell = trials("cell")[0] ?? -1;
    view.selected = [...new Set(trials("select"))];
    if (g.MODES.includes(given.get("show"))) view.show = given.get("show");
    for (const pin of (given.get("pin") || "").split(",").filter(Boolean)) {
      if (pin === "content" || pin === "style") view.pins.push(pin);
      else if (g.table.byId(pin) >= 0) view.pins.push(g.table.byId(pin));
      else unknown.push(`trial ${pin}`);
    }
    if (view.show === "one" ? view.cell < 0 : view.selected.length + view.pins.length < 2) view.show = null;
    return { view, unknown };
  };
})(window.gallery);
