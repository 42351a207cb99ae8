// The keyboard, the selection of a list, and where the focus goes. Pages work without any of it.
"use strict";

(() => {
  const one = (selector, inside = document) => inside.querySelector(selector);
  const all = (selector, inside = document) => [...inside.querySelectorAll(selector)];
  const typing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]");

  // ------------------------------------------------------------ selection: how many lines, and their sum

  const figures = (minor, decimals) => {
    const digits = String(minor < 0n ? -minor : minor).padStart(decimals + 1, "0");
    const whole = digits.slice(0, digits.length - decimals) || "0";
    const french = document.documentElement.lang === "fr";
    const grouped = whole.replace(/\B(?=(\d{3})+(?!\d))/g, french ? "\u00a0" : ",");
    const part = decimals ? (french ? "," : ".") + digits.slice(-decimals) : "";
    return (minor < 0n ? "\u2212" : "") + grouped + part;
  };

  // A form `data-selection` holds boxes with `data-sum` (minor units); it says count and sum in `data-count`, `data-total`.
  const count = (form) => {
    const chosen = all("[data-row] input[type=checkbox]:checked", form);
    const sum = chosen.reduce((so_far, box) => so_far + BigInt(box.dataset.sum || "0"), 0n);
    all("[data-count]", form).forEach((place) => {
      const [single, several] = place.dataset.count.split("|");
      place.textContent = (chosen.length > 1 ? several : single).replace("{n}", chosen.length);
    });
    all("[data-total]", form).forEach((place) => { place.textContent = figures(sum, Number(place.dataset.total)); });
    all("[data-when-chosen]", form).forEach((part) => { part.hidden = chosen.length === 0; });
    all("[data-needs-choice]", form).forEach((button) => { button.disabled = chosen.length === 0; });
    const head = one("[data-all]", form);
    const boxes = all("[data-row] input[type=checkbox]", form);
    if (head) { head.checked = boxes.length > 0 && chosen.length === boxes.length; head.indeterminate = chosen.length > 0 && !head.checked; }
    form.dispatchEvent(new CustomEvent("selection", { detail: { chosen: chosen.length } }));
  };

  let last = null; // the box last chosen by hand, for a range
  const choose = (box, range) => {
    const boxes = all("[data-row] input[type=checkbox]", box.form || document);
    if (range && last) {
      const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
      boxes.slice(from, to + 1).forEach((other) => { other.checked = box.checked; });
    }
    last = box;
  };

  document.addEventListener("click", (event) => {
    const box = event.target.closest("[data-row] input[type=checkbox]");
    if (box) choose(box, event.shiftKey);
    const clear = event.target.closest("[data-clear]");
    if (clear) { event.preventDefault(); all("[data-row] input[type=checkbox]", clear.form).forEach((b) => { b.checked = false; }); count(clear.form); }
    const copy = event.target.closest("[data-copy]");
    if (copy) { const from = one(copy.dataset.copy); navigator.clipboard?.writeText(from.value ?? from.textContent); from.select?.(); }
    if (event.target.closest("[data-print]")) { event.preventDefault(); print(); }
  });
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (event.target.matches("[data-all]")) all("[data-row] input[type=checkbox]", form).forEach((box) => { box.checked = event.target.checked; });
    if (form?.matches("[data-selection]")) count(form);
    if (event.target.matches("[data-submits]")) form.requestSubmit();
  });

  // ------------------------------------------------------------ files dropped

  const zone = (event) => event.target.closest?.("[data-drop]");
  ["dragover", "dragleave", "drop"].forEach((kind) => document.addEventListener(kind, (event) => {
    const place = zone(event);
    if (!place) return;
    event.preventDefault();
    place.classList.toggle("over", kind === "dragover");
    if (kind === "drop" && event.dataTransfer.files.length) {
      const input = one("input[type=file]", place);
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }));

  // ------------------------------------------------------------ the keyboard

  const rows = () => all("[data-row]");
  const here = () => rows().findIndex((row) => row.contains(document.activeElement));
  const move = (step) => {
    const lines = rows();
    if (!lines.length) return follow(step > 0 ? "[data-next]" : "[data-previous]");
    const row = lines[Math.min(Math.max(here() + step, 0), lines.length - 1)];
    (one("th a, [data-open]", row) || one("a, input, button", row))?.focus();
    row.scrollIntoView({ block: "nearest" });
  };
  const follow = (selector) => one(selector)?.click();
  const tick = (range) => {
    const box = one("input[type=checkbox]", rows()[here()] ?? document.createElement("p"));
    if (box) { box.checked = !box.checked; choose(box, range); box.dispatchEvent(new Event("change", { bubbles: true })); }
  };
  const go = (address) => { location.href = address; };

  const PLACES = { a: "/", f: "/factures", r: "/reglements", p: "/portefeuille", e: "/ecritures", b: "/banque" };
  const NEW = { r: "/reglements/saisie", f: "/factures/import" };
  const KEYS = {
    "/": () => one("[data-search]")?.focus(),
    "?": () => one("#raccourcis")?.togglePopover(),
    j: () => move(1),
    k: () => move(-1),
    x: () => tick(false),
    X: () => tick(true),
    a: () => one("[data-all]")?.click(),
    f: () => one("[data-filter]")?.focus(),
    i: () => follow("[data-import]"),
  };
  const SEQUENCES = { g: PLACES, n: NEW };
  let begun = ""; // the first letter of two

  const leave = () => {
    const open = one(":popover-open, dialog[open]");
    if (open) return open.hidePopover ? open.hidePopover() : open.close();
    if (typing(document.activeElement)) return document.activeElement.blur();
    return follow("[data-leave]");
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const commits = all("[data-commit]").filter((button) => button.offsetParent && !button.disabled);
      if (commits.length === 1) { event.preventDefault(); commits[0].click(); }
      return;
    }
    if (event.key === "Escape" && !event.defaultPrevented) return leave();
    if (event.key === "Enter" && event.target.matches("[data-no-enter] input:not([type=submit]):not([type=search])")) event.preventDefault();
    if (event.key === "=" && event.target.matches("[data-remainder]")) { event.preventDefault(); event.target.dispatchEvent(new CustomEvent("remainder", { bubbles: true })); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || !document.body.hasAttribute("data-shortcuts")) return;
    const sequence = SEQUENCES[begun];
    begun = "";
    if (sequence?.[event.key]) { event.preventDefault(); return go(sequence[event.key]); }
    if (event.key in SEQUENCES) { begun = event.key; setTimeout(() => { begun = ""; }, 1500); return; }
    if (KEYS[event.key]) { event.preventDefault(); KEYS[event.key](); }
  });

  // ------------------------------------------------------------ a form looked at while one types

  // `edits` counts what was typed, `answered` up to where the preview has it.
  const planned = () => one(".prev");
  const live = (event) => event.target.matches?.("[data-live]");
  let slow = 0, edits = 0, asked = 0, answered = 0, held = null;
  document.addEventListener("input", (event) => { if (event.target.form?.matches("[data-live]")) edits += 1; }, true);
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!live(event)) return;
    asked = edits;
    clearTimeout(slow);
    slow = setTimeout(() => planned()?.setAttribute("aria-busy", "true"), 400);
  });
  // What was asked before the last change is not shown: the next answer is on its way, and nothing typed is lost.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.requestConfig?.elt?.matches("[data-live]") && asked < edits) event.detail.shouldSwap = false;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!live(event) || !event.detail.successful) return;
    clearTimeout(slow);
    answered = asked;
    const button = one("[data-commit]", planned());
    if (held === null || answered < edits) return;
    const same = one("[name=vu]").value === held && !button.disabled;
    held = null;
    if (same) event.target.requestSubmit(button);
  });
  // Pressed before the last change was looked at: first look, and go on only where the entry is the one on the page.
  document.addEventListener("submit", (event) => {
    if (!live(event) || !event.submitter?.matches("[data-commit]") || answered >= edits) return;
    event.preventDefault();
    held = one("[name=vu]").value;
    event.target.dispatchEvent(new CustomEvent("now"));
  });
  ["htmx:sendError", "htmx:timeout", "htmx:responseError"].forEach((kind) => document.addEventListener(kind, (event) => {
    if (!live(event) || !planned()) return;
    clearTimeout(slow);
    held = null;
    planned().removeAttribute("aria-busy");
    planned().classList.add("stale");
    all("[data-commit]", planned()).forEach((button) => { button.disabled = true; });
  }));
  document.addEventListener("remainder", (event) => { event.target.value = "="; edits += 1; }, true);
  // What was meant takes the place of what was typed, once one has left the field.
  const fill = () => all("[data-fills]").forEach((meant) => {
    const field = one(`#${meant.dataset.fills}`);
    if (field && field !== document.activeElement) field.value = meant.dataset.text;
  });
  document.addEventListener("htmx:afterSettle", fill);
  document.addEventListener("focusout", () => setTimeout(fill));
  // An amount is typeset when one leaves it; what is none stays as it was typed.
  document.addEventListener("focusout", (event) => {
    const decimals = Number(event.target.dataset?.decimals ?? NaN);
    const found = /^([-\u2212]?)(\d[\d\s]{0,20})(?:[.,](\d*))?$/.exec(event.target.value?.trim() ?? "");
    if (Number.isNaN(decimals) || !found || (found[3] ?? "").length > decimals) return;
    const minor = BigInt(found[2].replace(/\s/g, "") + (found[3] ?? "").padEnd(decimals, "0"));
    event.target.value = figures(found[1] ? -minor : minor, decimals);
  });

  // ------------------------------------------------------------ where the page begins

  const begin = (inside) => {
    all("[data-selection]", inside).forEach(count);
    one("[data-focus]", inside)?.focus();
    one(".code .hl", inside)?.scrollIntoView({ block: "center", inline: "nearest" });
    one(".tabs [aria-current]", inside)?.scrollIntoView({ block: "nearest", inline: "center" });
    if (inside === document) scrollTo(0, 0);
  };
  document.addEventListener("DOMContentLoaded", () => {
    begin(document);
    if (new URLSearchParams(location.search).get("imprimer")) print();
  });
  document.addEventListener("htmx:afterSwap", (event) => begin(event.target));
})();
