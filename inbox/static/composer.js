// Makes writing a reply quicker; it works without. Counts letters, counts down, puts saved replies in.
"use strict";

document.documentElement.classList.add("nr-has-script");

// The alphabet of SMS (3GPP TS 23.038), as in inbox/services/segments.py.
const GSM = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
  "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà",
);
const GSM_DOUBLE = new Set("\f^{}\\[~]|€");
const LONGEST = 1600;

const segments = (text) => {
  const letters = [...text];
  const plain = letters.every((letter) => GSM.has(letter) || GSM_DOUBLE.has(letter));
  const [single, joined] = plain ? [160, 153] : [70, 67];
  const widths = letters.map((letter) => (plain ? (GSM_DOUBLE.has(letter) ? 2 : 1) : letter.length));
  if (widths.reduce((sum, width) => sum + width, 0) <= single) return { parts: 1, room: single };
  let parts = 1;
  let used = 0;
  for (const width of widths) {
    if (used + width > joined) { parts += 1; used = 0; }
    used += width;
  }
  return { parts, room: joined };
};

const fill = (pattern, values) => pattern.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

const countLetters = () => {
  const field = document.getElementById("reply-text");
  const line = document.getElementById("letters");
  if (!field || !line) return;
  const n = [...field.value].length;
  const { parts, room } = segments(field.value);
  const kind = n > LONGEST ? "over" : line.dataset.by !== "sms" ? "plain" : parts === 1 ? "one" : "more";
  line.textContent = fill(line.dataset[kind], { n, parts, room });
  line.classList.toggle("nr-letters--over", n > LONGEST);
};

const showPreview = () => {
  const preview = document.getElementById("preview");
  if (!preview) return;
  const value = (number) => {
    const field = document.querySelector(`[data-blank="${number}"]`);
    return field ? field.value.trim() || `[${field.labels[0].textContent}]` : "";
  };
  preview.textContent = preview.dataset.template.replace(/\{\{(\d+)\}\}/g, (whole, number) => value(number));
};

// Times are counted by the server's clock, whatever this machine's says.

const begun = new WeakMap();
const left = (element, until) => {
  if (!begun.has(element)) begun.set(element, Date.now() - Date.parse(element.dataset.now));
  return Date.parse(until) - (Date.now() - begun.get(element));
};

const words = (milliseconds) => {
  const minutes = Math.floor(milliseconds / 60000);
  const two = (number) => String(number).padStart(2, "0");
  if (minutes < 10) return `${minutes}:${two(Math.floor(milliseconds / 1000) % 60)}`;
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${two(minutes % 60)} m`;
};

const tick = () => {
  for (const element of document.querySelectorAll("[data-countdown]")) {
    const seconds = Math.ceil(left(element, element.dataset.countdown) / 1000);
    element.textContent = fill(element.dataset.text, { n: Math.max(seconds, 0) });
  }
  const shown = document.querySelector(".nr-window");
  if (!shown) return;
  const remaining = left(shown, shown.dataset.until);
  shown.querySelector(".nr-window-left").textContent = remaining > 0 ? words(remaining) : "";
  shown.classList.toggle("nr-window--soon", remaining < 2 * 3600 * 1000);
  if (remaining <= 0 && !shown.dataset.over) {
    shown.dataset.over = "1";
    closeWindow();
  }
};

// Free text has ended: keep what was typed, then show what still works.

const closeWindow = async () => {
  const form = document.getElementById("reply");
  const draft = form.querySelector("#reply-text");
  const data = new FormData(form);
  data.delete("files");
  data.set("auto", "1");
  try {
    if (draft.value.trim()) await fetch(draft.getAttribute("hx-post"), { method: "POST", body: data });
  } finally {
    htmx.ajax("GET", location.pathname + location.search, { target: "#composer", select: "#composer", swap: "outerHTML" });
  }
};

// A saved reply goes where the cursor was, or to the end, with an empty line to what stands around it.

const put = (field, text) => {
  const [from, to] = field.dataset.used ? [field.selectionStart, field.selectionEnd] : [field.value.length, field.value.length];
  const [before, after] = [field.value.slice(0, from), field.value.slice(to)];
  const above = before && !before.endsWith("\n") ? "\n\n" : "";
  const below = after && !after.startsWith("\n") ? "\n\n" : "";
  field.setRangeText(above + text + below, from, to, "end");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
};

document.addEventListener("focusin", (event) => {
  if (event.target.id === "reply-text") event.target.dataset.used = "1";
});

document.addEventListener("click", (event) => {
  const saved = event.target.closest("button[data-text]");
  const field = document.getElementById("reply-text");
  if (!saved || !field) return;
  event.preventDefault();
  saved.closest("details").open = false;
  put(field, saved.dataset.text);
}, true);

document.addEventListener("input", (event) => {
  if (event.target.id === "reply-text") countLetters();
  if (event.target.dataset.blank) showPreview();
});

document.addEventListener("change", (event) => {
  if (event.target.id === "reply-files" && event.target.files.length) document.getElementById("attach").click();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
  const form = event.target.closest("#reply");
  if (form) form.querySelector(".btn-primary")?.click();
});

document.addEventListener("htmx:afterSettle", () => { countLetters(); tick(); });

setInterval(tick, 1000);
countLetters();
tick();
