// What of a stage is drawn: its nodes, inputs and outputs, and repeated blocks as one item each where they are collapsed.

/** All occurrences of repeated blocks: {id, kind, number, count, start, length}. */
function occurrences(stage) {
  return stage.blocks.flatMap((block, kind) => block.starts.map((start, i) =>
    ({id: "b" + kind + "-" + i, kind, number: i + 1, count: block.starts.length, start, length: block.length})));
}

function blockLetter(kind) {
  return String.fromCharCode(65 + kind);
}

/** The path that all nodes of an occurrence have in common, where no other occurrence has it; else the block's letter. */
function blockTitle(stage, occurrence) {
  stage.blockPaths ??= new Map(occurrences(stage).map(one => [one.id, commonPath(stage, one)]));
  const path = stage.blockPaths.get(occurrence.id);
  const isUnique = [...stage.blockPaths.values()].filter(other => other === path).length === 1;
  return path !== "" && isUnique ? path : "Block " + blockLetter(occurrence.kind);
}

function commonPath(stage, {start, length}) {
  const paths = stage.nodes.slice(start, start + length).map(node => node.name.split("/").slice(0, -1));
  let depth = 0;
  while (paths.every(path => depth < path.length && path[depth] === paths[0][depth])) {
    depth++;
  }
  return paths[0].slice(0, depth).filter(name => name !== "").join("/");
}

/**
 * @param collapsed ids of the occurrences that are drawn as one
 * @returns {{items, edges, itemOf}} edges between positions of items; itemOf gives the item of each node
 */
function visibleGraph(stage, collapsed) {
  const items = [];
  const itemOf = new Array(stage.nodes.length);
  const inputItem = new Map();
  stage.inputs.forEach((tensor, i) => {
    inputItem.set(tensor, items.length);
    items.push({type: "input", id: "i" + i, label: stage.tensors[tensor].name, tensor, nodes: []});
  });
  const folded = new Map(occurrences(stage).filter(one => collapsed.has(one.id)).map(one => [one.start, one]));
  for (let node = 0; node < stage.nodes.length;) {
    const block = folded.get(node);
    const length = block === undefined ? 1 : block.length;
    const nodes = Array.from({length}, (_, i) => node + i);
    nodes.forEach(inner => itemOf[inner] = items.length);
    items.push(block === undefined
      ? {type: "node", id: "n" + node, label: stage.nodes[node].operator, nodes}
      : {type: "block", id: block.id, label: blockTitle(stage, block), block, nodes});
    node += length;
  }
  const edges = edgesBetween(stage, itemOf, inputItem);
  Object.entries(stage.outputs).forEach(([name, tensor], i) => {
    const source = sourceOf(stage, tensor, itemOf, inputItem);
    if (source !== undefined) {
      edges.push([source, items.length]);
    }
    items.push({type: "output", id: "o" + i, label: name, tensor, nodes: []});
  });
  return {items, edges, itemOf};
}

function sourceOf(stage, tensor, itemOf, inputItem) {
  const producer = stage.tensors[tensor].producer;
  return producer >= 0 ? itemOf[producer] : inputItem.get(tensor);
}

function edgesBetween(stage, itemOf, inputItem) {
  const edges = [];
  stage.nodes.forEach((node, index) => {
    for (const input of node.inputs) {
      const source = sourceOf(stage, input.tensor, itemOf, inputItem);
      if (source !== undefined && source !== itemOf[index]) {
        edges.push([source, itemOf[index]]);
      }
    }
  });
  return edges;
}

/** Finds the nodes of one stage in another: names of replaced nodes are joined by +. */
function counterparts(stage, name) {
  if (stage.byPart === undefined) {
    stage.byPart = new Map();
    stage.nodes.forEach((node, index) => node.name.split("+").forEach(part => {
      stage.byPart.set(part, [...(stage.byPart.get(part) ?? []), index]);
    }));
  }
  return [...new Set(name.split("+").flatMap(part => stage.byPart.get(part) ?? []))];
}
