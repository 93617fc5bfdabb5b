// One decision moves all: the slider takes in the lowest scores, and ticks decide on single rows.
const known = JSON.parse(document.getElementById("data").textContent);
const byId = (id) => document.getElementById(id);
const cards = [...document.querySelectorAll("#cards li")];
const ticks = new Map();
let taken = Number(byId("slider").value);
const goes = (rank) => ticks.get(rank) ?? rank < taken;
const ranks = known.names.map((_, rank) => rank);
const grouped = (count) => count.toLocaleString("en");
const shareOf = (share) => `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

function shadeCell(cell, text, shade) {
  cell.textContent = text;
  cell.style.setProperty("--s", shade.toFixed(2));
}
function warn(cell, gone, total, twice) {
  cell.querySelector("small")?.remove();
  const rare = cell.textContent.endsWith(" = rare values");
  const warning = rare ? "" : gone === total ? "vanishes" : twice && gone >= 5 ? "loses more than twice its part" : "";
  if (warning) cell.append(Object.assign(document.createElement("small"), { textContent: warning }));
}
function showShares(removed) {
  const lines = document.querySelector("#table-shares tbody");
  if (!lines) return;
  const lost = {};
  for (const name of Object.keys(known.codes)) {
    lost[name] = {};
    for (const rank of removed) lost[name][known.codes[name][rank]] = (lost[name][known.codes[name][rank]] ?? 0) + 1;
  }
  for (const row of lines.rows) {
    const [name, code, total] = known.levels[row.dataset.place];
    const gone = lost[name][code] ?? 0, share = gone / total;
    shadeCell(row.cells[1], shareOf(share), share);
    row.cells[2].textContent = `${grouped(gone)} of ${grouped(total)}`;
    warn(row.cells[0], gone, total, share > (2 * removed.length) / known.total);
  }
}
function showColumns(removed) {
  const lines = document.querySelector("#table-columns tbody");
  if (!lines) return;
  const counts = {};
  for (const rank of removed) counts[known.oddest[rank]] = (counts[known.oddest[rank]] ?? 0) + 1;
  const most = Math.max(1, ...[...lines.rows].map((row) => counts[row.cells[0].textContent] ?? 0));
  for (const row of lines.rows) {
    const count = counts[row.cells[0].textContent] ?? 0;
    shadeCell(row.cells[1], grouped(count), count / most);
    row.hidden = count === 0;
  }
}
function showCards() {
  const shown = Math.max(taken, 0);
  for (const card of cards) {
    const rank = Number(card.dataset.rank), gone = goes(rank);
    card.classList.toggle("removed", gone);
    card.querySelector("input").checked = gone;
    card.hidden = !gone && !ticks.has(rank) && rank >= shown + 10; // and a few beyond the threshold
  }
  byId("beyond").textContent = taken > cards.length
    ? `The first ${cards.length} of ${grouped(taken)} ${known.noun}; the others are in decision.csv and in the table that robustgen clean writes.` : "";
}
function showStrip() { // the last that go and the first that stay, of those that are drawn
  const strip = byId("strip");
  if (!strip) return;
  strip.replaceChildren(...cards.filter((card) => Math.abs(Number(card.dataset.rank) + 0.5 - taken) < 8)
    .sort((a, b) => a.dataset.rank - b.dataset.rank).map((card) => {
      const one = document.createElement("li");
      one.className = card.className;
      const figure = card.querySelector("figure").cloneNode(true), name = card.querySelector("b").textContent;
      figure.append(Object.assign(document.createElement("figcaption"), { textContent: name, title: name }));
      one.append(figure);
      return one;
    }));
  strip.scrollLeft = (strip.scrollWidth - strip.clientWidth) / 2;
}
function show() {
  const removed = ranks.filter(goes);
  byId("count").textContent = grouped(removed.length);
  byId("slider").value = byId("number").value = taken;
  byId("untick").disabled = ticks.size === 0;
  byId("command").textContent = command(removed);
  showShares(removed);
  showColumns(removed);
  showCards();
  showStrip();
}
function command(removed) {
  const share = removed.length / known.total;
  const bySlider = ticks.size === 0 && removed.length > 0 && share <= 0.5;
  const quote = (text) => (/^[\w.\/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
  return `robustgen clean ${quote(known.file)} -o kept${known.ending}${known.options} --remove ${bySlider ? Number(share.toPrecision(6)) : "decision.csv"}`;
}
function save() {
  const cell = (text) => (/[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const lines = ranks.filter((rank) => goes(rank) || ticks.has(rank))
    .map((rank) => [known.names[rank], goes(rank) ? "outlier" : "normal", known.contents[rank]]);
  const text = [["row", "answer", "content"], ...lines].map((line) => line.map(cell).join(",") + "\n").join("");
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = "decision.csv";
  link.click();
  URL.revokeObjectURL(link.href);
}
function take(count) {
  taken = Math.min(Math.max(Math.round(Number(count)) || 0, 0), known.names.length);
  show();
}
function sort(key) {
  const far = (card) => Math.abs(Number(card.dataset.rank) + 0.5 - taken);
  const order = key === "border" ? (a, b) => far(a) - far(b) : (a, b) => a.dataset.rank - b.dataset.rank;
  byId("cards").append(...cards.sort(order));
  document.querySelectorAll("[data-sort]").forEach((one) => one.setAttribute("aria-pressed", one.dataset.sort === key));
}
document.querySelectorAll("#table-shares tbody tr").forEach((row, place) => { row.dataset.place = place; });
cards.forEach((card) => {
  const box = card.querySelector("input"), rank = Number(card.dataset.rank);
  box.disabled = false;
  box.addEventListener("change", () => {
    if (box.checked === rank < taken) ticks.delete(rank); else ticks.set(rank, box.checked);
    show();
  });
});
byId("slider").addEventListener("input", (event) => take(event.target.value));
byId("number").addEventListener("change", (event) => take(event.target.value));
document.querySelectorAll("[data-count]").forEach((key) => key.addEventListener("click", () => take(key.dataset.count)));
document.querySelectorAll("[data-sort]").forEach((key) => key.addEventListener("click", () => sort(key.dataset.sort)));
byId("save").addEventListener("click", save);
byId("untick").addEventListener("click", () => { ticks.clear(); show(); });
byId("decision").hidden = byId("sorting").hidden = false;
show();
