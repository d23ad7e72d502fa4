// What is looked at, and how a link says it: by the names of axes, values, columns and trials, never by their numbers.
"use strict";

(function (g) {
  g.PLACES = ["rows", "columns", "super-rows", "super-columns"];
  g.MODES = ["one", "side", "swipe", "blink", "difference"];
  g.SIZES = { smallest: 48, largest: 640 };

  // A view as the grid's own sheet has it.
  g.firstView = () => ({
    mode: "grid",
    places: { ...g.table.data.view },
    at: Object.fromEntries(g.table.axes.map((axis) => [axis.name, 0])),
    where: [],
    sort: null,
    caption: g.table.column("total_loss") ? "total_loss" : "",
    size: null,
    zoom: { factor: 1, x: 0.5, y: 0.5 },
    cell: -1,
    selected: [],
    show: null,
    pins: [],
  });

  // Axes without a place in the table, in the grid's order.
  g.sliderAxes = () => g.table.axes.filter((axis) => g.view.mode === "grid" && !Object.values(g.view.places).includes(axis.name));

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
    for (const condition of view.where) add("where", g.conditionText(condition));
    if (view.sort) add("sort", (view.sort.down ? "-" : "") + view.sort.column);
    if (view.caption !== usual.caption) add("caption", view.caption);
    if (view.size) add("size", view.size);
    if (view.zoom.factor > 1) {
      add("zoom", short(view.zoom.factor));
      add("x", short(view.zoom.x));
      add("y", short(view.zoom.y));
    }
    if (view.cell >= 0) add("cell", g.table.ids[view.cell]);
    if (view.selected.length) add("select", view.selected.map((trial) => g.table.ids[trial]).join(","));
    if (view.show) add("show", view.show);
    if (view.pins.length) add("pin", view.pins.map((pin) => (typeof pin === "number" ? g.table.ids[pin] : pin)).join(","));
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
    if (given.get("view") === "wall") view.mode = "wall";
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
      if (!name.startsWith("at.")) continue;
      const axis = g.table.axis(name.slice(3));
      const code = axis ? axis.values.findIndex((value) => value.key === key) : -1;
      if (code < 0) unknown.push(`${name.slice(3)} ${key}`);
      else view.at[axis.name] = code;
    }
    for (const text of given.getAll("where")) {
      const condition = g.parseCondition(text);
      if (condition) view.where.push(condition);
      else unknown.push(text);
    }
    const sort = given.get("sort") || "";
    const sorted = sort.replace(/^-/, "");
    if (sorted && g.table.column(sorted)) view.sort = { column: sorted, down: sort.startsWith("-") };
    else if (sorted) unknown.push(`column ${sorted}`);
    const caption = given.get("caption");
    if (caption !== null && (caption === "" || g.table.column(caption))) view.caption = caption;
    view.size = number("size", g.SIZES.smallest, g.SIZES.largest, null);
    view.zoom = { factor: number("zoom", 1, g.MOST_ZOOM, 1), x: number("x", 0, 1, 0.5), y: number("y", 0, 1, 0.5) };
    view.cell = trials("cell")[0] ?? -1;
    view.selected = [...new Set(trials("select"))];
    if (g.MODES.includes(given.get("show"))) view.show = given.get("show");
    if (view.show === "one" ? view.cell < 0 : view.selected.length + (given.get("pin") ? 1 : 0) < 2) view.show = null;
    for (const pin of (given.get("pin") || "").split(",").filter(Boolean)) {
      if (pin === "content" || pin === "style") view.pins.push(pin);
      else if (g.table.byId(pin) >= 0) view.pins.push(g.table.byId(pin));
      else unknown.push(`trial ${pin}`);
    }
    return { view, unknown };
  };

  let ours = null;

  // Says the view in the address, without a new entry in the history: one flip of a slider is no page.
  g.writeHash = function () {
    const hash = g.toHash(g.view);
    if (hash === ours) return;
    ours = hash;
    const address = new URL(location.href);
    address.hash = hash;
    try {
      history.replaceState(null, "", address.href);
    } catch {
      location.replace(address.href); // browsers that let no page of file:// change its history
    }
  };

  g.isOurs = () => location.hash.replace(/^#/, "") === ours;
})(window.gallery);
