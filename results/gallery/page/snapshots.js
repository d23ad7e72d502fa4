// Snapshots, if `frames_every` kept them: one step for the whole page, and null for the last image.
"use strict";

(function (g) {
  // All steps at which some trial's image was kept, ascending. Empty where none was.
  g.keptSteps = function () {
    const kept = g.table.data.snapshots;
    return kept ? [...new Set(kept.steps.flat())].sort((one, other) => one - other) : [];
  };

  // The step of the snapshot that shows a trial as it was after so many steps; null where that is its last image, or where
  // none was kept.
  g.snapshotStep = function (trial, step) {
    const kept = g.table.data.snapshots;
    if (step === null || !kept || kept.codes[trial] < 0 || g.table.status[trial] === "missing") return null;
    const steps = kept.steps[kept.codes[trial]];
    if (kept.ends[trial] !== null && step >= kept.ends[trial]) return null;
    const before = steps.filter((one) => one <= step);
    return before.length ? before[before.length - 1] : steps[0] ?? null;
  };

  g.snapshotPath = function (trial, step) {
    const owner = g.table.data.snapshots.by[trial] || g.table.ids[trial];
    return `${g.table.base(trial)}frames/${owner.slice(0, 2)}/${owner}/${String(step).padStart(7, "0")}.webp`;
  };

  // The slider over the steps: its last place is the last image.
  g.stepSlider = function () {
    const steps = g.keptSteps();
    if (!steps.length) return null;
    const code = g.view.step === null ? steps.length : Math.max(0, steps.filter((one) => one <= g.view.step).length - 1);
    return {
      name: "step", id: "slider-of-steps", title: "step", code, words: [...steps.map(String), "last"],
      set: (chosen) => g.update({ step: chosen >= steps.length ? null : steps[chosen] }),
    };
  };

  // Looks at the kept step nearest to a place along the loss curves.
  g.lookAtStep = function (step) {
    const steps = g.keptSteps();
    if (!steps.length) return;
    const last = g.table.data.snapshots.ends.reduce((one, other) => Math.max(one, other ?? 0), 0);
    const nearest = [...steps, last].reduce((one, other) => (Math.abs(other - step) < Math.abs(one - step) ? other : one));
    g.update({ step: steps.includes(nearest) ? nearest : null });
  };
})(window.gallery);
