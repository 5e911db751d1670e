// One graph on the screen: drawn once for each choice of collapsed blocks, then moved, zoomed and coloured.

const TITLE_FONT = "600 13px system-ui, sans-serif";
const LINE_FONT = "12px system-ui, sans-serif";
const NODE_HEIGHT = 42;
const PORT_HEIGHT = 30;
const LONGEST_TITLE = 30;
const LARGE_GRAPH = 150;
const READABLE = 0.55;

class GraphView {
  /** @param onselect called with the item that is opened, or undefined */
  constructor(stage, onselect) {
    this.stage = stage;
    this.onselect = onselect;
    this.colouring = "kind";
    this.collapsed = new Set(stage.nodes.length > LARGE_GRAPH ? occurrences(stage).map(one => one.id) : []);
    this.matches = undefined;
    this.world = svg("g");
    this.canvas = svg("svg", {class: "graph", role: "group", "aria-label": "Graph " + stage.title + ", arrow keys move"
      + " along edges and ranks, Enter shows details, Space collapses a block"}, this.world);
    this.element = html("div", {class: "canvas"}, this.canvas);
    this.element.addEventListener("click", event => this.clicked(event));
    this.element.addEventListener("dblclick", event => this.doubleClicked(event));
    this.element.addEventListener("keydown", event => this.pressed(event));
    this.element.addEventListener("focusin", event => this.focused(event));
    new Movement(this);
    this.draw();
  }

  /** Lays out and draws what is visible. */
  draw() {
    const begin = performance.now();
    Object.assign(this, visibleGraph(this.stage, this.collapsed));
    const sizes = this.items.map(item => sizeOf(this.stage, item));
    this.plan = layoutGraph(sizes, this.edges);
    this.world.replaceChildren(
      svg("g", {class: "edges"}, ...this.plan.paths.map(path => this.drawPath(path))),
      svg("g", {class: "items"}, ...this.items.map((item, i) => this.drawItem(item, sizes[i], this.plan.vertices[i]))));
    this.setColouring(this.colouring);
    this.current = 0;
    this.items[0]?.element.setAttribute("tabindex", "0");
    this.canvas.dataset.nodes = this.items.length;
    this.canvas.dataset.millis = (performance.now() - begin).toFixed(1);
  }

  drawPath({from, to, points}) {
    let path = "M" + points[0].map(tenths).join(" ");
    for (let i = 1; i < points.length; i++) {
      const [[x0, y0], [x1, y1]] = [points[i - 1], points[i]];
      const middle = (y0 + y1) / 2;
      path += Math.abs(x0 - x1) < 0.5
        ? "L" + tenths(x1) + " " + tenths(y1)
        : "C" + [x0, middle, x1, middle, x1, y1].map(tenths).join(" ");
    }
    const [x, y] = points[points.length - 1];
    const element = svg("path", {d: path + "M" + [x - 3.5, y - 6].map(tenths).join(" ") + "L" + tenths(x) + " "
      + tenths(y) + "L" + [x + 3.5, y - 6].map(tenths).join(" ")});
    for (const end of [from, to]) {
      (this.items[end].edges ??= []).push(element);
    }
    return element;
  }

  drawItem(item, size, {x, y}) {
    const [left, top] = [-size.width / 2, -size.height / 2];
    const shape = attributes => svg("rect",
      {x: left, y: top, width: size.width, height: size.height, rx: item.nodes.length === 0 ? size.height / 2 : 6, ...attributes});
    item.line = svg("text", {class: "line", y: 14});
    item.element = svg("g",
      {class: "item " + item.type, id: this.stage.title + "-" + item.id, transform: "translate(" + tenths(x) + " " + tenths(y) + ")",
        role: "button", tabindex: "-1"},
      item.type === "block" ? shape({class: "behind", transform: "translate(5 5)"}) : null,
      shape({class: "box"}),
      svg("text", {class: "title", y: item.nodes.length === 0 ? 4.5 : -3.5}, titleOf(item)),
      item.nodes.length === 0 ? null : item.line);
    return item.element;
  }

