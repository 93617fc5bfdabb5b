(page, document) => {
  const table = (name) => document.getElementById(`table-${name}`);
  const texts = (name, column) => [...table(name).tBodies[0].rows].filter((row) => !row.hidden).map((row) => row.cells[column].textContent);
  const heading = (name, column) => table(name).tHead.rows[0].cells[column];
  const press = (name, column) => heading(name, column).querySelector("button").click();
  const bar = (name) => table(name).closest(".group").querySelector(".filter");
  const enter = (field, value) => { field.value = value; field.dispatchEvent(new page.Event("input", { bubbles: true })); };
  const visibly = (part) => page.getComputedStyle(part).display !== "none";
  const visible = (name) => visibly(table(name).parentElement);
  const seen = { faults: page.faults };

  seen.wide = [...document.querySelectorAll("body *")].filter((part) => !part.closest(".scroll, svg")
    && part.getBoundingClientRect().right > page.innerWidth + 0.5).map((part) => part.tagName);
  seen.overflow = document.documentElement.scrollWidth - page.innerWidth;
  seen.scrolls = table("every-metric").parentElement.scrollWidth > page.innerWidth;

  seen.dark = page.matchMedia("(prefers-color-scheme: dark)").matches;
  seen.paper = page.getComputedStyle(document.body).backgroundColor;
  seen.ink = page.getComputedStyle(document.body).color;
  seen.figure = page.getComputedStyle(document.querySelector("figure svg text")).fill;

  seen.before = texts("every-metric", 2);
  press("every-metric", 2);
  seen.descending = [texts("every-metric", 2), heading("every-metric", 2).ariaSort];
  press("every-metric", 2);
  seen.ascending = [texts("every-metric", 2), heading("every-metric", 2).ariaSort];
  press("every-metric", 0);
  seen.words = [texts("every-metric", 0), heading("every-metric", 2).ariaSort];
  const button = heading("every-metric", 0).querySelector("button");
  button.focus();
  seen.focused = document.activeElement === button;

  const every = bar("every-metric");
  enter(every.querySelector("input"), "RSRAE 0.3");
  seen.filtered = texts("every-metric", 0);
  seen.counted = every.querySelector("output").textContent;
  enter(every.querySelector("input"), "");
  enter(every.querySelector("select"), "0.3");
  seen.chosen = texts("every-metric", 1);

  const grids = bar("grid-auroc-0.3");
  const [measure] = grids.querySelectorAll("select");
  const slider = document.querySelector("#dial input");
  seen.first = [visible("grid-auroc-0.3"), visible("grid-auroc-0.1"), visible("grid-ap-0.3")];
  enter(measure, "AP");
  seen.answers = [...document.querySelectorAll("header .level")].map((part) => [part.dataset.level, visibly(part)]);
  enter(slider, 1);
  seen.moved = [...document.querySelectorAll("header .level")].filter(visibly).map((part) => part.dataset.level);
  seen.lines = [...new Set([...document.querySelectorAll("svg .chosen")].map((part) => part.dataset.level))];
  seen.second = [visible("grid-auroc-0.3"), visible("grid-auroc-0.1"), visible("grid-ap-0.1")];
  enter(grids.querySelectorAll("input")[1], "set3");
  seen.columns = [...table("grid-ap-0.1").tHead.rows[0].cells].filter((cell) => !cell.hidden).map((cell) => cell.textContent);

  const line = document.querySelector("#figure-auroc-against-corruption [data-detector]");
  line.dispatchEvent(new page.PointerEvent("pointermove", { bubbles: true }));
  seen.lit = [...document.querySelectorAll(".lit")].every((part) => part.dataset.detector === line.dataset.detector);
  seen.badge = document.querySelector(".name").textContent;
  const row = table("every-metric").tBodies[0].rows[0];
  row.click();
  line.dispatchEvent(new page.PointerEvent("pointermove", { bubbles: true }));
  document.body.dispatchEvent(new page.PointerEvent("pointermove", { bubbles: true }));
  seen.followed = [...new Set([...document.querySelectorAll(".lit")].map((part) => part.dataset.detector))];
  seen.clicked = row.dataset.detector;
  seen.listed = document.querySelector("#dial select").value;
  const save = table("every-metric").parentElement.querySelector(".save");
  page.URL.createObjectURL = (blob) => { seen.bytes = blob.size; return "#"; };
  page.HTMLAnchorElement.prototype.click = function () { seen.saved = this.download; };
  save.click();
  return seen;
}
