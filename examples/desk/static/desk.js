// Dragging, the dialog, and where the focus goes. Everything else is htmx and plain forms.
"use strict";

const byId = (id) => document.getElementById(id);
let opener = ""; // what had the focus when the dialog came

function dropped({ item, from, to, oldIndex, newIndex }) {
  if (from === to && oldIndex === newIndex) return;
  const below = item.previousElementSibling?.dataset.id ?? "";
  const above = item.nextElementSibling?.dataset.id ?? "";
  const values = { board: byId("board").dataset.board, stage_id: to.dataset.stage, below, above };
  htmx.ajax("POST", `/tickets/${encodeURIComponent(item.dataset.id)}/move`, { values, target: "#main" });
}

function ready() {
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  for (const column of document.querySelectorAll("[data-drag]"))
    Sortable.get(column) ?? Sortable.create(column, {
      group: "board", draggable: ".card", filter: "button", preventOnFilter: false,
      delay: 200, delayOnTouchOnly: true, forceFallback: true, fallbackTolerance: 4,
      animation: still ? 0 : 120, onEnd: dropped,
    });
}

document.addEventListener("DOMContentLoaded", ready);
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  ready();
  const dialog = byId("dialog");
  if (detail.target === dialog && !dialog.open) {
    opener = document.activeElement.id;
    dialog.showModal();
  } else if (detail.target.id === "main" && dialog.open) {
    dialog.close();
    byId(opener)?.focus();
  }
});
