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
      const fits = ofTables.every(([label, key]) => choices[key] === picked(label));
      table.parentElement.hidden = !fits;
      const shownNow = fits && (!table.parentElement.dataset.level || table.parentElement.dataset.level === chosen);
      if (columns) hideColumns(table, words(columns));
      for (const row of table.tBodies[0].rows) {
        row.hidden = !(has(row.textContent, words(rows))
          && ofColumns.every(([label, at]) => !picked(label) || row.cells[at].textContent === picked(label)));
        if (shownNow) { all += 1; fitting += !row.hidden; }
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

// A detector under the pointer, in a table or a figure, is lit up in all of them, and named beside the pointer with
// its value there; a click, or the list beside the slider, follows it until the next.
const names = new Map([...document.querySelectorAll("tr[data-detector]")].flatMap((row) => {
  const at = [...row.closest("table").tHead.rows[0].cells].findIndex((heading) => heading.textContent === "Detector");
  return at < 0 ? [] : [[row.dataset.detector, row.cells[at].textContent]];
}));
const badge = Object.assign(document.createElement("div"), { className: "name", hidden: true });
document.body.append(badge);

const values = JSON.parse(document.getElementById("values")?.textContent ?? "{}");
let chosen = document.querySelector(".level")?.dataset.level, followed = "";

function light(token) {
  document.querySelector("main").classList.toggle("lights", Boolean(token));
  document.querySelectorAll("[data-detector]").forEach((part) => part.classList.toggle("lit", part.dataset.detector === token));
}

// The corruption under the pointer: that of the nearest line of a figure, else the one chosen.
function levelAt(figure, event) {
  const near = (line) => {
    const box = line.getBoundingClientRect();
    return Math.abs(box.x - event.clientX) + 1e3 * (event.clientY < box.top || event.clientY > box.bottom);
  };
  const lines = [...figure.querySelectorAll("svg [data-level]")].sort((a, b) => near(a) - near(b));
  return lines[0]?.dataset.level ?? figure.dataset.level ?? chosen;
}

function described(token, event) {
  const figure = event.target.closest("figure[data-measure]");
  const level = figure && levelAt(figure, event);
  const value = figure && values[token]?.[level]?.[figure.dataset.measure];
  return value ? `${names.get(token)}: ${value} at ${level}` : names.get(token);
}

const tokenOf = (target) => target.closest?.("[data-detector]")?.dataset.detector ?? "";
let lit = "";
document.addEventListener("pointermove", (event) => {
  const token = tokenOf(event.target);
  if (token !== lit) { lit = token; light(token || followed); }
  badge.hidden = !names.has(token) || !event.target.closest("svg");
  badge.textContent = badge.hidden ? "" : described(token, event);
  badge.style.left = `${Math.min(event.pageX + 12, innerWidth - 170)}px`;
  badge.style.top = `${event.pageY + 14}px`;
});

document.addEventListener("click", (event) => {
  const token = tokenOf(event.target);
  if (token) follow(token === followed ? "" : token);
});

function follow(token) {
  light(followed = token);
  const list = document.querySelector("#dial select");
  if (list) list.value = token;
}

// One slider of the corruption: the answer, tables, maps and the lines in the curves go with it.
function show(level) {
  chosen = level;
  document.querySelectorAll("[data-level]").forEach((part) => part.classList.toggle("chosen", part.dataset.level === level));
  document.querySelectorAll(".filter").forEach((bar) => bar.dispatchEvent(new Event("input")));
}

function dial() {
  const place = document.getElementById("dial");
  const levels = [...new Set([...document.querySelectorAll("header .level")].map((part) => part.dataset.level))].reverse();
  if (!place || !levels.length) return;
  const slider = Object.assign(document.createElement("input"), { type: "range", min: 0, max: levels.length - 1, value: levels.length - 1 });
  const said = document.createElement("output");
  slider.addEventListener("input", () => { said.textContent = levels[slider.value]; show(levels[slider.value]); });
  const label = document.createElement("label");
  label.append("Corruption", slider, said);
  const list = document.createElement("label"), choice = document.createElement("select");
  choice.append(new Option("none", ""), ...[...names].map(([token, name]) => new Option(name, token)));
  choice.addEventListener("input", () => follow(choice.value));
  list.append("Follow", choice);
  place.append(...(levels.length > 1 ? [label] : []), list);
  place.hidden = false;
  document.documentElement.classList.add("scripted");
  slider.dispatchEvent(new Event("input"));
}

// Every table can be saved as it was measured, whatever is filtered.
function saveable(table) {
  const quoted = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const button = Object.assign(document.createElement("button"), { className: "save", type: "button", textContent: "CSV" });
  button.title = `Save the table as ${table.id}.csv`;
  button.addEventListener("click", () => {
    const text = [...table.rows].map((row) => [...row.cells].map((one) => quoted(one.textContent.trim())).join(",") + "\n").join("");
    const link = Object.assign(document.createElement("a"), { download: `${table.id}.csv` });
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.click();
  });
  table.parentElement.append(button);
}

document.querySelectorAll(".group").forEach(filterable);
document.querySelectorAll("table[id]").forEach(sortable);
document.querySelectorAll("table[id]").forEach(saveable);
dial();
