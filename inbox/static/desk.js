// Makes the desk quicker; every page works without it.
"use strict";

const KEYS_OFF = "inbox-single-keys-off";
const drafts = new Map();

const rows = () => [...document.querySelectorAll(".nr-row-subject")];
const isField = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;
const trouble = (shown) => { document.getElementById("trouble").hidden = !shown; };
const pathOf = (form) => new URL(form.action).pathname;

// Single keys: j and k move, o opens, / searches. Silent in fields and while an input method composes.

const move = (step) => {
  const all = rows();
  const at = all.indexOf(document.activeElement);
  const next = all[at < 0 ? 0 : Math.min(Math.max(at + step, 0), all.length - 1)];
  if (next) next.focus();
};

const keys = {
  j: () => move(1),
  k: () => move(-1),
  o: () => { if (rows().includes(document.activeElement)) document.activeElement.click(); },
  "/": () => { const field = document.getElementById("q"); if (field) field.focus(); },
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenus(null);
  if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!(event.key in keys) || isField(event.target) || localStorage.getItem(KEYS_OFF)) return;
  event.preventDefault();
  keys[event.key]();
});

const showKeys = () => {
  const button = document.getElementById("keys");
  if (!button) return;
  button.hidden = false;
  button.setAttribute("aria-pressed", String(!localStorage.getItem(KEYS_OFF)));
};

document.addEventListener("click", (event) => {
  closeMenus(event.target.closest("details.nr-menu"));
  if (!event.target.closest("#keys")) return;
  if (localStorage.getItem(KEYS_OFF)) localStorage.removeItem(KEYS_OFF);
  else localStorage.setItem(KEYS_OFF, "1");
  showKeys();
});

const closeMenus = (except) => {
  for (const menu of document.querySelectorAll("details.nr-menu[open]")) {
    if (menu === except) continue;
    const inside = menu.contains(document.activeElement);
    menu.open = false;
    if (inside && !except) menu.querySelector("summary").focus();
  }
};

// A conversation opens at its newest message.

const toNewest = () => {
  const talk = document.querySelector(".nr-talk");
  const messages = talk ? talk.querySelectorAll(".nr-msg") : [];
  if (messages.length < 2 || talk.querySelector(".nr-conflict") || talk.scrollHeight <= talk.clientHeight) return;
  talk.scrollTop = messages[messages.length - 1].offsetTop - talk.offsetTop - 12;
};

// A formatted mail is as high as it is, up to where it scrolls by itself. Its frame runs no script of its own.

document.addEventListener("load", (event) => {
  if (!event.target.matches?.(".nr-formatted > iframe")) return;
  const page = event.target.contentDocument?.documentElement;
  if (page) event.target.style.height = `${Math.min(page.scrollHeight + 2, 2000)}px`;
}, true);

// Swaps of the main band: what is being typed survives the acts of other forms, and an answer that is
// no page of ours (a proxy's error) changes nothing.

// The search completes its last word: a list of values knows whole ones only, so what stands before goes in front.
document.addEventListener("input", (event) => {
  if (event.target.id !== "q") return;
  const before = event.target.value.slice(0, event.target.value.lastIndexOf(" ") + 1);
  for (const option of document.querySelectorAll("#search-words option")) {
    option.dataset.word ??= option.value;
    option.value = before + option.dataset.word;
  }
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id !== "main") {
    if (event.detail.xhr.status >= 400) event.detail.shouldSwap = false;
    return;
  }
  const ours = event.detail.serverResponse.includes('id="main"');
  trouble(!ours);
  if (!ours) { event.detail.shouldSwap = false; return; }
  const sent = event.detail.requestConfig.path.split("?")[0];
  for (const field of document.querySelectorAll("#main textarea")) {
    const path = pathOf(field.form);
    if (path !== sent && field.value) drafts.set(path, field.value);
    else drafts.delete(path);
  }
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "main" && event.detail.target?.id !== "main") return;
  for (const field of document.querySelectorAll("#main textarea")) {
    const kept = drafts.get(pathOf(field.form));
    if (kept && !field.value) field.value = kept;
  }
  showKeys();
  toNewest();
  document.getElementById("main").focus({ preventScroll: true });
});

for (const name of ["htmx:sendError", "htmx:timeout"]) document.addEventListener(name, () => trouble(true));

showKeys();
toNewest();
