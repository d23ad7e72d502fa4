// The table of images. Only the rows and columns in sight, and one around them, are in the document.
"use strict";

(function (g) {
  const OVERSCAN = 1;
  let scroller, table, head, body;
  let cells = new Map(); // those in the document, by row and column
  let shown = null; // which window that is

  g.cellId = (row, column) => `cell-${row}-${column}`;

  g.setUpGrid = function () {
    scroller = g.byId("grid-scroller");
    head = g.make("thead");
    body = g.make("tbody");
    table = g.make("table", { role: "grid", tabindex: "0", id: "grid", "aria-multiselectable": "true" }, head, body);
    scroller.append(table);
    scroller.addEventListener("scroll", () => requestAnimationFrame(fillWindow), { passive: true });
    new ResizeObserver(() => g.update({})).observe(scroller);
    table.addEventListener("pointerover", (event) => {
      const cell = event.target.closest("td[data-trial]");
      if (cell && event.pointerType !== "touch") g.inspect(Number(cell.dataset.trial), event.movementX > 2 && event.movementX > Math.abs(event.movementY));
    });
    table.addEventListener("pointerleave", () => g.inspectNoMore());
    table.addEventListener("click", onClick);
    table.addEventListener("focus", () => {
      // By the keyboard: a current cell is what its keys act on. A click has its own.
      if (table.matches(":focus-visible") && (g.view.cell < 0 || g.layout.placeOf(g.view.cell)[0] < 0)) g.moveToFirst();
    });
    g.listenForZoom(scroller);
  };

  function onClick(event) {
    const cell = event.target.closest("td[data-trial]");
    if (!cell) return;
    const trial = Number(cell.dataset.trial);
    const from = g.view.cell;
    if (event.shiftKey && from >= 0) g.selectRange(from, trial);
    else if (g.selecting || event.ctrlKey || event.metaKey || event.shiftKey || event.target.closest(".pick")) g.toggleSelected(trial);
    else g.openViewer("one", trial);
    g.update({ cell: trial });
  }

  // Lays everything out anew. Cheap enough for every change but a scroll.
  g.renderGrid = function () {
    g.layout = g.makeLayout(scroller);
    g.keepFrames(cells.values());
    cells = new Map();
    shown = null;
    const layout = g.layout;
    const style = scroller.style;
    style.setProperty("--cell-width", `${g.cellSize.width}px`);
    style.setProperty("--cell-height", `${g.cellSize.height}px`);
    style.setProperty("--caption-height", `${g.captionHeight()}px`);
    style.setProperty("--header-width", `${g.headerWidth(layout)}px`);
    style.setProperty("--header-height", `${g.headerHeight(layout)}px`);
    style.setProperty("--thumbnail", `${g.thumbnailEdge(g.cellSize.width)}px`);
    table.className = layout.rowAxis ? layout.kind : `${layout.kind} bare`;
    table.style.width = `${g.headerWidth(layout) + layout.columns.length * layout.columnStep}px`;
    table.setAttribute("aria-rowcount", layout.rows.length + headerRows(layout));
    table.setAttribute("aria-colcount", layout.columns.length + (layout.rowAxis ? 1 : 0));
    table.setAttribute("aria-label", label(layout));
    g.prepareCaptions();
    fillWindow();
    scroller.classList.toggle("narrow", g.cellSize.width < 84);
    scroller.classList.toggle("empty", layout.rows.length === 0);
  };

  const headerRows = (layout) => (layout.superColumnAxis ? 1 : 0) + (layout.columnAxis ? 1 : 0);

  function label(layout) {
    if (layout.kind === "wall") return "Images, sorted";
    const words = [[layout.superRowAxis, "super-rows"], [layout.rowAxis, "rows"], [layout.superColumnAxis, "super-columns"], [layout.columnAxis, "columns"]];
    return "Images: " + (words.filter(([axis]) => axis).map(([axis, word]) => `${axis.title} in ${word}`).join(", ") || "one");
  }

  function range(offset, length, step, count) {
    return [g.clamp(Math.floor(offset / step) - OVERSCAN, 0, count), g.clamp(Math.ceil((offset + length) / step) + OVERSCAN, 0, count)];
  }

  function rowRange(layout) {
    const top = scroller.scrollTop;
    const bottom = top + scroller.clientHeight;
    let first = 0;
    while (first < layout.rows.length && layout.tops[first] + layout.rowStep < top) first++;
    let last = first;
    while (last < layout.rows.length && layout.tops[last] < bottom) last++;
    return [Math.max(0, first - OVERSCAN), Math.min(layout.rows.length, last + OVERSCAN)];
  }

  function fillWindow() {
    const layout = g.layout;
    if (!layout) return;
    const [firstRow, lastRow] = rowRange(layout);
    const [firstColumn, lastColumn] = range(scroller.scrollLeft, scroller.clientWidth - g.headerWidth(layout), layout.columnStep, layout.columns.length);
    const wanted = [firstRow, lastRow, firstColumn, lastColumn].join();
    if (wanted === shown) return;
    shown = wanted;
    const before = firstColumn * layout.columnStep;
    const after = (layout.columns.length - lastColumn) * layout.columnStep;
    const space = (tag, width) => (width ? g.make(tag, { class: "space", role: "presentation" }) : null);
    const sized = (element, name, pixels) => (element && element.style.setProperty(name, `${pixels}px`), element);
    const framed = (tag, ...inner) => [sized(space(tag, before), "width", before), ...inner, sized(space(tag, after), "width", after)].filter(Boolean);

    g.fill(head, ...headings(layout, firstColumn, lastColumn, framed));
    const kept = new Map();
    const rows = [];
    let first = layout.rows.length ? layout.tops[firstRow] ?? 0 : 0;
    const span = lastColumn - firstColumn + (layout.rowAxis ? 1 : 0) + (before ? 1 : 0) + (after ? 1 : 0);
    if (layout.superRowAxis && firstRow < lastRow) first -= g.BAND;
    if (first > 0) rows.push(sized(g.make("tr", { class: "space", role: "presentation" }), "height", first));
    for (let row = firstRow; row < lastRow; row++) {
      const begins = layout.superRowAxis && (row === firstRow || layout.rows[row - 1][0] !== layout.rows[row][0]);
      if (begins) rows.push(g.make("tr", { class: "band" }, band(layout, row, span)));
      const inner = [];
      for (let column = firstColumn; column < lastColumn; column++) {
        const key = `${row},${column}`;
        const cell = cells.get(key) || g.makeCell(layout, row, column);
        kept.set(key, cell);
        inner.push(cell);
      }
      rows.push(g.make("tr", { "aria-rowindex": row + 1 + headerRows(layout) }, layout.rowAxis && rowHeader(layout, row), ...framed("td", ...inner)));
    }
    const end = lastRow < layout.rows.length ? layout.height - (layout.tops[lastRow - 1] + layout.rowStep) : 0;
    if (end > 0) rows.push(sized(g.make("tr", { class: "space", role: "presentation" }), "height", end));
    g.fill(body, ...rows);
    cells = kept;
    markCells();
  }

  // The heading's words: a picture's small copy stands above its name. A click chooses which values are shown; keys have
  // the toolbar's button for that, as there may be hundreds of headings.
  function headingInside(axis, value) {
    const text = g.make("span", { class: "label", onclick: () => g.openValues(axis), title: value.also ? `${value.key} (${value.also})` : value.key }, value.label, value.also ? g.make("small", null, value.also) : null);
    const picture = value.picture ? g.make("img", { class: "reference", src: value.picture, alt: "", loading: "lazy", decoding: "async" }) : null;
    return [picture, text];
  }

  function headings(layout, first, last, framed) {
    const rows = [];
    const corner = (text) => (layout.rowAxis ? [g.make("td", { class: "corner" }, text)] : []);
    if (layout.superColumnAxis) {
      const axis = layout.superColumnAxis;
      const groups = [];
      for (let column = first; column < last; column++) {
        const code = layout.columns[column][0];
        if (groups.length && groups[groups.length - 1].code === code) groups[groups.length - 1].span++;
        else groups.push({ code, span: 1 });
      }
      const inner = groups.map(({ code, span }) =>
        g.make("th", { scope: "colgroup", colspan: span, class: "super" }, g.make("span", { class: "sticky" }, `${axis.title}: ${axis.values[code].key}`)));
      rows.push(g.make("tr", { class: "super" }, ...corner(""), ...framed("td", ...inner)));
    }
    if (layout.columnAxis) {
      const axis = layout.columnAxis;
      const inner = [];
      for (let column = first; column < last; column++) {
        const line = layout.columns[column];
        inner.push(g.make("th", { scope: "col", "aria-colindex": column + 1 + (layout.rowAxis ? 1 : 0) }, ...headingInside(axis, axis.values[line[line.length - 1]])));
      }
      const names = g.make("span", { class: "axes" },
        layout.rowAxis ? g.make("span", { class: "down" }, layout.rowAxis.title + " ↓") : null, g.make("span", { class: "across" }, axis.title + " →"));
      rows.push(g.make("tr", { class: "columns" }, ...corner(names), ...framed("td", ...inner)));
    }
    return rows;
  }

  function band(layout, row, span) {
    const value = layout.superRowAxis.values[layout.rows[row][0]];
    const picture = value.picture ? g.make("img", { class: "reference", src: value.picture, alt: "", decoding: "async" }) : null;
    return g.make("th", { scope: "rowgroup", colspan: span }, g.make("span", { class: "sticky" }, picture, `${layout.superRowAxis.title}: ${value.key}`, value.also ? g.make("small", { title: value.also }, value.also) : null));
  }

  function rowHeader(layout, row) {
    const line = layout.rows[row];
    const axis = layout.rowAxis;
    if (layout.goesOn && layout.goesOn(row)) return g.make("th", { scope: "row", class: "row", "aria-label": axis.values[line[line.length - 1]].key });
    return g.make("th", { scope: "row", class: "row" }, ...headingInside(axis, axis.values[line[line.length - 1]]));
  }

  // Shows which cell is the current one and which are selected, without making any anew.
  function markCells() {
    const [row, column] = g.view.cell >= 0 ? g.layout.placeOf(g.view.cell) : [-1, -1];
    const current = `${row},${column}`;
    for (const [key, cell] of cells) {
      const trial = Number(cell.dataset.trial ?? -1);
      const selected = g.view.selected.includes(trial);
      cell.setAttribute("aria-selected", selected);
      cell.classList.toggle("selected", selected);
      cell.classList.toggle("current", key === current && trial === g.layout.trialAt(row, column));
    }
    if (cells.has(current)) table.setAttribute("aria-activedescendant", g.cellId(row, column));
    else table.removeAttribute("aria-activedescendant");
  }
  g.markCells = () => markCells();

  // Better copies for what is in sight, after zooming in.
  g.sharpen = function () {
    for (const cell of cells.values()) {
      const image = cell.querySelector(".frame > img");
      if (!image) continue;
      const trial = Number(cell.dataset.trial);
      const source = g.imageOf(trial, Math.max(g.cellSize.width, g.cellSize.height));
      if (image.getAttribute("src") !== source && g.view.zoom.factor > 1) image.src = source;
    }
  };

  // Makes the cell at a row and column the current one and scrolls to it. Says what is there.
  g.moveTo = function (row, column) {
    const layout = g.layout;
    if (!layout.rows.length || !layout.columns.length) return;
    row = g.clamp(row, 0, layout.rows.length - 1);
    column = g.clamp(column, 0, layout.columns.length - 1);
    const trial = layout.trialAt(row, column);
    const headers = g.headerHeight(layout) + (layout.superRowAxis ? g.BAND : 0);
    const top = layout.tops[row] + g.headerHeight(layout);
    const low = top - headers;
    const high = top + layout.rowStep - scroller.clientHeight;
    scroller.scrollTop = g.clamp(scroller.scrollTop, high, Math.max(low, high));
    const left = column * layout.columnStep;
    const right = left + layout.columnStep + g.headerWidth(layout) - scroller.clientWidth;
    scroller.scrollLeft = g.clamp(scroller.scrollLeft, right, Math.max(left, right));
    fillWindow();
    if (trial < 0) g.announce("not in the grid");
    g.update({ cell: trial });
  };

  // Makes the first image in sight the current one.
  g.moveToFirst = function () {
    const layout = g.layout;
    const top = layout.tops.findIndex((one) => one + layout.rowStep > scroller.scrollTop + 1);
    for (let row = Math.max(0, top); row < layout.rows.length; row++) {
      for (let column = 0; column < layout.columns.length; column++) if (layout.trialAt(row, column) >= 0) return g.moveTo(row, column);
    }
    return undefined;
  };

  g.focusGrid = () => table.focus({ preventScroll: true });
})(window.gallery);
