// Every image of the table against another one: a pinned image, or its neighbour along an axis. What does the axis change?
"use strict";

(function (g) {
  const h = g.h;
  const GAINS = [1, 2, 4, 8, 16];
  let swipe = 50; // per cent

  // Axes along which a trial has a neighbour that differs in nothing else. Drawn values all move together.
  g.againstAxes = () => g.table.axes.filter((axis) => !axis.drawn);

  // The trial that a trial is held against; -1 where there is none, as before an axis' first value.
  g.againstOf = function (trial) {
    const against = g.view.mode === "grid" ? g.view.against : null;
    if (!against) return -1;
    if (against === "pin") return g.view.pins.find((pin) => typeof pin === "number" && pin !== trial) ?? -1;
    const axis = g.table.axis(against);
    const at = g.table.axes.indexOf(axis);
    const codes = g.table.axes.map((one) => one.codes[trial]);
    for (let code = codes[at] - 1; code >= 0; code--) {
      codes[at] = code;
      const found = g.isHidden(axis, code) ? -1 : g.table.at(codes, g.table.drawOf(trial));
      if (found >= 0) return found;
    }
    return -1;
  };

  // A frame with both images, over each other. Never the lossy copies: their compression would be seen as a difference.
  g.againstFrame = function (trial, other) {
    const words = g.view.by === "swipe" ? "and, behind a swipe," : "minus";
    const layer = (of, name) => g.make("div", { class: name }, g.make("img", { src: g.imageOf(of, Infinity), alt: "", decoding: "async", draggable: "false" }));
    const frame = g.make("div", { class: `frame against ${g.view.by}`, role: "img", "aria-label": `${g.table.describe(trial)} ${words} ${g.table.describe(other)}` }, layer(trial, "under"), layer(other, "over"));
    // Until both are there, one alone would look like a difference.
    const images = [...frame.querySelectorAll("img")];
    frame.classList.add("waiting");
    for (const image of images) {
      image.addEventListener("load", () => frame.classList.toggle("waiting", !images.every((one) => one.complete)));
      image.addEventListener("error", () => g.fill(Object.assign(frame, { className: "frame failed" }), g.make("p", null, "an image is missing or damaged")));
    }
    return frame;
  };

  // A pinned image that goes takes the comparison with it.
  g.checkAgainst = function () {
    if (g.view.against === "pin" && !g.view.pins.some((pin) => typeof pin === "number")) g.view.against = null;
  };

  g.againstSelect = function () {
    const pinned = g.view.pins.some((pin) => typeof pin === "number");
    const axes = g.againstAxes().map((axis) => [axis.name, `previous ${axis.title}`]);
    return g.select("Against", g.view.against || "", [["", "–"], ...(pinned ? [["pin", "the pinned image"]] : []), ...axes], (value) => g.update({ against: value || null }), { id: "against" });
  };

  function setSwipe(event) {
    swipe = Number(event.target.value);
    g.byId("grid-scroller").style.setProperty("--swipe", `${swipe}%`);
  }

  // How the images are held against each other; beside the sliders, where they are at hand on a phone, too.
  g.againstControls = function () {
    if (!g.view.against || g.view.mode !== "grid") return [];
    const style = g.byId("grid-scroller").style;
    style.setProperty("--gain", g.view.gain);
    style.setProperty("--swipe", `${swipe}%`);
    const way = (by, word) => h("button", { type: "button", id: `by-${by}`, key: by, "aria-pressed": String(g.view.by === by), onClick: () => g.update({ by }) }, word);
    return [
      h("div", { class: "modes", key: "by", role: "group", "aria-label": "How to hold against" }, way("difference", "Difference"), way("swipe", "Swipe")),
      g.view.by === "difference"
        ? g.select("brightened", String(g.view.gain), GAINS.map((gain) => [String(gain), `× ${gain}`]), (value) => g.update({ gain: Number(value) }), { id: "gain" })
        : h("label", { class: "control slider", key: "swipe" }, h("span", null, "swipe"), h("input", { type: "range", id: "swipe-at", min: 0, max: 100, value: swipe, "aria-label": "Where the image ends and the other begins", onInput: setSwipe })),
    ];
  };
})(window.gallery);