  setColouring(colouring) {
    this.colouring = colouring;
    const values = this.items.map(item => measured(this.stage, item, colouring)).filter(value => value !== undefined);
    this.most = values.length === 0 ? 0 : largest(values);
    const total = sum(values);
    for (const item of this.items) {
      const colour = colourOf(this.stage, item, colouring, this.most);
      const state = [...item.element.classList].filter(name => !name.startsWith("kind-") && name !== "heat");
      item.element.setAttribute("class", [...state, colour.kind ? "kind-" + colour.kind : "",
        colour.heat === undefined ? "" : "heat"].join(" ").trim());
      item.element.style.setProperty("--heat", colour.heat === undefined ? "" : (colour.heat * 100).toFixed(1) + "%");
      const share = colouring === "time" && total > 0 && colour.value !== undefined
        ? " · " + quantity(shareOf(this.stage, item) ?? 100 * colour.value / total, "percent") : "";
      item.line.textContent = colour.value === undefined
        ? lineOf(this.stage, item) : quantity(colour.value, COLOURINGS[colouring].unit) + share;
      item.element.setAttribute("aria-label", spoken(this.stage, item) + (colour.value === undefined ? "" : ", " + item.line.textContent));
    }
  }

  setCollapsed(ids) {
    const kept = this.items[this.current];
    this.collapsed = new Set(ids);
    this.draw();
    const again = kept === undefined || kept.nodes.length === 0 ? 0 : this.itemOf[kept.nodes[0]];
    this.select(undefined);
    this.makeCurrent(again ?? 0);
    this.reveal(this.items[this.current]);
  }

  toggle(occurrence) {
    const ids = new Set(this.collapsed);
    if (!ids.delete(occurrence.id)) {
      ids.add(occurrence.id);
    }
    this.current = this.itemOf[occurrence.start];
    this.setCollapsed(ids);
    this.items[this.current]?.element.focus();
  }

  /** Marks what a text is found in; undefined ends the search. */
  search(text) {
    const wanted = text.trim().toLowerCase();
    this.matches = wanted === "" ? undefined : this.items.filter(item => searchText(this.stage, item).includes(wanted));
    const found = new Set(this.matches);
    this.items.forEach(item => {
      item.element.classList.toggle("faded", this.matches !== undefined && !found.has(item));
      item.element.classList.toggle("match", found.has(item));
    });
    return this.matches?.length;
  }

  /** Goes to the match after the current item, or before it. */
  goToMatch(step) {
    if (!this.matches?.length) {
      return;
    }
    const places = this.matches.map(item => this.items.indexOf(item));
    const next = step > 0
      ? places.find(place => place > this.current) ?? places[0]
      : places.findLast(place => place < this.current) ?? places[places.length - 1];
    this.open(next);
  }

  /** Shows a node, expanding the block that hides it. */
  goToNode(node) {
    const hiding = this.items[this.itemOf[node]];
    if (hiding.type === "block") {
      this.toggle(hiding.block);
    }
    this.open(this.itemOf[node]);
  }

  open(index) {
    this.makeCurrent(index);
    this.reveal(this.items[index], READABLE);
    this.select(this.items[index]);
  }

  select(item) {
    this.selected?.element.classList.remove("selected");
    this.selected?.edges?.forEach(edge => edge.classList.remove("near"));
    this.selected = item;
    item?.element.classList.add("selected");
    item?.edges?.forEach(edge => {
      edge.classList.add("near");
      edge.parentNode.append(edge);
    });
    this.onselect(this, item);
  }

  /** Marks nodes that another graph's selection stands for. */
  mark(nodes) {
    this.world.querySelectorAll(".marked").forEach(element => element.classList.remove("marked"));
    const items = [...new Set(nodes.map(node => this.items[this.itemOf[node]]))];
    items.forEach(item => item.element.classList.add("marked"));
    if (items.length > 0) {
      this.reveal(items[0], READABLE);
    }
  }

  // ---- keyboard and pointer

  makeCurrent(index) {
    this.items[this.current]?.element.setAttribute("tabindex", "-1");
    this.current = index;
    this.items[index]?.element.setAttribute("tabindex", "0");
  }

  indexAt(target) {
    const element = target.closest?.(".item");
    return element ? this.items.findIndex(item => item.element === element) : -1;
  }

