// The link, the command and the pandas query that give the same view again.
"use strict";

(function (g) {
  const quoted = (text) => (/^[\w./:@%+=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`);

  // What sliders and filters say, for DataFrame.query; empty where all trials are shown.
  g.query = function () {
    const sliders = g.sliderAxes().map((axis) => axis.values[g.view.at[axis.name]].query).filter(Boolean);
    return [...sliders, ...g.hiddenQueries(), ...g.view.where.map(g.conditionQuery)].join(" and ");
  };

  // An axis is sorted in the grid's order.
  const sortColumn = () => g.view.sort.column + (g.table.axis(g.view.sort.column) ? "_order" : "");

  g.command = function () {
    const { places, mode } = g.view;
    const parts = ["sweep", mode === "grid" ? "sheet" : "table", quoted(g.table.data.run.location)];
    if (mode === "grid") {
      for (const place of ["super-rows", "rows"]) if (places[place]) parts.push("--rows", places[place]);
      for (const place of ["super-columns", "columns"]) if (places[place]) parts.push("--columns", places[place]);
    } else if (g.view.sort && g.table.column(g.view.sort.column)?.group !== "mark") parts.push("--sort", (g.view.sort.down ? "-" : "") + sortColumn());
    const query = g.query();
    if (query) parts.push("--where", quoted(query));
    return parts.join(" ");
  };

  g.pandas = function () {
    const query = g.query();
    const load = (run) => `results.load(${JSON.stringify(run.location)}${g.view.mode === "grid" ? ", missing=True" : ""})`;
    const runs = g.table.data.runs;
    const lines = runs.length > 1 ? ["import pandas as pd", "import results", "", `trials = pd.concat([${runs.map(load).join(", ")}], ignore_index=True)`] : ["import results", "", `trials = ${load(runs[0])}`];
    if (query) lines.push(`trials = trials.query(${JSON.stringify(query)})`);
    if (g.view.mode !== "grid") {
      const sort = g.view.sort;
      if (sort && g.table.column(sort.column)?.group === "mark") return lines.join("\n"); // the marks may be in this browser alone
      // Failed trials come last, as on the page.
      if (sort) lines.push(`trials = trials.sort_values(["status", ${JSON.stringify(sortColumn())}], ascending=[True, ${sort.down ? "False" : "True"}])`);
    } else {
      const names = (...places) => JSON.stringify(places.map((place) => g.view.places[place]).filter(Boolean));
      lines.push(`results.sheet(trials, rows=${names("super-rows", "rows")}, columns=${names("super-columns", "columns")})`);
    }
    return lines.join("\n");
  };

  g.openCopy = function () {
    const dialog = g.byId("copy");
    const block = (title, text) => {
      const area = g.make("textarea", { readonly: true, rows: Math.min(8, text.split("\n").length + (text.length > 90 ? 1 : 0)), "aria-label": title, spellcheck: "false" });
      area.value = text;
      const button = g.make("button", { type: "button", onclick: () => copy(area, button) }, "Copy");
      return g.make("div", { class: "copied" }, g.make("h3", null, title), button, area);
    };
    g.fill(dialog,
      g.make("div", { class: "viewer-heading" }, g.make("h2", { id: "copy-title" }, "This view again"), g.make("button", { type: "button", class: "close", onclick: () => dialog.close() }, "Close")),
      block("Link", location.href),
      g.table.data.runs.length > 1 ? "" : block(g.view.mode === "grid" ? "As a sheet, from a shell" : "As a table, from a shell", g.command()),
      sheetButton(),
      block("In Python", g.pandas()),
      g.marksBlock());
    g.openDialog(dialog);
  };

  // The trials that the grid shows, whatever is scrolled out of sight.
  function shown() {
    const layout = g.layout;
    const trials = layout.rows.flatMap((_, row) => layout.columns.map((__, column) => layout.trialAt(row, column)));
    return trials.filter((trial) => trial >= 0 && g.passes(trial));
  }

  // The view as the run's own sheet draws it. Pages from files cannot read pixels, so only a server can give it.
  function sheetButton() {
    if (!g.served() || g.view.mode !== "grid") return "";
    const { places, caption } = g.view;
    const named = (...which) => which.map((place) => places[place]).filter(Boolean);
    const save = async (event) => {
      const button = event.target;
      [button.disabled, button.textContent] = [true, "Drawing…"];
      try {
        const asked = { ids: shown().map((trial) => g.table.keys[trial]), rows: named("super-rows", "rows"), columns: named("super-columns", "columns"), caption: caption ? [caption] : [] };
        g.save(await (await g.ask("sheet", asked)).blob(), `${g.table.data.run.name}.png`);
      } catch (error) {
        g.notice(`The sheet cannot be drawn: ${error.message}`);
      }
      [button.disabled, button.textContent] = [false, "Save as PNG"];
    };
    return g.make("p", null, g.make("button", { type: "button", id: "save-sheet", onclick: save }, "Save as PNG"));
  }

  async function copy(area, button) {
    try {
      await navigator.clipboard.writeText(area.value);
    } catch {
      area.select(); // no permission, or no secure page
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    g.announce("copied");
  }
})(window.gallery);
