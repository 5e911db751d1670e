// The table of layers: sorted by any column, filtered by a text.

const COLUMNS = [
  {title: "Node", value: node => node.name, head: true},
  {title: "Operator", value: node => node.operator},
  {title: "Output", value: node => node.shape},
  {title: "Precision", value: node => node.precision},
  {title: "Tactic", value: node => node.tactic},
  {title: "FLOPs", value: node => node.flops, unit: "count"},
  {title: "Bytes", value: node => node.bytes, unit: "bytes"},
  {title: "FLOPs/byte", value: node => intensity(node), unit: "ratio"},
  {title: "Time", value: node => node.millis, unit: "ms"},
  {title: "Share", value: (node, total) => node.share ?? (node.millis === undefined ? undefined : 100 * node.millis / total), unit: "percent", bar: true},
  {title: "Of roofline", value: node => node.roofline, unit: "percent"},
  {title: "Bound by", value: node => node.bound},
  {title: "Error", value: node => node.error, unit: "number"},
];

function intensity(node) {
  return typeof node.flops === "number" && node.bytes > 0 ? node.flops / node.bytes : undefined;
}

/** A table of a stage's nodes; columns without any value are left out. */
class LayerTable {
  constructor(stage, onopen) {
    this.onopen = onopen;
    this.total = sum(stage.nodes.map(node => node.millis ?? 0));
    const bar = COLUMNS.find(column => column.bar);
    this.mostShare = largest(stage.nodes.map(node => bar.value(node, this.total) ?? 0));
    this.rows = stage.nodes.map((node, index) => ({node, index}));
    this.columns = COLUMNS.filter(column => stage.nodes.some(node => (column.value(node, this.total) ?? "") !== ""));
    this.body = html("tbody");
    this.count = html("span", {class: "note", role: "status"});
    this.heads = this.columns.map(column => html("th", {scope: "col", class: column.unit ? "number" : ""},
      html("button", {type: "button", onclick: () => this.sortBy(column)}, column.title)));
    this.filter = html("input", {type: "search", placeholder: "Filter", "aria-label": "Filter layers", oninput: () => this.fill()});
    this.element = html("div", {class: "layers"},
      html("div", {class: "toolbar"}, this.filter, this.count),
      html("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Layers of " + stage.title},
        html("table", {}, html("thead", {}, html("tr", {}, ...this.heads)), this.body)));
    this.order = {column: undefined, down: false};
    const time = this.columns.find(column => column.title === "Time");
    if (time !== undefined) {
      this.sortBy(time);
    } else {
      this.fill();
    }
  }

  sortBy(column) {
    const isAgain = this.order.column === column;
    this.order = {column, down: isAgain ? !this.order.down : column.unit !== undefined};
    this.heads.forEach((head, i) => {
      if (this.columns[i] === column) {
        head.setAttribute("aria-sort", this.order.down ? "descending" : "ascending");
      } else {
        head.removeAttribute("aria-sort");
      }
    });
    this.fill();
  }

  fill() {
    const wanted = this.filter.value.trim().toLowerCase();
    const shown = this.rows.filter(({node}) => wanted === ""
      || [node.name, node.operator, node.shape, node.precision, node.tactic ?? ""].some(text => text.toLowerCase().includes(wanted)));
    const {column, down} = this.order;
    if (column !== undefined) {
      shown.sort((a, b) => (down ? -1 : 1) * compare(column.value(a.node, this.total), column.value(b.node, this.total), down));
    } else {
      shown.sort((a, b) => a.index - b.index);
    }
    this.body.replaceChildren(...shown.map(row => this.row(row)));
    this.count.textContent = shown.length === this.rows.length
      ? plural(shown.length, "layer", "layers") : shown.length + " of " + plural(this.rows.length, "layer", "layers");
  }

  row({node, index}) {
    return html("tr", {}, ...this.columns.map(column => {
      const value = column.value(node, this.total);
      const text = column.unit ? quantity(value, column.unit) : value ?? "";
      if (column.head) {
        return html("th", {scope: "row"}, html("button", {type: "button", class: "link", title: text,
          onclick: () => this.onopen(index)}, text));
      }
      const cell = html("td", {class: column.unit ? "number" : "", title: column.unit ? "" : text}, text);
      if (column.bar && value !== undefined) {
        cell.classList.add("bar");
        cell.style.setProperty("--share", (100 * value / this.mostShare).toFixed(1) + "%");
      }
      return cell;
    }));
  }
}

/** Numbers before texts, what is missing last in both directions. */
function compare(a, b, down) {
  if (a === undefined || b === undefined) {
    return (a === b ? 0 : a === undefined ? 1 : -1) * (down ? -1 : 1);
  }
  if (typeof a === "number" && typeof b === "number") {
    return a - b;
  }
  return typeof a === typeof b ? String(a).localeCompare(String(b), "en", {numeric: true}) : typeof a === "number" ? -1 : 1;
}
