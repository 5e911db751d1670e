// Plots without a library: roofline, histogram of latencies, memory over steps. Each is an SVG with a text for readers.

const PLOT = {width: 920, height: 420, left: 94, right: 24, top: 20, bottom: 54};

function linear([low, high], [from, to]) {
  return value => from + (value - low) / (high - low || 1) * (to - from);
}

function logarithmic([low, high], range) {
  const scale = linear([Math.log10(low), Math.log10(high)], range);
  return value => scale(Math.log10(value));
}

/** Round numbers from 0 up to and above a value. */
function ticks(high, count = 5) {
  const raw = (high || 1) / count;
  const size = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map(factor => factor * size).find(value => value >= raw);
  return Array.from({length: Math.ceil((high || 1) / step - 1e-9) + 1}, (_, i) => i * step);
}

function powers([low, high]) {
  const values = [];
  for (let power = Math.ceil(Math.log10(low) - 1e-9); power <= Math.log10(high) + 1e-9; power++) {
    values.push(10 ** power);
  }
  return values;
}

/** An empty plot: axes with these ticks, and what stands beside them. */
function plot(label, x, y, xTicks, yTicks, xTitle, yTitle, xText, yText) {
  const bottom = PLOT.height - PLOT.bottom;
  return svg("svg", {class: "plot", viewBox: "0 0 " + PLOT.width + " " + PLOT.height, role: "img", "aria-label": label},
    svg("g", {class: "grid"},
      ...yTicks.map(value => svg("line", {x1: PLOT.left, x2: PLOT.width - PLOT.right, y1: y(value), y2: y(value)})),
      ...xTicks.map(value => svg("line", {x1: x(value), x2: x(value), y1: bottom, y2: bottom + 5}))),
    svg("g", {class: "ticks"},
      ...xTicks.map(value => svg("text", {x: x(value), y: bottom + 20, "text-anchor": "middle"}, xText(value))),
      ...yTicks.map(value => svg("text", {x: PLOT.left - 10, y: y(value) + 4, "text-anchor": "end"}, yText(value))),
      svg("text", {x: (PLOT.left + PLOT.width - PLOT.right) / 2, y: PLOT.height - 10, "text-anchor": "middle"}, xTitle),
      svg("text", {transform: "translate(16 " + (PLOT.top + bottom) / 2 + ") rotate(-90)", "text-anchor": "middle"}, yTitle)));
}

const ACROSS = [PLOT.left, PLOT.width - PLOT.right];
const UP = [PLOT.height - PLOT.bottom, PLOT.top];

/** Where each layer lies under the roofs of the machine; both axes are logarithmic. */
function rooflinePlot(roofline, stage, onopen) {
  const layers = stage.nodes.map((node, index) => ({node, index, intensity: intensity(node), rate: node.rate}))
    .filter(({rate, intensity}) => intensity > 0 && rate > 0)
    .sort((a, b) => b.node.millis - a.node.millis);
  const used = new Set(layers.map(layer => layer.node.precision));
  const roofs = bestRoofs(roofline.compute).filter(peak => used.has(peak.type) || peak.type === "float32");
  const peak = largest(roofs.map(roof => roof.perSecond));
  const memory = roofline.memory;
  const slowestMemory = smallest(memory.map(level => level.bytesPerSecond));
  const xRange = decades(Math.min(peak / slowestMemory / 100, ...layers.map(layer => layer.intensity)),
    Math.max(peak / slowestMemory * 4, ...layers.map(layer => layer.intensity)));
  const yRange = decades(Math.min(peak / 1e3, ...layers.map(layer => layer.rate)), peak * 1.3);
  const [x, y] = [logarithmic(xRange, ACROSS), logarithmic(yRange, UP)];
  const picture = plot("Roofline: " + plural(layers.length, "layer", "layers") + " under a peak of " + quantity(peak, "rate"),
    x, y, powers(xRange), powers(yRange), "arithmetic intensity, FLOPs/byte", "FLOP/s",
    value => quantity(value), value => scaled(value, 1000, DECIMAL));
  memory.forEach((level, i) => picture.append(...slope(level, peak, i === memory.length - 1, xRange, yRange, x, y)));
  roofs.forEach(roof => picture.append(
    svg("path", {class: "roof", d: "M" + x(Math.max(xRange[0], roof.perSecond / largest(memory.map(level => level.bytesPerSecond))))
      + " " + y(roof.perSecond) + "H" + ACROSS[1]}),
    svg("text", {class: "roof-text", x: ACROSS[1] - 4, y: y(roof.perSecond) - 7, "text-anchor": "end"},
      roof.unit + " " + roof.type + " " + quantity(roof.perSecond, "rate"))));
  const slowest = largest(layers.map(layer => layer.node.millis));
  layers.forEach(layer => {
    const text = layer.node.name + ", " + layer.node.operator + ": " + quantity(layer.rate, "rate") + " at "
      + quantity(layer.intensity, "ratio") + " FLOPs/byte, " + quantity(layer.node.millis, "ms") + ", "
      + quantity(layer.node.roofline, "percent") + " of its roof, bound by " + layer.node.bound;
    picture.append(svg("circle", {class: "dot kind-" + layer.node.kind.toLowerCase(), cx: x(layer.intensity), cy: y(layer.rate),
      r: 3 + 9 * Math.sqrt(layer.node.millis / slowest), onclick: () => onopen(layer.index)}, svg("title", {}, text)));
  });
  return figure(picture, "Area of a dot: time of the layer; a click shows its node, and the table of layers has the same"
    + " numbers. What lies far under its roof could be faster.");
}

