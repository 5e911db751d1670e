// The page: tabs, the summary, the graph with its toolbar, and the other parts.

const report = JSON.parse(document.getElementById("data").textContent);
const lastStage = report.stages.length - 1;

const PARTS = [
  {id: "summary", title: "Summary", show: showSummary},
  {id: "graph", title: "Graph", show: showGraph},
  {id: "layers", title: "Layers", show: showLayers},
  {id: "roofline", title: "Roofline", show: showRoofline},
  {id: "latency", title: "Latency", show: showLatency},
  {id: "memory", title: "Memory", show: showMemory},
];

// ---- tabs

function makeTabs() {
  const list = document.querySelector("[role=tablist]");
  const main = document.getElementById("content");
  for (const one of PARTS) {
    one.tab = html("button", {type: "button", role: "tab", id: "tab-" + one.id, "aria-controls": "panel-" + one.id, "aria-selected": "false",
      tabindex: "-1", onclick: () => openTab(one)}, one.title);
    one.panel = html("section", {role: "tabpanel", id: "panel-" + one.id, class: "panel", "aria-labelledby": "tab-" + one.id, hidden: true});
    list.append(one.tab);
    main.append(one.panel);
  }
  list.addEventListener("keydown", event => {
    const place = PARTS.findIndex(one => one.tab === document.activeElement);
    const next = {ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: PARTS.length - 1}[event.key];
    if (next !== undefined) {
      openTab(PARTS[(next + PARTS.length) % PARTS.length]);
      PARTS[(next + PARTS.length) % PARTS.length].tab.focus();
      event.preventDefault();
    }
  });
  addEventListener("hashchange", () => openTab(named(location.hash.slice(1)) ?? PARTS[0]));
  openTab(named(location.hash.slice(1)) ?? named(report.opens) ?? PARTS[0]);
}

function named(id) {
  return PARTS.find(one => one.id === id);
}

function openTab(wanted) {
  for (const one of PARTS) {
    const isOpen = one === wanted;
    one.tab.setAttribute("aria-selected", String(isOpen));
    one.tab.setAttribute("tabindex", isOpen ? "0" : "-1");
    one.panel.hidden = !isOpen;
  }
  document.body.dataset.open = wanted.id;
  if (wanted.panel.childElementCount === 0) {
    wanted.show(wanted.panel);
  }
  if (location.hash.slice(1) !== wanted.id) {
    history.replaceState(null, "", "#" + wanted.id);
  }
}

/** Says what is missing and how to get it. */
function absent(what, ...how) {
  return html("div", {class: "empty"}, html("p", {}, what), html("p", {}, ...how));
}

function command(text) {
  return html("code", {}, text);
}

// ---- summary

function showSummary(panel) {
  const grouped = new Map();
  report.facts.forEach(fact => grouped.set(fact.label, [...(grouped.get(fact.label) ?? []), factText(fact)]));
  const numbers = report.facts.filter(fact => fact.unit !== undefined && fact.headline);
  panel.append(
    html("div", {class: "cards"}, ...numbers.map(fact =>
      html("div", {class: "card"}, html("span", {class: "label"}, fact.label), html("strong", {}, factText(fact)),
        html("span", {class: "note"}, fact.note ?? "")))),
    html("div", {class: "columns"},
      html("section", {}, html("h2", {}, "Model"), facts([...grouped].filter(([label]) => !numbers.some(fact => fact.label === label))
        .map(([label, texts]) => [label, html("span", {}, ...texts.flatMap((text, i) => i === 0 ? [text] : [html("br"), text]))]))),
      html("section", {}, html("h2", {}, report.stages.length < 2 ? "Operators" : "Operators before and after"), operatorTable())));
}

function factText(fact) {
  return fact.text ?? quantity(fact.value, fact.unit);
}

function operatorTable() {
  const counts = report.stages.map(stage => {
    const found = new Map();
    stage.nodes.forEach(node => found.set(node.operator, (found.get(node.operator) ?? 0) + 1));
    return found;
  });
  const operators = [...new Set(counts.flatMap(found => [...found.keys()]))].sort();
  const row = (label, values, head) => html("tr", {class: head ?? ""}, html("th", {scope: "row", title: label}, label),
    ...values.map(value => html("td", {class: "number"}, value === 0 ? "–" : String(value))));
  return html("div", {class: "scroll", tabindex: "0", role: "region", "aria-label": "Operators of each stage"},
    html("table", {}, html("thead", {}, html("tr", {}, html("th", {scope: "col"}, "Operator"),
      ...report.stages.map(stage => html("th", {scope: "col", class: "number"}, stage.title)))),
    html("tbody", {}, row("all nodes", report.stages.map(stage => stage.nodes.length), "total"),
      ...operators.map(operator => row(operator, counts.map(found => found.get(operator) ?? 0))))));
}

