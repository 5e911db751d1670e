// Numbers with units for people, and short ways to make elements.

const DECIMAL = ["", " k", " M", " G", " T", " P", " E"];
const BINARY = [" B", " KiB", " MiB", " GiB", " TiB", " PiB"];

function scaled(value, base, units) {
  let unit = 0;
  let left = value;
  while (Math.abs(left) >= base && unit < units.length - 1) {
    left /= base;
    unit++;
  }
  const digits = unit === 0 ? 0 : left < 10 ? 2 : left < 100 ? 1 : 0;
  return left.toFixed(digits) + units[unit];
}

/** The text of a value; what is no number is an expression over symbols and stays. */
function quantity(value, unit) {
  if (value === undefined || value === null) {
    return "";
  }
  if (typeof value !== "number") {
    return String(value);
  }
  switch (unit) {
    case "count":
      return scaled(value, 1000, DECIMAL);
    case "bytes":
      return scaled(value, 1024, BINARY);
    case "ms":
      return value >= 100 ? value.toFixed(0) + " ms" : value >= 1 ? value.toFixed(2) + " ms"
        : (value * 1000).toFixed(value >= 0.1 ? 0 : 1) + " µs";
    case "percent":
      return (value >= 10 ? value.toFixed(0) : value.toFixed(1)) + " %";
    case "rate":
      return scaled(value, 1000, DECIMAL) + "FLOP/s";
    case "ratio":
      return value >= 100 ? value.toFixed(0) : value.toFixed(2);
    default:
      return value === 0 ? "0" : Math.abs(value) >= 1e-3 && Math.abs(value) < 1e5
        ? String(Number(value.toPrecision(4))) : value.toExponential(2);
  }
}

function shortened(text, length) {
  return text.length <= length ? text : text.slice(0, length - 1) + "…";
}

function plural(count, one, many) {
  return count + " " + (count === 1 ? one : many);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) {
      node.addEventListener(name.slice(2), value);
    } else if (value === true) {
      node.setAttribute(name, "");
    } else if (value !== false && value !== undefined) {
      node.setAttribute(name, value);
    }
  }
  node.append(...children.filter(child => child !== undefined && child !== null));
  return node;
}

function html(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

const measuring = document.createElement("canvas").getContext("2d");
const textWidths = new Map();

/** Width of a text in pixels. */
function textWidth(text, font) {
  const key = font + text;
  if (!textWidths.has(key)) {
    measuring.font = font;
    textWidths.set(key, measuring.measureText(text).width);
  }
  return textWidths.get(key);
}
