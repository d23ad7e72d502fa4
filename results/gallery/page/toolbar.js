// What is shown: which axis is where, filter, order, caption and size.
"use strict";

(function (g) {
  const h = g.h;
  const PLACE_WORDS = { rows: "Rows", columns: "Columns", "super-rows": "Super-rows", "super-columns": "Super-columns" };
  const MODE_WORDS = { grid: "Grid", wall: "Wall", plot: "Plot" };

  // A list to choose from. `options` are pairs of value and text, or groups of such pairs with a label.
  g.select = function (text, value, options, onchange, properties = {}) {
    const one = ([key, word]) => h("option", { value: key, key, selected: key === value }, word);
    const inner = options.map((entry) => (Array.isArray(entry) ? one(entry) : h("optgroup", { label: entry.label, key: `group ${entry.label}` }, entry.options.map(one))));
    return h("label", { class: "control", key: properties.id }, h("span", null, text), h("select", { ...properties, value, onChange: (event) => onchange(event.target.value) }, inner));
  };

  g.renderToolbar = function () {
    g.draw(g.byId("places"), ...places());
    g.draw(g.byId("look"), ...look());
    g.renderSliders();
    g.renderScale();
    g.renderPlot();
    g.renderValues();
    g.draw(g.byId("conditions"), ...conditions());
    g.draw(g.byId("seldom"), seldom());
    renderButtons();
  };

  function renderButtons() {
    const count = g.view.selected.length + g.view.pins.length;
    const compare = g.byId("compare-button");
    compare.disabled = count < 2;
    compare.textContent = g.view.selected.length ? `Compare ${g.view.selected.length}` : "Compare";
    g.byId("select-button").setAttribute("aria-pressed", String(g.selecting));
  }

  // What a narrow page has no room for beside its title.
  const seldom = () => [["copy-button", "Copy"], ["theme-button", "Theme"], ["help-button", "Keys"]].map(([id, word]) => h("button", { type: "button", key: id, onClick: () => g.byId(id).click() }, word));

  // Puts an axis at a place; what was there goes where the axis was.
  g.put = function (place, name) {
    const now = { ...g.view.places };
    const before = g.PLACES.find((one) => now[one] === name);
    if (name && before) now[before] = now[place];
    now[place] = name;
    g.update({ places: now });
  };

  function places() {
    const modes = h("div", { class: "modes", role: "group", "aria-label": "View", key: "modes" },
      Object.entries(MODE_WORDS).map(([mode, word]) => h("button", { type: "button", id: `mode-${mode}`, key: mode, "aria-pressed": String(g.view.mode === mode), onClick: () => g.update({ mode }) }, word)));
    if (g.view.mode !== "grid" || !g.table.axes.length) return [modes];
    const needed = g.PLACES.filter((place, at) => at < 2 || g.table.axes.length > 2 || g.view.places[place]);
    const names = [["", "–"], ...g.table.axes.map((axis) => [axis.name, axis.title])];
    const values = h("button", { type: "button", id: "values-button", key: "values", "aria-haspopup": "dialog", onClick: () => g.openValues(null) }, "Values");
    return [modes, ...needed.map((place) => g.select(PLACE_WORDS[place], g.view.places[place] || "", names, (name) => g.put(place, name || null), { id: `place-${place}` })), values];
  }

  // All columns that differ between trials, in groups.
  g.columnOptions = function (fits = () => true) {
    const groups = { setting: "Settings", loss: "Losses", other: "Other", mark: "Yours" };
    return Object.entries(groups).map(([group, label]) => {
      const columns = g.table.columns.filter((column) => column.group === group && !("constant" in column) && fits(column));
      return { label, options: columns.map((column) => [column.name, column.title]) };
    }).filter((group) => group.options.length);
  };

  function look() {
    const sort = g.view.sort;
    const edge = Math.max(g.cellSize.width, g.cellSize.height);
    const numeric = Boolean(g.table.column(g.view.caption)?.numbers);
    return [
      g.select("Caption", g.view.caption, [["", "none"], ...g.columnOptions()], (name) => g.update({ caption: name }), { id: "caption" }),
      numeric ? g.select("as", g.view.heat, Object.entries(g.HEATS), (heat) => g.update({ heat }), { id: "heat" }) : null,
      g.view.mode === "grid" && g.table.count > 1 ? g.againstSelect() : null,
      ...(g.view.mode !== "grid" ? [
        g.select("Sort by", sort ? sort.column : "", [["", "grid's order"], ...g.columnOptions()], (name) => g.update({ sort: name ? { column: name, down: sort ? sort.down : false } : null }), { id: "sort" }),
        h("button", { type: "button", id: "direction", key: "direction", disabled: !sort, onClick: () => g.update({ sort: { ...sort, down: !sort.down } }) }, sort && sort.down ? "largest first" : "smallest first"),
      ] : []),
      h("label", { class: "control", key: "size" }, h("span", null, "Size"),
        h("input", { type: "range", id: "size", min: g.SIZES.smallest, max: g.SIZES.largest, step: 8, value: edge, "aria-valuetext": `${edge} pixels`, onInput: (event) => g.update({ size: Number(event.target.value) }) })),
      h("button", { type: "button", id: "fit", key: "fit", disabled: !g.view.size, onClick: () => g.update({ size: null }) }, "fit"),
      g.view.zoom.factor > 1 ? h("button", { type: "button", id: "unzoom", key: "unzoom", onClick: g.resetZoom }, `zoom ${g.number(g.view.zoom.factor, 2)}× · reset`) : null,
    ];
  }

  let draft = { column: "", operator: "=", value: "", error: null };

  function redraft(change) {
    draft = { ...draft, error: null, ...change };
    g.renderToolbar();
  }

  // Values that the filter's field offers.
  function offers(column) {
    const axis = g.table.axis(column.name);
    return (axis ? axis.values.map((value) => value.key) : column.words || []).slice(0, 200);
  }

  function conditions() {
    const options = g.columnOptions();
    if (!options.length) return [];
    const column = g.table.column(draft.column) || g.table.column(options[0].options[0][0]);
    const fitting = column.numbers ? g.OPERATORS.filter((one) => one !== "~") : ["=", "!=", "~"];
    draft = { ...draft, column: column.name, operator: fitting.includes(draft.operator) ? draft.operator : fitting[0] };
    const offered = offers(column);
    const form = h("form", { class: "filter", key: "form", onSubmit: add },
      g.select("Filter", draft.column, options, (name) => redraft({ column: name, operator: "", value: "" }), { id: "filter-column" }),
      h("select", { id: "filter-operator", key: "operator", "aria-label": "Comparison", value: draft.operator, onChange: (event) => redraft({ operator: event.target.value }) },
        fitting.map((one) => h("option", { value: one, key: one, selected: one === draft.operator }, g.OPERATOR_WORDS[one]))),
      h("input", { id: "filter-value", key: "value", "aria-label": "Value", size: 10, list: offered.length ? "filter-words" : null, autocomplete: "off", value: draft.value, inputmode: column.numbers ? "decimal" : null,
        "aria-invalid": draft.error ? "true" : null, "aria-describedby": draft.error ? "filter-error" : null, onInput: (event) => redraft({ value: event.target.value }) }),
      offered.length ? h("datalist", { id: "filter-words", key: "words" }, offered.map((word) => h("option", { value: word, key: word }))) : null,
      h("button", { type: "submit", key: "add" }, "add"),
      draft.error ? h("span", { id: "filter-error", key: "error", role: "alert" }, draft.error) : null);
    const chips = g.view.where.map((condition, at) => {
      const words = `${g.table.column(condition.column)?.title ?? condition.column} ${g.OPERATOR_WORDS[condition.operator]} ${condition.value}`;
      return h("button", { type: "button", class: "chip", key: `${at} ${words}`, "aria-label": `Remove the filter ${words}`, onClick: () => g.update({ where: g.view.where.filter((one) => one !== condition) }) }, words, h("span", { "aria-hidden": "true" }, " ×"));
    });
    const hidden = g.table.axes.filter((axis) => g.view.hidden[axis.name]).map((axis) => {
      const [name, codes] = [axis.name, g.view.hidden[axis.name]];
      const words = `${axis.title}: ${axis.values.length - codes.length} of ${axis.values.length}`;
      return h("button", { type: "button", class: "chip", key: `axis ${name}`, "aria-label": `Show all values of ${axis.title}`, onClick: () => g.hide(axis, []) }, words, h("span", { "aria-hidden": "true" }, " ×"));
    });
    const less = g.view.where.length + hidden.length > 0;
    let passing = 0;
    if (less) for (let trial = 0; trial < g.table.count; trial++) passing += g.passes(trial) && g.isShown(trial);
    const count = less ? h("span", { class: "hint", role: "status", key: "count" }, `${passing.toLocaleString("en")} of ${g.table.count.toLocaleString("en")}`) : null;
    return [form, ...chips, ...hidden, count];
  }

  function add(event) {
    event.preventDefault();
    const { column, operator, value } = draft;
    const error = g.conditionError(draft);
    if (error) {
      redraft({ error });
      g.byId("filter-value").focus();
      return;
    }
    // What was read as a number is shown as one: 1,5e3 becomes 1500.
    const number = g.table.column(column).numbers ? g.parseNumber(value) : NaN;
    draft.value = "";
    g.update({ where: [...g.view.where, { column, operator, value: Number.isNaN(number) ? value.trim() : String(number) }] });
  }
})(window.gallery);
