// What is shown: which axis is where, sliders for the others, filter, order, caption and size.
"use strict";

(function (g) {
  const PLACE_WORDS = { rows: "Rows", columns: "Columns", "super-rows": "Super-rows", "super-columns": "Super-columns" };

  g.sliderNow = null; // the axis that [ and ] flip

  const option = (value, text, chosen) => g.make("option", { value, selected: value === chosen }, text);

  function select(label, options, onchange, properties = {}) {
    return g.make("label", { class: "control" }, g.make("span", null, label), g.make("select", { ...properties, onchange: (event) => onchange(event.target.value) }, ...options));
  }

  g.renderToolbar = function () {
    const focused = document.activeElement?.id;
    renderPlaces();
    renderLook();
    renderSliders();
    renderConditions();
    if (focused && document.activeElement?.id !== focused) g.byId(focused)?.focus({ preventScroll: true });
    const count = g.view.selected.length + g.view.pins.length;
    const button = g.byId("compare-button");
    button.disabled = count < 2;
    button.textContent = g.view.selected.length ? `Compare ${g.view.selected.length}` : "Compare";
  };

  // Puts an axis at a place; what was there goes where the axis was.
  g.put = function (place, name) {
    const places = { ...g.view.places };
    const before = g.PLACES.find((one) => places[one] === name);
    if (name && before) places[before] = places[place];
    places[place] = name;
    g.update({ places });
  };

  function renderPlaces() {
    const grid = g.view.mode === "grid";
    const mode = select("View", [option("grid", "grid", g.view.mode), option("wall", "wall, sorted", g.view.mode)], (value) => g.update({ mode: value }), { id: "mode" });
    const needed = g.PLACES.filter((place, at) => at < 2 || g.table.axes.length > 2 || g.view.places[place]);
    const places = grid && g.table.axes.length ? needed.map((place) => select(PLACE_WORDS[place],
      [option("", "–", g.view.places[place] || ""), ...g.table.axes.map((axis) => option(axis.name, axis.title, g.view.places[place] || ""))],
      (name) => g.put(place, name || null), { id: `place-${place}` })) : [];
    g.fill(g.byId("places"), mode, ...places);
  }

  // All columns that differ between trials, in groups.
  function columnOptions(chosen, fits = () => true) {
    const groups = { setting: "Settings", loss: "Losses", other: "Other" };
    return Object.entries(groups).map(([group, label]) => {
      const columns = g.table.columns.filter((column) => column.group === group && !("constant" in column) && fits(column));
      return columns.length ? g.make("optgroup", { label }, ...columns.map((column) => option(column.name, column.title, chosen))) : null;
    }).filter(Boolean);
  }

  function renderLook() {
    const caption = select("Caption", [option("", "none", g.view.caption), ...columnOptions(g.view.caption)], (name) => g.update({ caption: name }), { id: "caption" });
    const sort = g.view.sort;
    const order = g.view.mode === "wall" ? [
      select("Sort by", [option("", "grid's order", sort ? sort.column : ""), ...columnOptions(sort ? sort.column : "")], (name) => g.update({ sort: name ? { column: name, down: sort ? sort.down : false } : null }), { id: "sort" }),
      g.make("button", { type: "button", id: "direction", disabled: !sort, onclick: () => g.update({ sort: { ...sort, down: !sort.down } }) }, sort && sort.down ? "largest first" : "smallest first"),
    ] : [];
    const edge = Math.max(g.cellSize.width, g.cellSize.height);
    const size = g.make("label", { class: "control" }, g.make("span", null, "Size"),
      g.make("input", { type: "range", id: "size", min: g.SIZES.smallest, max: g.SIZES.largest, step: 8, value: edge, "aria-valuetext": `${edge} pixels`, oninput: (event) => g.update({ size: Number(event.target.value) }) }));
    const fitButton = g.make("button", { type: "button", id: "fit", disabled: !g.view.size, onclick: () => g.update({ size: null }) }, "fit");
    const zoom = g.view.zoom.factor > 1 ? g.make("button", { type: "button", id: "unzoom", onclick: g.resetZoom }, `zoom ${g.number(g.view.zoom.factor, 2)}× · reset`) : null;
    g.fill(g.byId("look"), caption, ...order, size, fitButton, zoom);
  }

  function renderSliders() {
    const axes = g.sliderAxes();
    if (!axes.some((axis) => axis.name === g.sliderNow)) g.sliderNow = axes.length ? axes[0].name : null;
    g.fill(g.byId("sliders"), ...axes.map((axis) => {
      const code = g.view.at[axis.name];
      const id = `slider-${axis.name}`;
      const set = (value) => ((g.sliderNow = axis.name), g.flipTo(axis, value));
      return g.make("div", { class: axis.name === g.sliderNow ? "control slider now" : "control slider" },
        g.make("label", { for: id }, axis.title),
        g.make("input", { type: "range", id, min: 0, max: axis.values.length - 1, step: 1, value: code, "aria-valuetext": axis.values[code].key, oninput: (event) => set(Number(event.target.value)), onfocus: () => (g.sliderNow = axis.name) }),
        g.make("output", { for: id }, axis.values[code].key));
    }));
    g.byId("sliders").hidden = !axes.length;
  }

  // Sets a slider; the current cell stays where it is in the table.
  g.flipTo = function (axis, code) {
    const place = g.view.cell >= 0 ? g.layout.placeOf(g.view.cell) : null;
    g.view.at = { ...g.view.at, [axis.name]: g.clamp(code, 0, axis.values.length - 1) };
    if (place && place[0] >= 0) {
      g.renderGrid();
      g.view.cell = g.layout.trialAt(...place);
    }
    if (g.view.show === "one" && g.view.cell < 0) g.view.show = null;
    g.update({});
    g.announce(`${axis.title} ${axis.values[g.view.at[axis.name]].key}`);
  };

  // Flips the slider that was last used.
  g.flip = function (by) {
    const axis = g.table.axis(g.sliderNow);
    if (axis) g.flipTo(axis, (g.view.at[axis.name] + by + axis.values.length) % axis.values.length);
  };

  let draft = { column: "", operator: "=", value: "" };

  function renderConditions() {
    const chips = g.view.where.map((condition, at) => {
      const column = g.table.column(condition.column);
      const words = `${column.title} ${g.OPERATOR_WORDS[condition.operator]} ${condition.value}`;
      return g.make("button", { type: "button", class: "chip", "aria-label": `Remove the filter ${words}`, onclick: () => g.update({ where: g.view.where.filter((_, other) => other !== at) }) }, words, g.make("span", { "aria-hidden": "true" }, " ×"));
    });
    const options = columnOptions(draft.column);
    if (!options.length) return g.fill(g.byId("conditions"));
    const column = g.table.column(draft.column) || g.table.columns.find((one) => !("constant" in one));
    draft.column = column.name;
    const fitting = column.numbers ? g.OPERATORS.filter((one) => one !== "~") : ["=", "!=", "~"];
    if (!fitting.includes(draft.operator)) draft.operator = fitting[0];
    const words = (column.words || []).slice(0, 200);
    const form = g.make("form", { class: "filter", onsubmit: add },
      g.make("label", { class: "control" }, g.make("span", null, "Filter"), g.make("select", { id: "filter-column", onchange: (event) => ((draft = { column: event.target.value, operator: "", value: "" }), g.renderToolbar()) }, ...columnOptions(draft.column))),
      g.make("select", { id: "filter-operator", "aria-label": "Comparison", onchange: (event) => (draft.operator = event.target.value) }, ...fitting.map((one) => option(one, g.OPERATOR_WORDS[one], draft.operator))),
      g.make("input", { id: "filter-value", "aria-label": "Value", size: 10, list: words.length ? "filter-words" : null, autocomplete: "off", value: draft.value, inputmode: column.numbers ? "decimal" : null, oninput: (event) => (draft.value = event.target.value) }),
      words.length ? g.make("datalist", { id: "filter-words" }, ...words.map((word) => g.make("option", { value: word }))) : null,
      g.make("button", { type: "submit" }, "add"));
    let passing = 0;
    if (g.view.where.length) for (let trial = 0; trial < g.table.count; trial++) passing += g.passes(trial);
    const count = g.view.where.length ? g.make("span", { class: "hint", role: "status" }, `${passing.toLocaleString("en")} of ${g.table.count.toLocaleString("en")}`) : null;
    g.fill(g.byId("conditions"), form, ...chips, count);
  }

  function add(event) {
    event.preventDefault();
    if (draft.value === "" || (g.table.column(draft.column).numbers && Number.isNaN(Number(draft.value)))) {
      g.byId("filter-value").focus();
      return;
    }
    const condition = { ...draft };
    draft.value = "";
    g.update({ where: [...g.view.where, condition] });
  }
})(window.gallery);
