// The trials: columns by name, axes, where images are, and which trial is at a point of the grid.
"use strict";

(function (g) {
  // A page that is one file has its images in itself: small copies by the names that they start with, pictures by address.
  g.embedded = null;
  g.receiveEmbedded = (embedded) => (g.embedded = embedded);

  function embedPictures(data) {
    const pictures = g.embedded.pictures;
    for (const axis of data.axes) for (const value of axis.values) if (value.picture) value.picture = pictures[value.picture] || null;
    for (const kind of Object.values(data.references)) for (const picture of kind.pictures) picture.link = pictures[picture.link] || null;
  }

  // The id of a trial and the name of its run, null where the page shows one run.
  g.splitKey = function (key) {
    const at = key.indexOf("@");
    return at < 0 ? [key, null] : [key.slice(0, at), key.slice(at + 1)];
  };

  class Table {
    constructor(data) {
      this.data = data;
      if (g.embedded) embedPictures(data);
      this.ids = data.trials.ids;
      this.count = this.ids.length;
      // What links and marks name a trial by: two runs may have one trial.
      this.keys = data.trials.runs ? this.ids.map((id, trial) => `${id}@${data.trials.runs[trial]}`) : this.ids;
      this._bases = new Map(data.runs.map((run) => [run.name, run.base]));
      this.status = data.trials.status;
      this.axes = data.axes;
      this._axes = new Map(data.axes.map((axis) => [axis.name, axis]));
      this._extra = [];
      this.setExtraColumns();
      this._strides = [];
      let stride = 1;
      for (const axis of this.axes) {
        this._strides.push(stride);
        stride *= axis.values.length;
      }
      this._points = new Map();
      this._first = new Map(); // a trial may be at several points: what differs there has no effect
      for (let trial = 0; trial < this.count; trial++) {
        let point = 0;
        for (let at = 0; at < this.axes.length; at++) point += this.axes[at].codes[trial] * this._strides[at];
        point = `${point},${this.drawOf(trial)}`;
        if (!this._points.has(point)) this._points.set(point, trial);
        if (!this._first.has(this.keys[trial])) this._first.set(this.keys[trial], trial);
      }
    }

    // The columns: those of the data that are there by now, and those that the page itself adds.
    setExtraColumns(extra = this._extra) {
      this._extra = extra;
      this.columns = [...this.data.columns.filter((column) => !column.later), ...extra];
      this._columns = new Map(this.columns.map((column) => [column.name, column]));
    }

    _point(codes) {
      return codes.reduce((sum, code, at) => sum + code * this._strides[at], 0);
    }

    axis(name) {
      return this._axes.get(name) || null;
    }

    column(name) {
      return this._columns.get(name) || null;
    }

    // Which of the points that were drawn a trial is of; 0 where nothing was drawn.
    drawOf(trial) {
      return this.data.trials.draws ? this.data.trials.draws[trial] : 0;
    }

    // The trial at one code for each axis, -1 where the grid has none; of drawn points the one of this number.
    at(codes, draw = 0) {
      const trial = this._points.get(`${this._point(codes)},${draw}`);
      return trial === undefined ? -1 : trial;
    }

    // The first trial of a key, -1 where there is none.
    byId(id) {
      const trial = this._first.get(id);
      return trial === undefined ? -1 : trial;
    }

    // A number, a text, or null.
    value(column, trial) {
      if ("constant" in column) return column.constant;
      if (column.numbers) return column.numbers[trial];
      const code = column.codes[trial];
      return code < 0 ? null : column.words[code];
    }

    text(column, trial) {
      const value = this.value(column, trial);
      return value === null ? "" : typeof value === "number" ? g.number(value, column.group === "setting" ? 7 : 4) : value;
    }

    // What tells a trial from the others, in words: "style swirls, α/β 10⁻³".
    name(trial, without = []) {
      const parts = this.axes
        .filter((axis) => !without.includes(axis.name))
        .map((axis) => `${axis.title} ${this.along(axis, trial)}`);
      return parts.join(", ") || this.data.run.title;
    }

    // The value of a trial on an axis, in words; where the axis has ranges, the number itself.
    along(axis, trial) {
      const column = axis.drawn && this.column(axis.name);
      return column && column.numbers ? this.text(column, trial) : axis.values[axis.codes[trial]].key;
    }

    // The axes along which all of these trials are at one value.
    sharedAxes(trials) {
      return this.axes.filter((axis) => new Set(trials.map((trial) => axis.codes[trial])).size === 1);
    }

    error(trial) {
      const column = this.column("error");
      return (column && this.value(column, trial)) || "no reason was recorded";
    }

    // In words, for who cannot see it.
    describe(trial) {
      const status = this.status[trial];
      if (status === "failed") return `${this.name(trial)}. Failed: ${this.error(trial)}`;
      if (status === "missing") return `${this.name(trial)}. Not run yet`;
      return this.name(trial);
    }

    hasImage(trial) {
      return this.data.trials.hasImage[trial];
    }

    // Where the run of a trial is, as the page sees it.
    base(trial) {
      return this._bases.get(this.data.trials.runs ? this.data.trials.runs[trial] : this.data.runs[0].name);
    }

    imagePath(trial) {
      if (g.embedded) return g.embedded.images[this.data.trials.thumbnails[trial]] || "";
      const id = this.ids[trial];
      return `${this.base(trial)}images/${id.slice(0, 2)}/${id}.png`;
    }

    // The smallest copy of an image that fills so many pixels of its long edge; the image itself where none does, or
    // where it is so much enlarged that one would see the copy's compression.
    source(trial, pixels) {
      if (g.embedded) return this.imagePath(trial);
      const start = this.data.trials.thumbnails[trial];
      const size = this.data.trials.sizes[trial];
      if (start && size) {
        const longest = Math.max(...size);
        for (const edge of pixels > 2 * longest ? [] : this.data.edges) {
          if (edge >= Math.min(pixels, longest)) return `${this.data.trials.runs ? `${this.base(trial)}gallery/` : ""}thumbnails/${start}-${edge}.webp`;
          if (edge >= longest) break;
        }
      }
      return this.imagePath(trial);
    }

    // Name and link of the content or style picture of a trial, null where it has none.
    reference(picture, trial) {
      const references = this.data.references[picture];
      const code = references.codes[trial];
      return code < 0 ? null : references.pictures[code];
    }
  }

  g.Table = Table;
})(window.gallery);