// ---- graph

const graphs = {panes: [], colouring: "kind", query: ""};

function showGraph(panel) {
  graphs.host = html("div", {class: "panes"});
  graphs.details = html("aside", {class: "details", "aria-label": "Details of the selected node"});
  graphs.legend = html("div");
  panel.append(graphToolbar(), html("div", {class: "graph-body"},
    html("div", {class: "drawing"}, graphs.host, graphs.legend), graphs.details));
  const [colouring, first] = ["error", "time"]
    .map(known => [known, report.stages.findIndex(stage => canColour(stage, known))])
    .find(([, stage]) => stage >= 0) ?? ["kind", 0];
  graphs.colouring = colouring;
  graphs.colours.value = colouring;
  showPanes([first]);
  document.addEventListener("keydown", event => {
    if (event.key === "/" && !panel.hidden && !event.target.matches("input, select")) {
      graphs.search.focus();
      event.preventDefault();
    }
  });
}

function graphToolbar() {
  graphs.search = html("input", {type: "search", id: "search", placeholder: "Search ( / )", "aria-label": "Search nodes by name, operator, shape or tensor",
    oninput: () => searchGraphs(graphs.search.value),
    onkeydown: event => {
      if (event.key === "Enter") {
        graphs.panes.forEach(pane => pane.view.goToMatch(event.shiftKey ? -1 : 1));
        event.preventDefault();
      } else if (event.key === "Escape") {
        graphs.search.value = "";
        searchGraphs("");
      }
    }});
  graphs.found = html("span", {class: "note", role: "status"});
  graphs.colours = html("select", {id: "colouring", onchange: () => colourGraphs(graphs.colours.value)},
    ...Object.entries(COLOURINGS).map(([id, colouring]) => {
      const isKnown = report.stages.some(stage => canColour(stage, id));
      return html("option", {value: id, disabled: !isKnown}, colouring.title + (isKnown ? "" : " (not measured)"));
    }));
  graphs.blocks = html("button", {type: "button", id: "collapse", onclick: toggleBlocks}, "Collapse repeated blocks");
  graphs.compare = html("button", {type: "button", id: "compare", "aria-pressed": "false", onclick: toggleCompare}, "Side by side");
  const zoom = (label, text, action) => html("button", {type: "button", "aria-label": label, title: label,
    onclick: () => graphs.panes.forEach(action)}, text);
  return html("div", {class: "toolbar"},
    graphs.search, graphs.found,
    html("label", {class: "field"}, "Colour", graphs.colours),
    graphs.blocks,
    report.stages.length < 2 ? null : graphs.compare,
    html("span", {class: "group"}, zoom("Zoom out", "−", pane => pane.view.zoom(0.8)), zoom("Zoom in", "+", pane => pane.view.zoom(1.25)),
      zoom("Show the whole graph", "Fit", pane => pane.view.fit())));
}

function showPanes(indices) {
  graphs.panes = indices.map(makePane);
  graphs.host.replaceChildren(...graphs.panes.map(pane => pane.element));
  graphs.panes.forEach(pane => pane.view.begin());
  showSelection(graphs.panes[0], undefined);
  colourGraphs(graphs.colouring);
  searchGraphs(graphs.query);
  graphs.blocks.disabled = !graphs.panes.some(pane => pane.stage.blocks.length > 0);
  graphs.blocks.setAttribute("aria-pressed", String(graphs.panes.some(pane => pane.view.collapsed.size > 0)));
}

function makePane(index) {
  const pane = {index, stage: report.stages[index]};
  pane.view = new GraphView(pane.stage, (view, item) => showSelection(pane, item));
  const choice = html("select", {"aria-label": "Stage of the model", onchange: () =>
    showPanes(graphs.panes.map(one => one === pane ? Number(choice.value) : one.index))},
  ...report.stages.map((stage, i) => html("option", {value: i, selected: i === index}, stage.title)));
  pane.element = html("div", {class: "pane"},
    html("div", {class: "pane-title"}, choice,
      html("span", {class: "note"}, plural(pane.stage.nodes.length, "node", "nodes") + " · " + pane.stage.note)),
    pane.view.element);
  return pane;
}

function searchGraphs(query) {
  graphs.query = query;
  const counts = graphs.panes.map(pane => pane.view.search(query));
  graphs.found.textContent = counts[0] === undefined ? ""
    : counts.map(count => plural(count, "match", "matches")).join(" | ") + (counts.some(count => count > 0) ? ", Enter goes on" : "");
}

function colourGraphs(colouring) {
  graphs.colouring = colouring;
  graphs.panes.forEach(pane => pane.view.setColouring(canColour(pane.stage, colouring) ? colouring : "kind"));
  const shown = graphs.panes.find(pane => pane.view.colouring === colouring) ?? graphs.panes[0];
  graphs.legend.replaceChildren(legend(shown.stage, shown.view.colouring, shown.view.most));
}

