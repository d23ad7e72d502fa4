// One image large, or several compared: side by side, by a swipe, blinking, or their difference.
"use strict";

(function (g) {
  const WORDS = { side: "Side by side", swipe: "Swipe", blink: "Blink", difference: "Difference" };
  const BLINK_SECONDS = 0.7;
  let dialog, stage, controls, heading;
  let pair = [0, 1]; // which of several are swiped, or subtracted
  let place = 0; // which one blinks now
  let timer = 0;
  let swipe = 50; // per cent
  let gain = 1;
  let signature = "";

  g.setUpViewer = function () {
    dialog = g.byId("viewer");
    heading = g.make("div", { class: "viewer-heading" });
    stage = g.make("div", { class: "stage", "data-wheel": "zoom" });
    controls = g.make("div", { class: "viewer-controls" });
    dialog.append(heading, stage, controls);
    g.listenForZoom(stage);
    dialog.addEventListener("close", () => {
      stop();
      signature = "";
      g.fill(stage);
      if (g.view.show) g.update({ show: null });
      g.focusGrid();
    });
    dialog.addEventListener("keydown", onKey);
    addEventListener("resize", () => dialog.open && fit());
  };

  // What is shown: trials, and the pictures that are pinned as references.
  function items() {
    const first = g.view.show === "one" ? g.view.cell : g.view.selected[0] ?? g.view.cell;
    const chosen = g.view.show === "one" ? [g.view.cell] : g.view.selected;
    const trials = [...chosen, ...g.view.pins.filter((pin) => typeof pin === "number" && !chosen.includes(pin))];
    const shown = trials.map((trial) => ({ trial, name: g.table.name(trial) }));
    const references = g.view.pins.filter((pin) => typeof pin === "string").map((picture) => ({ picture, ...(first >= 0 ? g.table.reference(picture, first) : null) }));
    return [...shown, ...references.filter((one) => one.link).map((one) => ({ ...one, name: `${one.picture}: ${one.name}` }))];
  }

  g.renderViewer = function () {
    const show = g.view.show;
    if (!show) {
      if (dialog.open) dialog.close();
      return;
    }
    const shown = items();
    const now = JSON.stringify([show, shown]);
    if (now === signature) return;
    signature = now;
    if (Math.max(...pair) >= shown.length) pair = [0, Math.min(1, shown.length - 1)];
    place = Math.min(place, shown.length - 1);
    const focused = dialog.open ? document.activeElement.id : "";
    renderHeading(show);
    renderStage(show, shown);
    if (!dialog.open) dialog.showModal();
    // What had the focus was made anew; without it in the dialog its keys would go nowhere.
    if (!dialog.contains(document.activeElement)) {
      const control = focused.startsWith("viewer-choice") && g.byId(focused);
      (control || heading.querySelector("[aria-pressed=true]") || heading.querySelector(".close")).focus();
    }
    fit();
    stop();
    if (show === "blink" && !g.reducedMotion()) start();
  };

  function renderHeading(show) {
    const title = show === "one" ? g.table.name(g.view.cell) : "Comparison";
    const modes = show === "one" ? [] : Object.entries(WORDS).map(([mode, word]) =>
      g.make("button", { type: "button", id: `viewer-${mode}`, "aria-pressed": String(mode === show), onclick: () => g.update({ show: mode }) }, word));
    g.fill(heading, g.make("h2", { id: "viewer-title" }, title), g.make("div", { class: "modes", role: "group", "aria-label": "How to compare" }, ...modes),
      g.make("button", { type: "button", class: "close", onclick: () => dialog.close() }, "Close"));
  }

  // At full size: an enlarged thumbnail would show differences that the images do not have.
  function figure(item, captioned = true) {
    const frame = item.link ? g.make("div", { class: "frame" }, g.make("img", { src: item.link, alt: item.name, draggable: "false" })) : g.frame(item.trial, Infinity);
    return g.make("figure", null, frame, captioned ? caption(item) : null);
  }

  function caption(item) {
    const metric = item.trial === undefined ? "" : metricText(item.trial);
    return g.make("figcaption", null, g.make("span", null, item.name), metric && g.make("span", { class: "metric" }, metric));
  }

  function metricText(trial) {
    const column = g.table.column(g.view.caption || "total_loss");
    return column && g.table.text(column, trial) ? `${column.title} ${g.table.text(column, trial)}` : "";
  }

  function renderStage(show, shown) {
    stage.className = `stage ${show}`;
    if (show === "one" || show === "side") {
      g.fill(stage, ...shown.map((item) => figure(item)));
      g.fill(controls, g.make("p", { class: "hint" }, show === "one"
        ? "Arrow keys go to the neighbours, [ and ] flip the slider, wheel or + and − zoom, Escape closes."
        : "Wheel or + and − zoom all images at once; drag them to pan."));
      return;
    }
    if (show === "blink") {
      g.fill(stage, g.make("div", { class: "pile" }, ...shown.map((item) => figure(item, false).firstChild)));
      renderBlink(shown);
      return;
    }
    const [first, second] = pair.map((at) => shown[at]);
    const pile = g.make("div", { class: "pile" }, figure(first, false).firstChild, figure(second, false).firstChild);
    g.fill(stage, pile);
    if (show === "swipe") renderSwipe(shown, pile);
    else renderDifference(shown, pile);
  }

  function choices(shown, words) {
    return pair.map((chosen, side) => {
      const select = g.make("select", { id: `viewer-choice-${side}`, onchange: (event) => ((pair[side] = Number(event.target.value)), (signature = ""), g.renderViewer()) },
        ...shown.map((item, at) => g.make("option", { value: at, selected: at === chosen }, item.name)));
      return g.make("label", null, words[side] + " ", select);
    });
  }

  function renderSwipe(shown, pile) {
    const set = (value) => {
      swipe = g.clamp(value, 0, 100);
      pile.style.setProperty("--swipe", `${swipe}%`);
      slider.value = swipe;
    };
    const slider = g.make("input", { type: "range", min: 0, max: 100, step: 1, "aria-label": "Where the left image ends", oninput: (event) => set(Number(event.target.value)) });
    pile.append(g.make("div", { class: "handle", "aria-hidden": "true" }));
    const follow = (event) => {
      if (event.buttons !== 1 || (g.view.zoom.factor > 1 && !event.target.closest(".handle"))) return;
      const box = pile.getBoundingClientRect();
      set((100 * (event.clientX - box.left)) / box.width);
    };
    pile.addEventListener("pointerdown", follow);
    pile.addEventListener("pointermove", follow);
    const [left, right] = choices(shown, ["Left", "Right"]);
    g.fill(controls, left, slider, right);
    set(swipe);
  }

  function renderDifference(shown, pile) {
    const set = (value) => {
      gain = value;
      pile.style.setProperty("--gain", gain);
    };
    const options = [1, 2, 4, 8, 16].map((times) => g.make("option", { value: times, selected: times === gain }, `× ${times}`));
    const select = g.make("select", { onchange: (event) => set(Number(event.target.value)) }, ...options);
    g.fill(controls, ...choices(shown, ["Of", "and"]), g.make("label", null, "brightened ", select), g.make("p", { class: "hint" }, "Black is equal, each colour by itself."));
    set(gain);
  }

  function renderBlink(shown) {
    const frames = stage.querySelectorAll(".pile > .frame");
    const show = (at) => {
      place = (at + shown.length) % shown.length;
      frames.forEach((frame, number) => frame.classList.toggle("off", number !== place));
      g.fill(name, caption(shown[place]));
    };
    const name = g.make("div", { class: "blinking" });
    const play = g.make("button", { type: "button", onclick: () => (timer ? stop() : start()) }, "");
    const step = (by) => (stop(), show(place + by));
    stage.step = step;
    stage.beat = () => show(place + 1);
    stage.playing = (running) => (play.textContent = running ? "Pause" : "Play");
    g.fill(controls, g.make("button", { type: "button", onclick: () => step(-1) }, "Previous"), play, g.make("button", { type: "button", onclick: () => step(1) }, "Next"), name);
    stage.playing(false);
    show(place);
  }

  function start() {
    stop();
    timer = setInterval(() => stage.beat(), 1000 * BLINK_SECONDS);
    stage.playing(true);
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    if (stage.playing && g.view.show === "blink") stage.playing(false);
  }

  // Frames of one size, as large as lets all be seen.
  function fit() {
    const [width, height] = g.table.data.largest;
    const count = g.view.show === "one" || g.view.show === "side" ? stage.childElementCount : 1;
    const captions = count > 1 || g.view.show === "one" || g.view.show === "side" ? 44 : 0;
    let best = 0;
    for (let columns = 1; columns <= count; columns++) {
      const rows = Math.ceil(count / columns);
      const wide = (stage.clientWidth - 16 * (columns + 1)) / columns;
      const tall = (stage.clientHeight - 16 * (rows + 1)) / rows - captions;
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
    const typing = event.target.closest("select, input");
    const arrow = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (arrow && event.shiftKey) g.panBy(-0.1 * arrow[1], -0.1 * arrow[0]);
    else if (arrow && !typing && g.view.show === "one") g.step(arrow[0], arrow[1]);
    else if (arrow && !typing && g.view.show === "blink") stage.step(arrow[0] + arrow[1]);
    else if (arrow && !typing && g.view.show === "swipe") controls.querySelector("input").focus();
    else if (!typing && g.zoomKey(event.key)) g.zoomKey(event.key)();
    else if (!typing && (event.key === "[" || event.key === "]") && g.view.show === "one") g.flip(event.key === "]" ? 1 : -1);
    else if (!typing && /^[1-4]$/.test(event.key) && g.view.show !== "one") g.update({ show: Object.keys(WORDS)[event.key - 1] });
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
})(window.gallery);
