// The panel beside the graph: what is known of the item that is selected.

/** @param actions {go(stage, node), toggle(occurrence)} */
function details(report, stageIndex, item, actions) {
  const stage = report.stages[stageIndex];
  switch (item.type) {
    case "input":
    case "output":
      return [
        heading(item.label, item.type === "input" ? "Input of the model" : "Output of the model"),
        facts([["Type", stage.tensors[item.tensor].type]]),
      ];
    case "block":
      return blockDetails(stage, item, actions);
    default:
      return nodeDetails(report, stageIndex, item.nodes[0], actions);
  }
}

function heading(title, text) {
  return html("div", {class: "heading"}, html("h2", {}, title), html("p", {}, text));
}

function facts(rows) {
  const list = html("dl", {class: "facts"});
  rows.filter(([, value]) => value !== undefined && value !== "").forEach(([label, value]) =>
    list.append(html("div", {}, html("dt", {}, label), html("dd", {}, value))));
  return list;
}

function part(title, ...children) {
  return html("section", {class: "part"}, html("h3", {}, title), ...children);
}

function nodeDetails(report, stageIndex, index, actions) {
  const stage = report.stages[stageIndex];
  const node = stage.nodes[index];
  const intensity = typeof node.flops === "number" && node.bytes > 0 ? node.flops / node.bytes : undefined;
  const parts = [
    heading(node.operator, node.name),
    facts([
      ["Kind", KINDS[node.kind]],
      ["Precision", node.precision],
      ["FLOPs", quantity(node.flops, "count")],
      ["Bytes moved", quantity(node.bytes, "bytes")],
      ["Intensity", intensity === undefined ? "" : quantity(intensity, "ratio") + " FLOPs/byte"],
      ["Tactic", node.tactic],
      ["Time", quantity(node.millis, "ms")],
      ["Of the run", quantity(node.share, "percent")],
      ["Rate", quantity(node.rate, "rate")],
      ["Of the roofline", quantity(node.roofline, "percent")],
      ["Bound by", node.bound],
      ["Error", quantity(node.error, "number")],
    ]),
    blockPart(stage, index, actions),
    attributesPart(node),
    portsPart(report, stage, "Inputs", node.inputs),
    portsPart(report, stage, "Outputs", node.outputs),
    node.members.length === 0 ? null
      : part("Fused from", html("ul", {class: "plain"}, ...node.members.map(member => html("li", {}, member)))),
    counterpartsPart(report, stageIndex, node, actions),
  ];
  return parts.filter(one => one !== null);
}

function attributesPart(node) {
  const rows = Object.entries(node.attributes);
  return rows.length === 0 ? null : part("Attributes", facts(rows));
}

function portsPart(report, stage, title, ports) {
  if (ports.length === 0) {
    return null;
  }
  return part(title, html("ul", {class: "ports"}, ...ports.map(port => {
    const tensor = stage.tensors[port.tensor];
    const statistics = tensor.weights === undefined ? undefined : report.weights[tensor.weights];
    return html("li", {},
      html("span", {class: "port"}, port.name),
      html("code", {}, tensor.type),
      html("span", {class: "name"}, tensor.elements === undefined ? tensor.name : tensor.elements),
      statistics === undefined ? null : weightHistogram(tensor.name, statistics));
  })));
}

/** How the elements of a constant are distributed. */
function weightHistogram(name, statistics) {
  if (statistics.counts.length === 0) {
    return html("p", {class: "note"}, "No element is finite.");
  }
  const most = largest(statistics.counts);
  const [width, height] = [280, 56];
  const bar = width / statistics.counts.length;
  const text = "from " + quantity(statistics.minimum) + " to " + quantity(statistics.maximum) + ", mean "
    + quantity(statistics.mean) + ", standard deviation " + quantity(statistics.deviation);
  const zeros = statistics.zeros === 0 ? "" : ", " + quantity(100 * statistics.zeros / statistics.elements, "percent") + " zeros";
  const odd = statistics.notFinite === 0 ? "" : ", " + quantity(statistics.notFinite, "count") + " not finite";
  return html("figure", {class: "weights"},
    svg("svg", {viewBox: "0 0 " + width + " " + height, role: "img", "aria-label": "Distribution of " + name + ": " + text},
      ...statistics.counts.map((count, i) => {
        const size = count === 0 ? 0 : Math.max(1, height * Math.sqrt(count / most));
        return svg("rect", {x: i * bar + 0.5, y: height - size, width: bar - 1, height: size});
      })),
    html("figcaption", {}, html("span", {class: "ends"},
      html("span", {}, quantity(statistics.minimum)), html("span", {}, quantity(statistics.maximum))),
    "mean " + quantity(statistics.mean) + ", deviation " + quantity(statistics.deviation) + zeros + odd
      + "; height: square root of the count"));
}

function blockPart(stage, index, actions) {
  const inside = occurrences(stage).find(one => index >= one.start && index < one.start + one.length);
  return inside === undefined ? null : part("Repeated block",
    html("p", {}, "Part of block " + blockLetter(inside.kind) + ", " + inside.number + " of " + inside.count + "."),
    html("button", {type: "button", onclick: () => actions.toggle(inside)}, "Collapse this block"));
}

function blockDetails(stage, item, actions) {
  const nodes = item.nodes.map(index => stage.nodes[index]);
  const known = field => nodes.every(node => typeof node[field] === "number") ? sum(nodes.map(node => node[field])) : undefined;
  const counts = new Map();
  nodes.forEach(node => counts.set(node.operator, (counts.get(node.operator) ?? 0) + 1));
  return [
    heading(item.label, "Block " + blockLetter(item.block.kind) + ", " + item.block.number + " of " + item.block.count),
    html("button", {type: "button", onclick: () => actions.toggle(item.block)}, "Expand this block"),
    facts([
      ["Nodes", String(nodes.length)],
      ["FLOPs", quantity(known("flops"), "count")],
      ["Bytes moved", quantity(known("bytes"), "bytes")],
      ["Time", quantity(measured(stage, item, "time"), "ms")],
    ]),
    part("Operators", facts([...counts].sort((a, b) => b[1] - a[1]).map(([name, count]) => [name, String(count)]))),
  ];
}

function counterpartsPart(report, stageIndex, node, actions) {
  const rows = report.stages.flatMap((other, i) => {
    if (i === stageIndex) {
      return [];
    }
    const found = counterparts(other, node.name);
    return found.length === 0
      ? [html("li", {}, other.title + ": replaced or folded away")]
      : found.map(index => html("li", {}, other.title + ": ",
        html("button", {type: "button", class: "link", onclick: () => actions.go(i, index)}, other.nodes[index].name)));
  });
  return rows.length === 0 ? null : part("In other stages", html("ul", {class: "plain"}, ...rows));
}
