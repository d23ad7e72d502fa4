// One image large, or several compared: side by side, by a swipe, blinking, or their difference.
"use strict";

(function (g) {
  const h = g.h;
  const WORDS = { side: "Side by side", swipe: "Swipe", blink: "Blink", difference: "Difference" };
  const BLINK_SECONDS = 0.7;
  let dialog, stage, controls, heading;
  let pair = [0, 1]; // which of several are swiped, or subtracted
  let place = 0; // which one blinks now
  let timer = 0;
  let swipe = 50; // per cent
  let gain = 1;
  let signature = "";
  let shown = []; // what the stage shows
  let common = ""; // what all of them share, in words

  g.setUpViewer = function () {
    dialog = g.byId("viewer");
    heading = g.make("div", { class: "viewer-heading" });
    stage = g.make("div", { class: "stage", "data-wheel": "zoom" });
    controls = g.make("div", { class: "viewer-controls" });
    dialog.append(heading, stage, controls);
    g.listenForZoom(stage);
    g.listenForSwipes(stage, (rows, columns) => {
      if (g.view.show === "one") g.step(rows, columns);
      else if (g.view.show === "blink") step(columns || rows);
    });
    dialog.addEventListener("close", () => {
      stop();
      signature = "";
      g.fill(stage);
      g.closeLayer(g.closeViewer);
      if (g.view.show) g.update({ show: null });
      g.focusGrid();
    });
    dialog.addEventListener("keydown", onKey);
    addEventListener("resize", () => dialog.open && fit());
  };

  // Opens the large view: of one trial, or of what is selected.
  g.openViewer = function (show, trial = g.view.cell) {
    if (!g.view.show) g.openLayer(g.closeViewer);
    g.update({ show, cell: trial });
  };

  g.closeViewer = () => dialog.open && dialog.close();

  // What is shown: trials, and the pictures that are pinned as references. Several are named by what differs.
  function items() {
    const one = g.view.show === "one";
    const first = one ? g.view.cell : g.view.selected[0] ?? g.view.cell;
    const chosen = one ? [g.view.cell] : g.view.selected;
    const trials = [...chosen, ...g.view.pins.filter((pin) => typeof pin === "number" && !chosen.includes(pin))];
    const same = trials.length > 1 ? g.table.sharedAxes(trials) : [];
    common = same.map((axis) => `${axis.title} ${axis.values[axis.codes[trials[0]]].key}`).join(", ");
    const named = trials.map((trial) => ({ trial, name: g.table.name(trial, same.map((axis) => axis.name)) }));
    const references = g.view.pins.filter((pin) => typeof pin === "string").map((picture) => ({ picture, ...g.table.reference(picture, Math.max(0, first)) }));
    return [...named, ...references.filter((reference) => reference.link).map((reference) => ({ ...reference, name: `${reference.picture}: ${reference.name}` }))];
  }

  g.renderViewer = function () {
    const show = g.view.show;
    if (!show) return g.closeViewer();
    shown = items();
    const now = JSON.stringify([show, shown, g.view.step, g.table.data.version]);
    if (now === signature) return (renderHeading(show), renderControls());
    signature = now;
    if (Math.max(...pair) >= shown.length) pair = [0, Math.min(1, shown.length - 1)];
    place = Math.min(place, shown.length - 1);
    renderHeading(show);
    renderStage(show);
    if (!dialog.open) {
      dialog.showModal();
      (heading.querySelector("[aria-pressed=true]") || heading.querySelector(".close")).focus();
    }
    fit();
    stop();
    if (show === "blink" && !g.reducedMotion()) start();
    return undefined;
  };

  function renderHeading(show) {
    const title = show === "one" ? g.table.name(g.view.cell) : common || "Comparison";
    const modes = show === "one" ? [] : Object.entries(WORDS).map(([mode, word]) =>
      h("button", { type: "button", id: `viewer-${mode}`, key: mode, "aria-pressed": String(mode === show), onClick: () => g.update({ show: mode }) }, word));
    g.draw(heading, h("h2", { id: "viewer-title" }, title), modes.length ? h("div", { class: "modes", role: "group", "aria-label": "How to compare" }, modes) : null,
      show === "one" ? g.starButton(g.view.cell) : null,
      h("button", { type: "button", class: "close", onClick: g.closeViewer }, "Close"));
  }

  // At full size: an enlarged thumbnail would show differences that the images do not have.
  function frame(item) {
    return item.link ? g.make("div", { class: "frame" }, g.make("img", { src: item.link, alt: item.name, draggable: "false" })) : g.frame(item.trial, Infinity);
  }

  function caption(item) {
    const metric = item.trial === undefined ? "" : metricText(item.trial);
    const name = g.view.show === "one" ? null : g.make("span", null, item.name); // the title has it
    return [name, metric && g.make("span", { class: "metric" }, metric)];
  }

  function metricText(trial) {
    if (g.table.status[trial] === "failed") return "failed";
    const column = g.table.column(g.view.caption);
    return column && g.table.value(column, trial) !== null ? `${column.title} ${g.captionText(trial)}` : "";
  }

  function renderStage(show) {
    stage.className = `stage ${show}`;
    // Images of different sizes are all enlarged smoothly: blocks beside a smooth image would look like a difference.
    stage.classList.toggle("mixed", new Set(shown.map((item) => String(item.trial === undefined ? null : g.table.data.trials.sizes[item.trial]))).size > 1);
    if (show === "one" || show === "side") g.fill(stage, ...shown.map((item) => g.make("figure", null, frame(item), g.make("figcaption", null, ...caption(item).filter(Boolean)))));
    else if (show === "blink") g.fill(stage, g.make("div", { class: "pile" }, ...shown.map(frame)));
    else {
      const pile = g.make("div", { class: "pile" }, ...pair.map((at) => frame(shown[at])));
      if (show === "swipe") followSwipe(pile);
      g.fill(stage, pile);
    }
    if (show === "blink") showPlace(place);
    renderControls();
  }

  g.redrawViewerControls = () => dialog.open && renderControls();

  const hint = (...words) => h("p", { class: "hint", key: "hint" }, ...words);

  function renderControls() {
    const draw = { one: oneControls, side: sideControls, swipe: swipeControls, blink: blinkControls, difference: differenceControls }[g.view.show];
    g.draw(controls, ...draw());
  }

  const oneControls = () => [...g.sliderControls(g.flipBooks(), "viewer-"), hint(h("span", { class: "for-keys" }, "Arrow keys go to the neighbours, [ and ] flip the slider, wheel or + and − zoom, Escape closes."), h("span", { class: "for-fingers" }, "Swipe to the neighbours, pinch to zoom."))];

  const sideControls = () => [hint(h("span", { class: "for-keys" }, "Wheel or + and − zoom all images at once; drag them to pan."), h("span", { class: "for-fingers" }, "Pinch zooms all images at once; drag to pan."))];

  function choice(side, word) {
    const choose = (value) => {
      pair[side] = Number(value);
      signature = "";
      g.renderViewer();
    };
    return g.select(word, String(pair[side]), shown.map((item, at) => [String(at), item.name]), choose, { id: `viewer-choice-${side}` });
  }

  function setSwipe(value) {
    swipe = g.clamp(value, 0, 100);
    stage.style.setProperty("--swipe", `${swipe}%`);
    renderControls();
  }

  function followSwipe(pile) {
    stage.style.setProperty("--swipe", `${swipe}%`);
    pile.append(g.make("div", { class: "handle", "aria-hidden": "true" }));
    const follow = (event) => {
      if (event.buttons !== 1 || !event.isPrimary || (g.view.zoom.factor > 1 && !event.target.closest(".handle"))) return;
      const box = pile.getBoundingClientRect();
      setSwipe((100 * (event.clientX - box.left)) / box.width);
    };
    pile.addEventListener("pointerdown", (event) => {
      if (event.target.closest(".handle")) event.target.setPointerCapture(event.pointerId);
      follow(event);
    });
    pile.addEventListener("pointermove", follow);
  }

  const swipeControls = () => [
    choice(0, "Left"),
    h("input", { type: "range", id: "viewer-swipe-at", key: "swipe", min: 0, max: 100, step: 1, value: swipe, "aria-label": "Where the left image ends", onInput: (event) => setSwipe(Number(event.target.value)) }),
    choice(1, "Right"),
  ];

  function differenceControls() {
    stage.style.setProperty("--gain", gain);
    const set = (value) => {
      gain = Number(value);
      renderControls();
    };
    return [choice(0, "Of"), choice(1, "and"), g.select("brightened", String(gain), [1, 2, 4, 8, 16].map((times) => [String(times), `× ${times}`]), set, { id: "viewer-gain" }),
      hint("Black is equal, each colour by itself.", stage.classList.contains("mixed") ? " The smaller image is enlarged." : "")];
  }

  function blinkControls() {
    return [
      h("button", { type: "button", key: "previous", onClick: () => step(-1) }, "Previous"),
      h("button", { type: "button", key: "play", onClick: () => (timer ? stop() : start()) }, timer ? "Pause" : "Play"),
      h("button", { type: "button", key: "next", onClick: () => step(1) }, "Next"),
      h("p", { class: "blinking", key: "name" }, h("span", null, shown[place].name), h("span", { class: "metric" }, shown[place].trial === undefined ? "" : metricText(shown[place].trial))),
    ];
  }

  function showPlace(at) {
    place = (at + shown.length) % shown.length;
    stage.querySelectorAll(".pile > .frame").forEach((one, number) => one.classList.toggle("off", number !== place));
  }

  function step(by) {
    stop();
    showPlace(place + by);
    renderControls();
  }

  function start() {
    clearInterval(timer);
    timer = setInterval(() => {
      showPlace(place + 1);
      renderControls();
    }, 1000 * BLINK_SECONDS);
    renderControls();
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    if (g.view.show === "blink" && dialog.open) renderControls();
  }

  // Frames of one size, as large as lets all be seen.
  function fit() {
    const [width, height] = g.table.data.largest;
    const apart = g.view.show === "one" || g.view.show === "side";
    const count = apart ? stage.childElementCount : 1;
    const captions = apart ? 44 : 0;
    const gap = g.isNarrow() ? 8 : 16;
    let best = 0;
    for (let columns = 1; columns <= count; columns++) {
      const rows = Math.ceil(count / columns);
      const wide = (stage.clientWidth - gap * (columns - 1)) / columns;
      const tall = (stage.clientHeight - gap * (rows - 1)) / rows - captions;
      best = Math.max(best, Math.min(wide, (tall * width) / height));
    }
    best = Math.max(80, Math.floor(best));
    stage.style.setProperty("--frame-width", `${best}px`);
    stage.style.setProperty("--frame-height", `${Math.round((best * height) / width)}px`);
    stage.classList.toggle("pixels", (best * g.view.zoom.factor) / width >= 6);
  }
  g.fitViewer = () => dialog.open && fit();

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const field = event.target.closest("select, input");
    const slider = field && field.type === "range"; // only the arrow keys are its own
    const typing = field && !slider;
    const arrow = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (arrow && event.shiftKey) g.panBy(-0.1 * arrow[1], -0.1 * arrow[0]);
    else if (arrow && !field && g.view.show === "one") g.step(arrow[0], arrow[1]);
    else if (arrow && !field && g.view.show === "blink") step(arrow[0] + arrow[1]);
    else if (arrow && !field && g.view.show === "swipe") setSwipe(swipe + 2 * (arrow[1] - arrow[0]));
    else if (!typing && g.zoomKey(event.key)) g.zoomKey(event.key)();
    else if (!typing && (event.key === "[" || event.key === "]")) g.flip(event.key === "]" ? 1 : -1);
    else if (!typing && event.key === "s" && g.view.show === "one") g.toggleStar(g.view.cell);
    else if (!typing && event.key === ".") g.togglePlaying();
    else if (!typing && /^[1-4]$/.test(event.key) && g.view.show !== "one") g.update({ show: Object.keys(WORDS)[event.key - 1] });
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
})(window.gallery);