  clicked(event) {
    const index = this.indexAt(event.target);
    if (index >= 0) {
      this.makeCurrent(index);
      this.items[index].element.focus({preventScroll: true});
      this.select(this.items[index]);
    } else if (!this.movement.moved) {
      this.select(undefined);
    }
  }

  doubleClicked(event) {
    const item = this.items[this.indexAt(event.target)];
    if (item?.type === "block") {
      this.toggle(item.block);
    }
  }

  focused(event) {
    const index = this.indexAt(event.target);
    if (index >= 0) {
      this.makeCurrent(index);
      if (event.target.matches(":focus-visible")) {
        this.reveal(this.items[index]);
      }
    }
  }

  pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const item = this.items[this.current];
    const moves = {
      ArrowDown: () => this.follow(this.edges.filter(edge => edge[0] === this.current).map(edge => edge[1])),
      ArrowUp: () => this.follow(this.edges.filter(edge => edge[1] === this.current).map(edge => edge[0])),
      ArrowLeft: () => this.besides(-1),
      ArrowRight: () => this.besides(1),
      Home: () => this.focusOn(0),
      End: () => this.focusOn(this.items.length - 1),
      Enter: () => this.select(item),
      " ": () => this.toggleAt(item),
      "+": () => this.zoom(1.25),
      "=": () => this.zoom(1.25),
      "-": () => this.zoom(0.8),
      "0": () => this.fit(),
      Escape: () => this.select(undefined),
    };
    if (moves[event.key] && item !== undefined) {
      moves[event.key]();
      event.preventDefault();
    }
  }

  toggleAt(item) {
    const inside = item.type === "block"
      ? item.block
      : occurrences(this.stage).find(one => item.nodes[0] >= one.start && item.nodes[0] < one.start + one.length);
    if (inside !== undefined) {
      this.toggle(inside);
    }
  }

  follow(targets) {
    const x = this.plan.vertices[this.current].x;
    const nearest = targets.sort((a, b) =>
      Math.abs(this.plan.vertices[a].x - x) - Math.abs(this.plan.vertices[b].x - x))[0];
    if (nearest !== undefined) {
      this.focusOn(nearest);
    }
  }

  besides(step) {
    const layer = this.plan.layers[this.plan.vertices[this.current].rank];
    const next = layer[layer.indexOf(this.current) + step];
    if (next !== undefined) {
      this.focusOn(next);
    }
  }

  focusOn(index) {
    this.makeCurrent(index);
    this.items[index].element.focus({preventScroll: true});
    this.reveal(this.items[index]);
  }

  // ---- view

  moveTo(x, y, scale) {
    this.view = {x, y, scale};
    this.world.setAttribute("transform", "translate(" + tenths(x) + " " + tenths(y) + ") scale(" + scale.toFixed(4) + ")");
    this.canvas.classList.toggle("tiny", scale < 0.3);
  }

  size() {
    return [Math.max(this.element.clientWidth, 1), Math.max(this.element.clientHeight, 1)];
  }

  /** The whole graph. */
  fit() {
    const [width, height] = this.size();
    const scale = Math.min(1, (width - 48) / Math.max(this.plan.width, 1), (height - 48) / Math.max(this.plan.height, 1));
    this.moveTo((width - this.plan.width * scale) / 2, (height - this.plan.height * scale) / 2, scale);
  }

  /** The whole graph where that is readable, else its beginning. */
  begin() {
    this.fit();
    if (this.view.scale < READABLE && this.items.length > 0) {
      const [width] = this.size();
      const scale = Math.max(READABLE, Math.min(0.85, (width - 48) / Math.max(this.plan.width, 1)));
      this.moveTo(width / 2 - this.plan.vertices[0].x * scale, 28, scale);
    }
  }

  zoom(factor, x = this.size()[0] / 2, y = this.size()[1] / 2) {
    const scale = Math.min(3, Math.max(0.02, this.view.scale * factor));
    const real = scale / this.view.scale;
    this.moveTo(x - (x - this.view.x) * real, y - (y - this.view.y) * real, scale);
  }

  /** Moves an item into sight. */
  reveal(item, leastScale = 0) {
    if (item === undefined || this.view === undefined) {
      return;
    }
    const [width, height] = this.size();
    const vertex = this.plan.vertices[this.items.indexOf(item)];
    const scale = Math.max(this.view.scale, leastScale);
    const [x, y] = [this.view.x + vertex.x * this.view.scale, this.view.y + vertex.y * this.view.scale];
    if (scale !== this.view.scale || x < 80 || y < 50 || x > width - 80 || y > height - 50) {
      this.moveTo(width / 2 - vertex.x * scale, height / 2 - vertex.y * scale, scale);
    }
  }
}

