// Which values of the axes are shown: a list to tick, one value at a time.
"use strict";

(function (g) {
  const h = g.h;

  g.isHidden = (axis, code) => (g.view.hidden[axis.name] || []).includes(code);

  // Whether none of a trial's values is hidden.
  g.isShown = (trial) => g.table.axes.every((axis) => !g.isHidden(axis, axis.codes[trial]));

  // Hides values of an axis; one at least stays.
  g.hide = function (axis, codes) {
    if (codes.length >= axis.values.length) return (g.announce("One value at least stays"), g.update({}));
    const hidden = { ...g.view.hidden, [axis.name]: codes };
    if (!codes.length) delete hidden[axis.name];
    const at = { ...g.view.at };
    if (codes.includes(at[axis.name])) at[axis.name] = axis.values.findIndex((_, code) => !codes.includes(code));
    return g.update({ hidden, at });
  };

  // What pandas says for what is left, as a condition.
  g.hiddenQueries = () => Object.entries(g.view.hidden).map(([name, codes]) => {
    const queries = codes.map((code) => g.table.axis(name).values[code].query).filter(Boolean);
    return `not (${queries.join(" or ")})`;
  });

  g.openValues = function (axis) {
    render(axis);
    g.openDialog(g.byId("values"));
  };

  g.renderValues = () => g.byId("values").open && render(null);

  let opened = null;

  function render(axis) {
    if (axis) opened = axis.name;
    const dialog = g.byId("values");
    g.draw(dialog, h("div", { class: "viewer-heading" }, h("h2", { id: "values-title" }, "Values shown"), h("button", { type: "button", class: "close", onClick: () => dialog.close() }, "Close")),
      g.table.axes.map((one) => h("details", { key: one.name, class: "values", name: "axis", open: g.table.axes.length === 1 || one.name === opened, onToggle: (event) => event.target.open && (opened = one.name) },
        h("summary", null, one.title, " ", h("span", { class: "hint" }, count(one))), list(one))));
  }

  const count = (axis) => (g.view.hidden[axis.name] ? `${axis.values.length - g.view.hidden[axis.name].length} of ${axis.values.length}` : String(axis.values.length));

  function list(axis) {
    const hidden = g.view.hidden[axis.name] || [];
    const flip = (code) => g.hide(axis, hidden.includes(code) ? hidden.filter((one) => one !== code) : [...hidden, code].sort((one, other) => one - other));
    const only = (code) => g.hide(axis, axis.values.map((_, other) => other).filter((other) => other !== code));
    return h("div", { class: "ticks" },
      h("p", null, h("button", { type: "button", disabled: !hidden.length, onClick: () => g.hide(axis, []) }, "show all")),
      axis.values.map((value, code) => h("div", { class: "tick", key: value.key },
        h("label", null, h("input", { type: "checkbox", checked: !hidden.includes(code), onChange: () => flip(code) }), value.picture ? h("img", { src: value.picture, alt: "", loading: "lazy" }) : null, h("span", null, value.key)),
        h("button", { type: "button", class: "small", "aria-label": `Show only ${value.key}`, onClick: () => only(code) }, "only"))));
  }
})(window.gallery);
