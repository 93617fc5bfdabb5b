"use strict";
// Tables sort by a click on their heading and filter by words and choices; the page reads as well without.
const number = (text) => Number.parseFloat(text.replace("\u2212", "-"));
const words = (input) => input.value.toLowerCase().split(/\s+/).filter(Boolean);
const has = (text, wanted) => wanted.every((word) => text.toLowerCase().includes(word));

// The value that a cell sorts by: its first text as a number, or as a word; blank cells have none.
function value(cell) {
  const text = cell.firstChild?.textContent ?? "";
  return cell.classList.contains("word") || text === "" ? text : number(text);
}
const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)));

function sortable(table) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const before = heading.getAttribute("aria-sort");
      const descending = before ? before === "ascending" : heading.classList.contains("number");
      headings.forEach((other) => other.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
      const rows = [...table.tBodies[0].rows].map((row) => [value(row.cells[column]), row]);
      rows.sort(([a], [b]) => (a === "") - (b === "") || (descending ? compare(b, a) : compare(a, b)));
      table.tBodies[0].append(...rows.map(([, row]) => row));
    });
  });
}

// One bar above the tables of a section: words for rows and for columns, choices of a column or of a table.
function filterable(group) {
  const tables = [...group.querySelectorAll("table[id]")];
  const [first] = tables;
  if (!first || (tables.length === 1 && first.tBodies[0].rows.length < 12)) return;
  const headings = [...first.tHead.rows[0].cells];
  const rows = field("Filter rows", "Filter");
  const columns = first.dataset.across && field(`Filter ${first.dataset.across} (columns)`, `Filter ${first.dataset.across}`);
  const ofColumns = headings.flatMap((heading, at) => ("choice" in heading.dataset
    ? [[select(heading.textContent, [...first.tBodies[0].rows].map((row) => row.cells[at].textContent), true), at]] : []));
  const ofTables = Object.keys(JSON.parse(first.dataset.choices ?? "{}"))
    .map((key) => [select(key, tables.map((table) => JSON.parse(table.dataset.choices)[key]), false), key]);
  const shown = document.createElement("output");

  const apply = () => {
    let fitting = 0, all = 0;
    for (const table of tables) {
      const choices = JSON.parse(table.dataset.choices ?? "{}");
      const chosen = ofTables.every(([label, key]) => choices[key] === picked(label));
      table.parentElement.hidden = !chosen;
      if (columns) hideColumns(table, words(columns));
      for (const row of table.tBodies[0].rows) {
        row.hidden = !(has(row.textContent, words(rows))
          && ofColumns.every(([label, at]) => !picked(label) || row.cells[at].textContent === picked(label)));
        if (chosen) { all += 1; fitting += !row.hidden; }
      }
    }
    shown.textContent = all ? `${fitting} of ${all} rows` : "nothing was measured so";
  };
  const bar = document.createElement("div");
  bar.className = "filter";
  bar.append(rows, ...(columns ? [columns] : []), ...[...ofTables, ...ofColumns].map(([label]) => label), shown);
  bar.addEventListener("input", apply);
  apply();
  group.prepend(bar);
}

function hideColumns(table, wanted) {
  const hidden = [...table.tHead.rows[0].cells].map((heading, at) => at > 0 && !has(heading.textContent, wanted));
  for (const row of table.rows) hidden.forEach((hide, at) => { row.cells[at].hidden = hide; });
}

function field(label, placeholder) {
  return Object.assign(document.createElement("input"), { type: "search", placeholder, ariaLabel: label });
}

const picked = (label) => label.querySelector("select").value;

function select(name, texts, all) {
  const label = document.createElement("label");
  const choice = document.createElement("select");
  const different = [...new Set(texts)];
  if (all) {
    choice.append(new Option("all", ""));
    different.sort((a, b) => number(a) - number(b) || compare(a, b));
  }
  choice.append(...different.map((text) => new Option(text, text)));
  label.append(name, choice);
  return label;
}

// A detector under the pointer, in a table or a figure, is lit up in all of them, and named beside the pointer.
const names = new Map([...document.querySelectorAll("tr[data-detector]")].flatMap((row) => {
  const at = [...row.closest("table").tHead.rows[0].cells].findIndex((heading) => heading.textContent === "Detector");
  return at < 0 ? [] : [[row.dataset.detector, row.cells[at].textContent]];
}));
const badge = Object.assign(document.createElement("div"), { className: "name", hidden: true });
document.body.append(badge);

function light(token) {
  document.querySelector("main").classList.toggle("lights", Boolean(token));
  document.querySelectorAll("[data-detector]").forEach((part) => part.classList.toggle("lit", part.dataset.detector === token));
}

let lit = "";
document.addEventListener("pointerover", (event) => {
  const token = event.target.closest?.("[data-detector]")?.dataset.detector ?? "";
  if (token !== lit) light(lit = token);
  badge.hidden = !names.has(token) || !event.target.closest("svg");
  badge.textContent = names.get(token) ?? "";
  badge.style.left = `${Math.min(event.pageX + 12, innerWidth - 170)}px`;
  badge.style.top = `${event.pageY + 14}px`;
});

document.querySelectorAll(".group").forEach(filterable);
document.querySelectorAll("table[id]").forEach(sortable);