/** Pointers drag, two of them and the wheel zoom. */
class Movement {
  constructor(view) {
    this.view = view;
    view.movement = this;
    this.pointers = new Map();
    this.moved = false;
    const canvas = view.canvas;
    canvas.addEventListener("pointerdown", event => this.down(event));
    canvas.addEventListener("pointermove", event => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, event => this.pointers.delete(event.pointerId));
    }
    canvas.addEventListener("wheel", event => {
      const box = canvas.getBoundingClientRect();
      view.zoom(Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.0015)), event.clientX - box.left, event.clientY - box.top);
      event.preventDefault();
    }, {passive: false});
  }

  down(event) {
    this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
    this.moved = false;
  }

  move(event) {
    const before = this.pointers.get(event.pointerId);
    if (before === undefined) {
      return;
    }
    const [dx, dy] = [event.clientX - before[0], event.clientY - before[1]];
    if (!this.moved && Math.hypot(dx, dy) < 4) {
      return;
    }
    if (!this.moved) {
      this.view.canvas.setPointerCapture(event.pointerId);
    }
    this.moved = true;
    const spread = this.spread();
    this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
    if (this.pointers.size === 2) {
      const box = this.view.canvas.getBoundingClientRect();
      const [a, b] = [...this.pointers.values()];
      this.view.zoom(this.spread() / spread, (a[0] + b[0]) / 2 - box.left, (a[1] + b[1]) / 2 - box.top);
    } else {
      const {x, y, scale} = this.view.view;
      this.view.moveTo(x + dx, y + dy, scale);
    }
  }

  spread() {
    const [a, b] = [...this.pointers.values()];
    return b === undefined ? 1 : Math.max(1, Math.hypot(a[0] - b[0], a[1] - b[1]));
  }
}

function tenths(value) {
  return Math.round(value * 10) / 10;
}

/** Percent of a run; undefined where no run was measured. */
function shareOf(stage, item) {
  const shares = item.nodes.map(node => stage.nodes[node].share).filter(share => share !== undefined);
  return shares.length === 0 ? undefined : sum(shares);
}

function titleOf(item) {
  const label = item.label;
  return item.type === "block" && label.length > LONGEST_TITLE ? "…" + label.slice(1 - LONGEST_TITLE) : shortened(label, LONGEST_TITLE);
}

function lineOf(stage, item) {
  return item.type === "block"
    ? plural(item.nodes.length, "node", "nodes") + " · " + item.block.number + " of " + item.block.count
    : item.type === "node" ? shortened(stage.nodes[item.nodes[0]].shape, LONGEST_TITLE) : "";
}

function sizeOf(stage, item) {
  const title = textWidth(titleOf(item), TITLE_FONT);
  return item.nodes.length === 0
    ? {width: Math.max(60, title + 28), height: PORT_HEIGHT}
    : {width: Math.max(104, title + 24, textWidth(lineOf(stage, item), LINE_FONT) + 24), height: NODE_HEIGHT};
}

function spoken(stage, item) {
  switch (item.type) {
    case "input":
    case "output":
      return item.type + " " + item.label + ", " + stage.tensors[item.tensor].type;
    case "block":
      return "collapsed block " + item.label + ", " + lineOf(stage, item);
    default: {
      const node = stage.nodes[item.nodes[0]];
      return node.operator + ", " + node.name + ", gives " + node.shape;
    }
  }
}

function searchText(stage, item) {
  item.searchText ??= [item.label, ...item.nodes.flatMap(index => {
    const node = stage.nodes[index];
    return [node.name, node.operator, node.shape, node.precision, node.tactic ?? "",
      ...node.outputs.map(port => stage.tensors[port.tensor].name)];
  })].join("\n").toLowerCase();
  return item.searchText;
}
