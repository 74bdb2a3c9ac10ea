"use strict";
// Draws the figures of a page when they come into view, in the reader's colours, and in light colours on paper.
const DARK = JSON.parse(document.getElementById("dark").textContent);
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const figures = [...document.querySelectorAll("figure:has(> .frame)")];
const drawn = new Set();
let onPaper = false;

function shaded(text) {
  if (onPaper || !prefersDark.matches) return text;
  return Object.entries(DARK).reduce((all, [light, dark]) => all.replaceAll(`"${light}"`, `"${dark}"`), text);
}

// plotly.js is text until the page is on the screen. Running it takes longer than showing the first figure, which is also there as static SVG.
function loadLibrary() {
  if (window.Plotly) return;
  const script = document.createElement("script");
  script.textContent = document.getElementById("library").textContent;
  document.head.append(script);
}

const parsed = (element) => JSON.parse(shaded(element.textContent));
const plotOf = (figure) => figure.querySelector(".plot");

function draw(figure) {
  loadLibrary();
  const spec = parsed(figure.querySelector("script.spec"));
  spec.layout.template = parsed(document.getElementById("template"));
  drawn.add(figure);
  if (!onPaper) showStep(figure, spec);
  const done = Plotly.react(plotOf(figure), spec.data, spec.layout, {displayModeBar: false});
  figure.querySelector(".still")?.remove();
  return done;
}

const isSeen = (figure) => { const box = figure.getBoundingClientRect(); return box.bottom > 0 && box.top < innerHeight; };

// A figure out of view is drawn again when it comes into view.
function redraw() {
  for (const figure of [...drawn]) {
    if (isSeen(figure)) draw(figure);
    else { drawn.delete(figure); views.observe(figure); }
  }
}

const fit = (figure) => figure.style.setProperty("--scale", Math.min(1, figure.clientWidth / parseFloat(figure.style.getPropertyValue("--width"))));

const sizes = new ResizeObserver((entries) => entries.forEach((entry) => fit(entry.target)));
const views = new IntersectionObserver((entries) => entries.filter((entry) => entry.isIntersecting).forEach(({target}) => {
  views.unobserve(target);
  draw(target);
}), {rootMargin: "300px"});
figures.forEach((figure) => { fit(figure); sizes.observe(figure); });
requestAnimationFrame(() => setTimeout(() => figures.forEach((figure) => views.observe(figure))));

prefersDark.addEventListener("change", redraw);
addEventListener("beforeprint", () => { onPaper = true; figures.forEach(draw); });
addEventListener("afterprint", () => { onPaper = false; redraw(); });

function save(name, address) {
  const link = document.createElement("a");
  [link.href, link.download] = [address, name];
  link.click();
}

const quoted = (value) => /[",\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : value ?? "";

function lines(trace, index) {
  const name = trace.name ?? index, [x, y] = [trace.x ?? [], trace.y ?? []];
  if (trace.z) return [...trace.z].flatMap((row, i) => [...row].map((z, j) => [name, x[j] ?? j, y[i] ?? i, z]));
  return Array.from({length: Math.max(x.length, y.length)}, (_, i) => [name, x[i], y[i], ""]);
}

const SAVE = {
  csv: (plot) => {
    const rows = [["series", "x", "y", "value"], ...plot._fullData.flatMap(lines)];
    return "data:text/csv;charset=utf-8," + encodeURIComponent(rows.map((row) => row.map(quoted).join(",")).join("\n") + "\n");
  },
  svg: (plot) => Plotly.toImage(plot, {format: "svg", width: plot.layout.width, height: plot.layout.height}),
};

document.addEventListener("click", async ({target}) => {
  const kind = target.dataset?.save;
  if (!kind) return;
  const figure = target.closest("article").querySelector("figure");
  if (!drawn.has(figure)) await draw(figure);
  save(`${target.dataset.name}.${kind}`, await SAVE[kind](plotOf(figure)));
});