function toggleBlocks() {
  const collapse = graphs.blocks.getAttribute("aria-pressed") !== "true";
  graphs.blocks.setAttribute("aria-pressed", String(collapse));
  graphs.panes.forEach(pane => pane.view.setCollapsed(collapse ? occurrences(pane.stage).map(one => one.id) : []));
  searchGraphs(graphs.query);
}

function toggleCompare() {
  const compare = graphs.panes.length === 1;
  graphs.compare.setAttribute("aria-pressed", String(compare));
  showPanes(compare ? [0, lastStage] : [graphs.panes[1].index]);
}

function showSelection(pane, item) {
  const actions = {
    toggle: occurrence => {
      pane.view.toggle(occurrence);
      searchGraphs(graphs.query);
    },
    go: (stage, node) => {
      if (!graphs.panes.some(one => one.index === stage)) {
        showPanes(graphs.panes.map(one => one === pane ? stage : one.index));
      }
      graphs.panes.find(one => one.index === stage).view.goToNode(node);
    },
  };
  graphs.details.replaceChildren(...(item === undefined ? [hints(pane.stage)] : details(report, pane.index, item, actions)));
  graphs.details.scrollTop = 0;
  const names = item === undefined ? [] : item.nodes.map(node => pane.stage.nodes[node].name);
  graphs.panes.filter(other => other !== pane).forEach(other =>
    other.view.mark(names.flatMap(name => counterparts(other.stage, name))));
}

function hints(stage) {
  const keys = [["↑ ↓", "along an edge"], ["← →", "along a rank"], ["Enter", "details"], ["Space", "collapse or expand a block"],
    ["/", "search"], ["+ − 0", "zoom, whole graph"], ["Esc", "nothing selected"]];
  const blocks = stage.blocks.map((block, kind) =>
    [plural(block.starts.length, "time", "times"), "block " + blockLetter(kind) + ", " + plural(block.length, "node", "nodes")]);
  return html("div", {}, html("p", {class: "note"}, "Choose a node to see its attributes, shapes and weights."),
    part("Keys", facts(keys)), blocks.length === 0 ? null : part("Repeated blocks", facts(blocks)));
}

function openNode(stage, node) {
  openTab(named("graph"));
  if (!graphs.panes.some(pane => pane.index === stage)) {
    showPanes([stage]);
    graphs.compare.setAttribute("aria-pressed", "false");
  }
  const {view} = graphs.panes.find(pane => pane.index === stage);
  view.goToNode(node);
  view.items[view.current].element.focus({preventScroll: true});
}

// ---- other parts

function measuredStage() {
  const found = report.stages.findIndex(stage => canColour(stage, "time"));
  return found < 0 ? lastStage : found;
}

function showLayers(panel) {
  const host = html("div");
  const show = index => host.replaceChildren(new LayerTable(report.stages[index], node => openNode(index, node)).element);
  const choice = html("select", {onchange: () => show(Number(choice.value))},
    ...report.stages.map((stage, i) => html("option", {value: i, selected: i === measuredStage()}, stage.title)));
  panel.append(html("div", {class: "toolbar"}, html("label", {class: "field"}, "Stage", choice)));
  if (!canColour(report.stages[measuredStage()], "time")) {
    panel.append(html("p", {class: "note"}, "Times are not measured: ", command("slipway profile MODEL --report FILE.html"), " adds them."));
  }
  panel.append(host);
  show(measuredStage());
}

function showRoofline(panel) {
  if (report.roofline === undefined) {
    panel.append(absent("The peaks of the machine and the times of the layers were not measured.",
      command("slipway profile MODEL --report FILE.html"), " measures both."));
    return;
  }
  panel.append(html("h2", {}, "Roofline"), rooflinePlot(report.roofline, report.stages[measuredStage()], node => openNode(measuredStage(), node)));
}

function showLatency(panel) {
  if (report.latencies.length === 0) {
    panel.append(absent("The model was not run.", command("slipway profile MODEL --report FILE.html"), " runs it and shows how long each run took."));
    return;
  }
  panel.append(html("h2", {}, "Latency"), latencyPlot(report.latencies));
}

function showMemory(panel) {
  if (report.memory === undefined) {
    panel.append(absent("Memory is planned when a model is built for known shapes.",
      "Show a plan (", command("slipway build MODEL -o FILE.plan"), ") or a profile (", command("slipway profile MODEL --report FILE.html"), ")."));
    return;
  }
  panel.append(html("h2", {}, "Memory over a run"), memoryPlot(report.memory));
}

document.getElementById("lead").textContent = report.lead;
makeTabs();
