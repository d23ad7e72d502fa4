// Two results at a time; a verdict by key or click. All addresses are below the page's own, which has the secret.
"use strict";

const KEYS = { ArrowLeft: "left", ArrowRight: "right", ArrowDown: "tie", t: "tie", s: "skip", u: "undo" };
const SAID = { left: "left preferred", right: "right preferred", tie: "a tie", skip: "skipped" };
const $ = (id) => document.getElementById(id);

let axes = [];
let axis = null;
let pair = null; // the name of the pair that is shown; null while there is none to judge
let busy = false;

async function ask(path, body) {
  const options = body && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("The server does not answer; was `sweep judge` ended? Every vote that was counted is kept.");
  }
  const found = answer.headers.get("Content-Type") === "application/json" ? await answer.json() : null;
  if (!answer.ok) throw Object.assign(new Error(found?.error ?? `The server says ${answer.status}.`), { status: answer.status });
  return found;
}

// Both pictures at once, and only when both are there: the one that loads first would draw the eye.
async function show(found) {
  history.replaceState(null, "", `#${new URLSearchParams({ axis: found.axis })}`); // for who reloads the page
  $("axis").textContent = axes.find((one) => one.name === found.axis).title;
  $("progress").textContent = `${found.votes} ${found.votes === 1 ? "vote" : "votes"} · ${found.seen} of ${found.of} pairs judged`;
  $("progress").title = found.seen === found.of ? "Every pair was judged; further votes make the intervals smaller." : "";
  $("undo").disabled = found.votes === 0;
  pair = found.pair;
  $("pair").hidden = !pair;
  for (const button of document.querySelectorAll("[data-choice]")) button.disabled = !pair;
  if (!pair) {
    $("message").textContent = "There is no pair to judge: no two finished results differ in this axis alone.";
    return;
  }
  const pictures = await Promise.all(["left", "right", "content", "style"].filter((which) => found.pictures[which]).map(async (which) => {
    const picture = new Image();
    picture.src = found.pictures[which];
    await picture.decode();
    return [which, picture.src];
  }));
  for (const which of ["content", "style"]) $(`${which}-figure`).hidden = !found.pictures[which];
  for (const [which, source] of pictures) $(which).src = source;
}

async function work(step) {
  if (busy) return;
  busy = true;
  $("judge").setAttribute("aria-busy", "true");
  try {
    $("message").textContent = "";
    await step();
  } catch (error) {
    $("message").textContent = error.message;
  } finally {
    busy = false;
    $("judge").removeAttribute("aria-busy");
    for (const one of document.querySelectorAll(".chosen")) one.classList.remove("chosen");
  }
}

const next = async () => show(await ask("pair", { axis }));

const vote = (choice) => work(async () => {
  if (!pair) return;
  const chosen = choice === "tie" ? ".result" : `.result[data-choice="${choice}"]`;
  for (const one of document.querySelectorAll(chosen)) one.classList.add("chosen");
  try {
    await ask("vote", { pair, choice });
    $("said").textContent = `${SAID[choice]}; next pair`;
  } catch (error) {
    if (error.status !== 404) throw error; // 404: too many other tabs; this pair is forgotten, another one comes
  }
  await next();
});

const undo = () => work(async () => {
  const found = await ask("undo", {});
  if (!found.axis) return;
  axis = found.axis;
  $("said").textContent = "the last vote is taken back";
  await (found.pair ? show(found) : next());
});

function choose() {
  pair = null;
  $("judge").hidden = true;
  $("choose").hidden = false;
  $("axes").querySelector("button").focus();
}

function start(name) {
  axis = name;
  $("choose").hidden = true;
  $("judge").hidden = false;
  work(next);
}

document.addEventListener("keydown", (event) => {
  if (event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
  if ($("judge").hidden) {
    const number = Number(event.key) - 1;
    if (!$("choose").hidden && axes[number]) start(axes[number].name);
    return;
  }
  const choice = KEYS[event.key] ?? KEYS[event.key.toLowerCase()];
  if (!choice) return;
  event.preventDefault();
  if (choice === "undo") undo();
  else vote(choice);
});

(async () => {
  try {
    axes = (await ask("axes")).axes;
  } catch (error) {
    document.body.append(error.message);
    return;
  }
  for (const one of axes) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = one.title;
    button.addEventListener("click", () => start(one.name));
    const item = document.createElement("li");
    item.append(button);
    $("axes").append(item);
  }
  for (const button of document.querySelectorAll("[data-choice]")) button.addEventListener("click", () => vote(button.dataset.choice));
  $("undo").addEventListener("click", undo);
  $("other").addEventListener("click", choose);
  $("other").hidden = axes.length === 1;
  const named = new URLSearchParams(location.hash.slice(1)).get("axis");
  if (axes.length === 1) start(axes[0].name);
  else if (axes.some((one) => one.name === named)) start(named);
  else choose();
})();
