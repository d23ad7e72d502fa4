// The sliders: axes without a place in the table, and the steps of the optimisation. Each can be played as a film.
"use strict";

(function (g) {
  const h = g.h;
  const PLAY_SECONDS = 0.7;
  let playing = null; // the name of the slider that is played
  let timer = 0;

  g.sliderNow = null; // the one that [ and ] flip

  // What can be flipped through, each with its place and the words for all places.
  g.flipBooks = function () {
    const axes = g.sliderAxes().map((axis) => {
      const codes = axis.values.map((_, code) => code).filter((code) => !g.isHidden(axis, code));
      return {
        name: axis.name, id: `slider-${axis.name}`, title: axis.title, code: Math.max(0, codes.indexOf(g.view.at[axis.name])),
        words: codes.map((code) => axis.values[code].key), set: (at) => g.flipTo(axis, codes[at]),
      };
    });
    return [...axes, g.stepSlider()].filter((book) => book && book.words.length > 1);
  };

  g.renderSliders = function () {
    const books = g.flipBooks();
    if (!books.some((book) => book.name === g.sliderNow)) g.sliderNow = books.length ? books[0].name : null;
    if (playing && !books.some((book) => book.name === playing)) g.stopPlaying();
    const others = g.againstControls();
    const place = g.byId("sliders");
    place.hidden = !books.length && !others.length;
    const note = g.view.step !== null && g.view.caption ? h("span", { class: "hint", key: "note" }, "The numbers are those of the last image.") : null;
    g.draw(place, ...g.sliderControls(books), note, ...others);
  };

  // `prefix` tells the sliders of the large view from those of the page.
  g.sliderControls = (books, prefix = "") => books.map((book) => {
    const id = prefix + book.id;
    const play = playing === book.name;
    const use = () => (g.sliderNow = book.name);
    const set = (event) => (use(), g.stopPlaying(), book.set(Number(event.target.value)));
    return h("div", { class: book.name === g.sliderNow ? "control slider now" : "control slider", key: id },
      h("button", { type: "button", class: "play", "aria-label": play ? `Stop ${book.title}` : `Play ${book.title} as a film`, "aria-pressed": String(play), onClick: () => (use(), g.togglePlaying()) }, play ? "❚❚" : "▶"),
      h("label", { for: id }, book.title),
      h("input", { type: "range", id, min: 0, max: book.words.length - 1, step: 1, value: book.code, "aria-valuetext": book.words[book.code], onInput: set, onFocus: use }),
      h("output", { for: id }, book.words[book.code]));
  });

  // Sets an axis; the current cell stays where it is in the table.
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

  // Flips the slider that was last used, round and round.
  g.flip = function (by) {
    const book = g.flipBooks().find((one) => one.name === g.sliderNow);
    if (book) book.set((book.code + by + book.words.length) % book.words.length);
  };

  g.stopPlaying = function () {
    clearInterval(timer);
    playing = null;
  };

  g.togglePlaying = function () {
    const stop = playing === g.sliderNow;
    g.stopPlaying();
    if (!stop && g.sliderNow) {
      playing = g.sliderNow;
      timer = setInterval(() => document.hidden || g.flip(1), 1000 * PLAY_SECONDS);
    }
    g.renderSliders();
    g.redrawViewerControls();
  };
})(window.gallery);
