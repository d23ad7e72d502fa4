// Stars, tags and notes. A page that is served keeps them in the run; one from a file keeps them in this browser, and
// exports them.
"use strict";

(function (g) {
  const h = g.h;
  const SAVE_MILLISECONDS = 400;
  const EMPTY = { star: false, tags: [], note: "" };
  let marks = new Map(); // by trial id
  const waiting = new Map(); // what is to be sent to the server, by trial id
  let timer = 0;

  const place = () => `gallery-marks ${g.table.data.run.location}`;
  const isEmpty = (mark) => !mark.star && !mark.tags.length && !mark.note;

  function take(list) {
    for (const { trial_id: id, star, tags, note } of list) marks.set(id, { star: Boolean(star), tags: [...(tags || [])].map(String), note: String(note || "") });
  }

  // The marks that the run had when the gallery was written, and what was changed here since.
  g.loadMarks = async function () {
    marks = new Map();
    take(g.table.data.marks || []);
    if (g.served()) {
      try {
        take((await (await g.ask("marks")).json()).marks);
        for (const [id, mark] of waiting) marks.set(id, mark); // given meanwhile
      } catch {
        g.notice("The server does not say which trials have stars and notes; is it still running?");
      }
    } else {
      try {
        take(JSON.parse(localStorage.getItem(place()) || "[]"));
      } catch {
        // a browser that keeps nothing for pages from files
      }
    }
    addColumns();
    g.update({ fresh: {} });
  };

  // Columns of the table like all others, so that filters and the order know them.
  function addColumns() {
    const table = g.table;
    const column = (name, word) => {
      const words = [];
      const codes = table.keys.map((id) => {
        const text = word(g.markOf(id));
        if (!text) return -1;
        if (!words.includes(text)) words.push(text);
        return words.indexOf(text);
      });
      return { name, title: name, group: "mark", words, codes };
    };
    table.setExtraColumns(marks.size ? [column("star", (mark) => mark.star && "yes"), column("tags", (mark) => mark.tags.join(", ")), column("note", (mark) => mark.note)] : []);
  }

  g.markOf = (id) => marks.get(id) || EMPTY;
  g.isStarred = (trial) => trial >= 0 && g.markOf(g.table.keys[trial]).star;

  function change(trial, difference) {
    const id = g.table.keys[trial];
    const mark = { ...g.markOf(id), ...difference };
    marks.set(id, mark);
    if (g.served()) {
      waiting.set(id, mark);
      clearTimeout(timer);
      timer = setTimeout(send, SAVE_MILLISECONDS);
    } else keepHere();
    addColumns();
    g.update({ fresh: {} });
  }

  // As a run keeps it: by the trial's id, and with the run where the page shows several.
  function plain([key, mark]) {
    const [id, name] = g.splitKey(key);
    return { trial_id: id, ...mark, ...(name === null ? {} : { run: g.table.data.runs.find((run) => run.name === name)?.location ?? name }) };
  }

  // The trial that an exported mark is of, -1 where it is not here.
  function markedTrial(one) {
    const run = g.table.data.trials.runs && g.table.data.runs.find((other) => other.location === one.run);
    return g.table.byId(run ? `${one.trial_id}@${run.name}` : one.trial_id);
  }

  function keepHere() {
    try {
      localStorage.setItem(place(), JSON.stringify([...marks].map(([id, mark]) => ({ trial_id: id, ...mark }))));
    } catch {
      g.notice("This browser keeps nothing for this page: export the stars and notes before you close it.");
    }
  }

  async function send() {
    for (const [id, mark] of waiting) {
      waiting.delete(id);
      try {
        await g.ask("marks", { trial_id: id, ...mark });
      } catch (error) {
        if (error.refused) {
          g.notice(`The mark is not kept: ${error.message}`);
          continue;
        }
        waiting.set(id, mark);
        g.notice("The server does not answer: stars and notes are not kept in the run until it does.");
        timer = setTimeout(send, 10 * SAVE_MILLISECONDS);
        return;
      }
    }
  }

  g.toggleStar = function (trial) {
    if (trial < 0) return;
    change(trial, { star: !g.isStarred(trial) });
    g.announce(g.isStarred(trial) ? "starred" : "no star");
  };

  g.starButton = (trial) => h("button", { type: "button", class: "star-button", key: "star", "aria-pressed": String(g.isStarred(trial)), onClick: () => g.toggleStar(trial) }, g.isStarred(trial) ? "★ Starred" : "☆ Star");

  let draft = { trial: -1, tags: "" }; // what is being typed, which may end with a comma

  // In the panel: what this person thinks of a trial. Kept at every letter: the panel may show another trial at any moment.
  g.markFields = function (trial) {
    const mark = g.markOf(g.table.keys[trial]);
    const typeTags = (event) => {
      draft = { trial, tags: event.target.value };
      change(trial, { tags: [...new Set(draft.tags.split(",").map((tag) => tag.trim()).filter(Boolean))] });
    };
    const leave = (event) => event.key === "Escape" && g.focusGrid();
    return h("div", { class: "mark", key: `mark ${trial}`, onKeyDown: leave, onFocusOut: () => (draft = { trial: -1, tags: "" }) }, g.starButton(trial),
      h("input", { "aria-label": "Tags, separated by commas", placeholder: "tags", maxlength: 400, value: draft.trial === trial ? draft.tags : mark.tags.join(", "), onInput: typeTags }),
      h("textarea", { "aria-label": "Note", placeholder: "note", rows: mark.note ? 3 : 1, maxlength: 2000, value: mark.note, onInput: (event) => change(trial, { note: event.target.value }) }));
  };

  // In the dialog: a file for `sweep mark`, or for this page in another browser.
  g.marksBlock = function () {
    const given = [...marks].filter(([, mark]) => !isEmpty(mark));
    const save = () => {
      const text = JSON.stringify({ format: 1, run: g.table.data.run.location, marks: given.map(plain) }, null, 1);
      g.save(new Blob([text], { type: "application/json" }), `${g.table.data.run.name}-marks.json`);
    };
    const load = async (event) => {
      try {
        const found = JSON.parse(await event.target.files[0].text()).marks;
        for (const one of found) if (markedTrial(one) >= 0) change(markedTrial(one), { star: Boolean(one.star), tags: [...(one.tags || [])].map(String), note: String(one.note || "") });
        g.announce("the marks are taken over");
      } catch {
        g.notice("That file has no marks that a gallery exported.");
      }
    };
    const input = g.make("input", { type: "file", accept: ".json,application/json", class: "unseen", tabindex: "-1", "aria-label": "A file of marks", onchange: load });
    return g.make("div", { class: "copied" }, g.make("h3", null, `Stars, tags and notes: ${given.length}`),
      g.make("span", { class: "pair" }, g.make("button", { type: "button", id: "export-marks", disabled: !given.length, onclick: save }, "Export"), g.make("button", { type: "button", onclick: () => input.click() }, "Import"), input));
  };
})(window.gallery);