/** The best unit for each type. */
function bestRoofs(peaks) {
  const best = new Map();
  peaks.forEach(peak => {
    if (!(best.get(peak.type)?.perSecond >= peak.perSecond)) {
      best.set(peak.type, peak);
    }
  });
  return [...best.values()];
}

/** The roof of one level of memory, up to the highest peak. */
function slope(level, peak, isSlowest, xRange, yRange, x, y) {
  const from = Math.max(xRange[0], yRange[0] / level.bytesPerSecond);
  const to = Math.min(xRange[1], peak / level.bytesPerSecond);
  const [x0, y0, x1, y1] = [x(from), y(from * level.bytesPerSecond), x(to), y(to * level.bytesPerSecond)];
  const angle = Math.atan2(y1 - y0, x1 - x0) * 180 / Math.PI;
  return [
    svg("path", {class: isSlowest ? "roof" : "roof thin", d: "M" + x0 + " " + y0 + "L" + x1 + " " + y1}),
    svg("text", {class: "roof-text", transform: "translate(" + (x0 + (x1 - x0) * 0.3) + " " + (y0 + (y1 - y0) * 0.3 - 6) + ") rotate(" + angle + ")"},
      level.level + " " + quantity(level.bytesPerSecond, "bytes") + "/s"),
  ];
}

/** Whole decades around two values. */
function decades(low, high) {
  return [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high))];
}

/** How many runs took how long. */
function latencyPlot(latencies) {
  const sorted = [...latencies].sort((a, b) => a - b);
  const at = share => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  const high = Math.max(at(0.99) * 1.1, at(0.5) * 1.2);
  const low = Math.max(0, sorted[0] - (high - sorted[0]) * 0.05);
  const bins = new Array(Math.min(60, Math.max(10, Math.ceil(Math.sqrt(sorted.length) * 2)))).fill(0);
  const inside = sorted.filter(value => value <= high);
  inside.forEach(value => bins[Math.min(bins.length - 1, Math.floor((value - low) / (high - low) * bins.length))]++);
  const rows = ticks(largest(bins));
  const [x, y] = [linear([low, high], ACROSS), linear([0, rows[rows.length - 1]], UP)];
  const columns = Array.from({length: 6}, (_, i) => low + (high - low) * i / 5);
  const middle = (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.floor(sorted.length / 2)]) / 2;
  const marks = [["median", middle], ["p95", at(0.95)], ["p99", at(0.99)]];
  const picture = plot("Latencies of " + sorted.length + " runs: " + marks.map(([name, value]) => name + " " + quantity(value, "ms")).join(", "),
    x, y, columns, rows, "latency of a run, ms", "runs", value => value.toPrecision(3), value => String(Number(value.toPrecision(6))));
  const width = (ACROSS[1] - ACROSS[0]) / bins.length;
  picture.append(svg("g", {class: "bars"}, ...bins.map((count, i) =>
    svg("rect", {x: ACROSS[0] + i * width + 0.5, y: y(count), width: width - 1, height: UP[0] - y(count)},
      svg("title", {}, plural(count, "run", "runs"))))));
  marks.forEach(([name, value], i) => picture.append(
    svg("line", {class: "mark", x1: x(value), x2: x(value), y1: UP[0], y2: UP[1]}),
    svg("text", {class: "mark-text", x: x(value) + 5, y: UP[1] + 14 + 16 * i}, name + " " + quantity(value, "ms"))));
  const beyond = sorted.length - inside.length;
  return figure(picture, beyond === 0 ? plural(sorted.length, "run", "runs") + "."
    : plural(sorted.length, "run", "runs") + ", " + beyond + " beyond the right edge; the longest took " + quantity(sorted[sorted.length - 1], "ms") + ".");
}

/** What of the workspace is in use at each step. */
function memoryPlot(memory) {
  const rows = ticks(memory.workspaceBytes / 2 ** 20).map(value => value * 2 ** 20);
  const [x, y] = [linear([0, memory.steps.length], ACROSS), linear([0, rows[rows.length - 1]], UP)];
  const peak = memory.steps.reduce((best, step) => step.bytes > best.bytes ? step : best, {bytes: 0, node: ""});
  const columns = [...new Set(Array.from({length: 6}, (_, i) => Math.round(memory.steps.length * i / 5)))];
  const picture = plot("Memory over steps: most is " + quantity(peak.bytes, "bytes") + " at " + peak.node,
    x, y, columns, rows, "step", "workspace in use", value => String(value), value => quantity(value, "bytes"));
  const width = (ACROSS[1] - ACROSS[0]) / memory.steps.length;
  picture.append(
    svg("g", {class: "bars"}, ...memory.steps.map((step, i) =>
      svg("rect", {x: ACROSS[0] + i * width, y: y(step.bytes), width: Math.max(width - (width > 4 ? 1 : 0), 0.5), height: UP[0] - y(step.bytes)},
        svg("title", {}, step.node + ": " + quantity(step.bytes, "bytes"))))),
    svg("line", {class: "mark", x1: ACROSS[0], x2: ACROSS[1], y1: y(memory.workspaceBytes), y2: y(memory.workspaceBytes)}),
    svg("text", {class: "mark-text", x: ACROSS[1] - 4, y: y(memory.workspaceBytes) - 6, "text-anchor": "end"},
      "workspace " + quantity(memory.workspaceBytes, "bytes")));
  return figure(picture, "Most is in use at " + peak.node + ": " + quantity(peak.bytes, "bytes")
    + ". Weights lie elsewhere: " + quantity(memory.weightBytes, "bytes") + ".");
}

function figure(picture, caption) {
  return html("figure", {},
    html("div", {class: "plot-area", tabindex: "0", role: "region", "aria-label": "Plot, scrolls on narrow screens"}, picture),
    html("figcaption", {}, caption));
}
