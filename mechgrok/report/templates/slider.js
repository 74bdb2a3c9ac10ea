// The slider over checkpoints: panels of one checkpoint show another one, and curves over training have a mark there.
const slider = document.querySelector(".slider");
const [play, input, output] = slider.children;
const framesOf = new Map(figures.map((figure) => [figure, figure.querySelector("script.frames")]).filter(([, found]) => found)
  .map(([figure, found]) => [figure, JSON.parse(found.textContent)]));
const further = JSON.parse(document.getElementById("steps").textContent);
const checkpoints = [...new Set([...further, ...[...framesOf.values()].flatMap((frames) => frames.steps)])].sort((a, b) => a - b);
const latest = checkpoints.length - 1;
const grouped = (step) => String(step).replace(/\B(?=(\d{3})+$)/g, "\u202f");
let playing = 0;

function showStep(figure, spec) {
  if (latest < 1 || +input.value === latest) return;
  const step = checkpoints[input.value];
  if (framesOf.has(figure)) showFrame(spec, framesOf.get(figure), step);
  markStep(spec.layout, step);
}

function showFrame(spec, frames, step) {
  const index = frames.steps.findLastIndex((each) => each <= step), last = frames.steps.at(-1);
  if (index < 0) return;
  const traces = frames.traces[index];
  traces.forEach((trace, i) => Object.assign(spec.data[i], frames.traces.at(-1)[i], trace));
  const highest = Math.max(...frames.traces.flat().flatMap((trace) => trace.y ?? []));
  if (traces[0].y ?? frames.traces.at(-1)[0].y) spec.layout.yaxis.range = [spec.layout.yaxis.range?.[0] ?? 0, 1.05 * highest];
  traces.forEach((trace, i) => keepColours(spec.data[i], frames.traces.map((each) => each[i]?.z).filter(Boolean)));
  const {layout} = spec, renamed = (text) => text?.replace(`Step ${grouped(last)}`, `Step ${grouped(frames.steps[index])}`);
  if (layout.title) layout.title.text = renamed(layout.title.text);
  const labels = (note) => (note.xref ?? "x") === "x" && (note.yref ?? "y") === "y";
  layout.annotations = layout.annotations?.filter((note) => !labels(note)).map((note) => ({...note, text: renamed(note.text)}));
}

// A map has one range of colours at all steps, centred on 0 where it is so at the last.
function keepColours(trace, maps) {
  if (!maps.length) return;
  const values = maps.flat(2).filter((each) => each !== null);
  if (!values.length) return;
  const low = values.reduce((a, b) => Math.min(a, b)), high = values.reduce((a, b) => Math.max(a, b));
  const isCentred = trace.zmin !== undefined && trace.zmin === -trace.zmax, far = Math.max(-low, high);
  [trace.zmin, trace.zmax] = isCentred ? [-far, far] : [low, high];
}

function markStep(layout, step) {
  const axes = Object.keys(layout).filter((key) => /^xaxis\d*$/.test(key) && layout[key].title?.text === "step");
  const marks = axes.filter((key) => step > 0 || layout[key].type !== "log").map((key) => ({type: "line", x0: step, x1: step, xref: "x" + key.slice(5),
    y0: 0, y1: 1, yref: `y${key.slice(5)} domain`, line: {color: shaded('"#262626"').slice(1, -1), width: 1.5}}));
  layout.shapes = [...(layout.shapes ?? []), ...marks];
}

function moved() {
  output.textContent = "step " + grouped(checkpoints[input.value]);
  input.setAttribute("aria-valuetext", output.textContent);
  redraw();
}

function stop() {
  clearInterval(playing);
  [playing, play.textContent] = [0, "Play"];
}

function start() {
  if (+input.value === latest) input.value = 0;
  play.textContent = "Pause";
  playing = setInterval(() => {
    input.value = +input.value + 1;
    moved();
    if (+input.value === latest) stop();
  }, 250);
}

const linked = () => /^#([^&=]+)(?=&|$)/.exec(location.hash)?.[1] ?? "";
const remember = () => history.replaceState(null, "", "#" + [linked(), `step=${checkpoints[input.value]}`].filter(Boolean).join("&"));

// The address is that of a figure, of a step, or of both: #measure-gini&step=100.
function follow() {
  const step = /step=(\d+)/.exec(location.hash)?.[1];
  if (step !== undefined) {
    input.value = Math.max(0, checkpoints.findLastIndex((each) => each <= +step));
    moved();
    document.getElementById(linked())?.scrollIntoView();
  } else if (+input.value !== latest) remember();
}

if (latest > 0) {
  slider.hidden = false;
  document.body.classList.add("sliding");
  [input.max, input.value] = [latest, latest];
  moved();
  input.addEventListener("input", () => { stop(); moved(); });
  input.addEventListener("change", remember);
  play.addEventListener("click", () => (playing ? stop() : start()));
  addEventListener("hashchange", follow);
  follow();
}
