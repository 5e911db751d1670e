// How nodes are coloured, and what the legend says of it.

const KINDS = {
  PRODUCT: "convolution, product",
  ELEMENTWISE: "elementwise",
  NORMALIZATION: "normalization",
  REDUCTION: "pooling, reduction",
  QUANTIZATION: "quantization",
  MOVEMENT: "data movement",
  CONTROL: "control flow",
  OTHER: "other",
};

const COLOURINGS = {
  kind: {title: "kind of operator"},
  time: {title: "time", field: "millis", unit: "ms", combine: sum, heat: (value, most) => Math.sqrt(value / most)},
  roofline: {
    title: "percent of roofline", field: "roofline", unit: "percent", combine: smallest,
    heat: value => Math.max(0, 1 - value / 100),
  },
  precision: {title: "precision"},
  error: {title: "error", field: "error", unit: "number", combine: largest, heat: (value, most) => most === 0 ? 0 : Math.sqrt(value / most)},
};

function sum(values) {
  return values.reduce((a, b) => a + b, 0);
}

function largest(values) {
  return values.reduce((a, b) => Math.max(a, b), -Infinity);
}

function smallest(values) {
  return values.reduce((a, b) => Math.min(a, b), Infinity);
}

/** Whether a stage has what a colouring shows. */
function canColour(stage, colouring) {
  const field = COLOURINGS[colouring].field;
  return field === undefined || stage.nodes.some(node => node[field] !== undefined);
}

/** The value of an item, or undefined where nothing is known of its nodes. */
function measured(stage, item, colouring) {
  const {field, combine} = COLOURINGS[colouring];
  const values = item.nodes.map(node => stage.nodes[node][field]).filter(value => value !== undefined);
  return field === undefined || values.length === 0 ? undefined : combine(values);
}

/** The classes that stand for precisions, in the order in which they occur. */
function precisions(stage) {
  return [...new Set(stage.nodes.map(node => node.precision).filter(precision => precision !== ""))];
}

/** For one item: {kind} for a class of its own, {heat} from 0 to 1, or nothing. */
function colourOf(stage, item, colouring, most) {
  if (item.nodes.length === 0) {
    return {};
  }
  if (colouring === "kind") {
    return item.type === "block" ? {kind: "block"} : {kind: stage.nodes[item.nodes[0]].kind.toLowerCase()};
  }
  if (colouring === "precision") {
    const own = [...new Set(item.nodes.map(node => stage.nodes[node].precision).filter(precision => precision !== ""))];
    return own.length === 1 ? {kind: "class-" + precisions(stage).indexOf(own[0]) % 6} : {kind: "block"};
  }
  const value = measured(stage, item, colouring);
  return value === undefined ? {} : {heat: Math.min(1, COLOURINGS[colouring].heat(value, most)), value};
}

/** What the colours stand for. */
function legend(stage, colouring, most) {
  const box = html("div", {class: "legend", "aria-label": "Colours"});
  box.setAttribute("role", "group");
  if (colouring === "kind") {
    const used = new Set(stage.nodes.map(node => node.kind));
    Object.keys(KINDS).filter(kind => used.has(kind)).forEach(kind => box.append(swatch(kind.toLowerCase(), KINDS[kind])));
  } else if (colouring === "precision") {
    precisions(stage).forEach((precision, i) => box.append(swatch("class-" + i % 6, precision)));
  } else {
    const {unit} = COLOURINGS[colouring];
    const [low, high] = colouring === "roofline" ? ["100 %", "0 %"] : [quantity(0, unit), quantity(most, unit)];
    box.append(html("span", {}, low), html("span", {class: "ramp"}), html("span", {}, high));
  }
  return box;
}

function swatch(kind, text) {
  return html("span", {class: "swatch"}, html("i", {class: "kind-" + kind}), text);
}
