"use strict";
// Tables sort by a click on their heading and filter by words and choices; the page reads as well without.
const value = (cell) => {
  const raw = cell.dataset.value ?? "";
  return raw === "" || Number.isNaN(Number(raw)) ? raw : Number(raw);
};
const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));

function sortable(table) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const numeric = heading.classList.contains("number");
      const before = heading.getAttribute("aria-sort");
      const descending = before ? before === "ascending" : numeric;
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const rows = [...table.tBodies[0].rows].map((row) => [value(row.cells[column]), row]);
      rows.sort(([a], [b]) => (a === "") - (b === "") || (descending ? compare(b, a) : compare(a, b)));
      table.tBodies[0].append(...rows.map(([, row]) => row));
    });
  });
}

function filterable(table) {
  const headings = [...table.tHead.rows[0].cells];
  const rows = [...table.tBodies[0].rows];
  if (rows.length < 12) return;
  const bar = document.createElement("div");
  bar.className = "filter";
  const search = Object.assign(document.createElement("input"), { type: "search", placeholder: "Filter", ariaLabel: "Filter rows by text" });
  const shown = document.createElement("span");
  const choices = headings.flatMap((heading, column) => ("choice" in heading.dataset ? [[choice(heading, column, rows), column]] : []));
  const apply = () => {
    const words = search.value.toLowerCase().split(/\s+/);
    let number = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const fits = words.every((word) => text.includes(word))
        && choices.every(([select, column]) => !select.value || row.cells[column].textContent === select.value);
      row.hidden = !fits;
      number += fits;
    }
    shown.textContent = `${number} of ${rows.length} rows`;
  };
  bar.append(search);
  for (const [select, column] of choices) {
    const label = document.createElement("label");
    label.append(headings[column].textContent, select);
    bar.append(label);
  }
  bar.append(shown);
  bar.addEventListener("input", apply);
  apply();
  table.parentElement.before(bar);
}

function choice(heading, column, rows) {
  const select = document.createElement("select");
  const values = new Map(rows.map((row) => [row.cells[column].textContent, value(row.cells[column])]));
  select.append(new Option("all", ""));
  [...values].sort(([, a], [, b]) => compare(a, b)).forEach(([text]) => select.append(new Option(text, text)));
  return select;
}

// A detector under the pointer, in a table or a figure, is lit up in all of them.
function light(token) {
  const main = document.querySelector("main");
  main.classList.toggle("lights", Boolean(token));
  document.querySelectorAll("[data-detector]").forEach((part) => part.classList.toggle("lit", part.dataset.detector === token));
}

document.querySelectorAll("table[id]").forEach((table) => { filterable(table); sortable(table); });
let lit = "";
document.addEventListener("pointerover", (event) => {
  const token = event.target.closest?.("[data-detector]")?.dataset.detector ?? "";
  if (token !== lit) light(lit = token);
});
