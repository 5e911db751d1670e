// Layered drawing of directed acyclic graphs: Sugiyama, Tagawa and Toda, "Methods for Visual Understanding of
// Hierarchical System Structures", 1981. Vertices are numbers; bends are vertices of no size that long edges pass.

const SWEEPS = 12;
const RANK_GAP = 34;

/**
 * Places vertices of these sizes ({width, height}).
 *
 * @param edges pairs [from, to]; a vertex may read another one several times
 * @returns {{vertices: {x, y, rank}[], paths: {from, to, points}[], layers: number[][], width, height}} centres, in pixels
 */
function layoutGraph(sizes, edges) {
  const unique = withoutDuplicates(edges);
  const ranks = rank(sizes.length, unique);
  const proper = bend(sizes.length, unique, ranks);
  order(proper);
  const widths = proper.ranks.map((_, vertex) => vertex < sizes.length ? sizes[vertex].width : 0);
  const x = coordinates(proper, widths, sizes.length);
  return draw(proper, sizes, x);
}

function withoutDuplicates(edges) {
  const seen = new Set();
  return edges.filter(([from, to]) => {
    const key = from + ">" + to;
    return from !== to && !seen.has(key) && seen.add(key);
  });
}

function adjacency(count, edges) {
  const above = Array.from({length: count}, () => []);
  const below = Array.from({length: count}, () => []);
  for (const [from, to] of edges) {
    above[to].push(from);
    below[from].push(to);
  }
  return {above, below};
}

function topologicalOrder(count, {above, below}) {
  const waiting = above.map(vertices => vertices.length);
  const sorted = [];
  for (let vertex = 0; vertex < count; vertex++) {
    if (waiting[vertex] === 0) {
      sorted.push(vertex);
    }
  }
  for (let i = 0; i < sorted.length; i++) {
    for (const next of below[sorted[i]]) {
      if (--waiting[next] === 0) {
        sorted.push(next);
      }
    }
  }
  return sorted;
}

/** Longest path from a source; then sources, and what only has them above it, move down to what reads them. */
function rank(count, edges) {
  const graph = adjacency(count, edges);
  const sorted = topologicalOrder(count, graph);
  const ranks = new Array(count).fill(0);
  for (const vertex of sorted) {
    for (const next of graph.below[vertex]) {
      ranks[next] = Math.max(ranks[next], ranks[vertex] + 1);
    }
  }
  for (const vertex of sorted.reverse()) {
    const {above, below} = {above: graph.above[vertex], below: graph.below[vertex]};
    if (below.length > above.length && below.length > 0) {
      ranks[vertex] = Math.max(ranks[vertex], Math.min(...below.map(next => ranks[next])) - 1);
    }
  }
  return ranks;
}

/** Makes edges between neighbouring ranks only. All long edges of one source share their bends. */
function bend(count, edges, ranks) {
  const proper = {count, ranks: [...ranks], edges: [], routes: []};
  const {below} = adjacency(count, edges);
  for (let from = 0; from < count; from++) {
    const chain = [from];
    const targets = [...below[from]].sort((a, b) => ranks[a] - ranks[b]);
    for (const to of targets) {
      while (ranks[from] + chain.length < ranks[to]) {
        const vertex = proper.ranks.length;
        proper.ranks.push(ranks[from] + chain.length);
        proper.edges.push([chain[chain.length - 1], vertex]);
        chain.push(vertex);
      }
      proper.edges.push([chain[ranks[to] - ranks[from] - 1], to]);
      proper.routes.push([...chain.slice(0, ranks[to] - ranks[from]), to]);
    }
  }
  Object.assign(proper, adjacency(proper.ranks.length, proper.edges));
  return proper;
}

/** Fills proper.layers such that few edges cross. */
function order(proper) {
  proper.layers = initialLayers(proper);
  let best = proper.layers.map(layer => [...layer]);
  let fewest = crossings(proper, best);
  for (let sweep = 0, idle = 0; sweep < SWEEPS && fewest > 0 && idle < 4; sweep++) {
    sortByMedians(proper, sweep % 2 === 0);
    exchangeNeighbours(proper);
    const count = crossings(proper, proper.layers);
    idle = count < fewest ? 0 : idle + 1;
    if (count < fewest) {
      fewest = count;
      best = proper.layers.map(layer => [...layer]);
    }
  }
  proper.layers = best;
}

function initialLayers(proper) {
  const layers = Array.from({length: proper.ranks.reduce((most, rank) => Math.max(most, rank), -1) + 1}, () => []);
  const seen = new Uint8Array(proper.ranks.length);
  const roots = proper.ranks.map((_, vertex) => vertex).filter(vertex => proper.above[vertex].length === 0);
  for (const root of roots) {
    const stack = [root];
    while (stack.length > 0) {
      const vertex = stack.pop();
      if (!seen[vertex]) {
        seen[vertex] = 1;
        layers[proper.ranks[vertex]].push(vertex);
        stack.push(...[...proper.below[vertex]].reverse());
      }
    }
  }
  return layers;
}

function positions(proper, layers) {
  const places = new Int32Array(proper.ranks.length);
  layers.forEach(layer => layer.forEach((vertex, place) => places[vertex] = place));
  return places;
}

function sortByMedians(proper, downwards) {
  const places = positions(proper, proper.layers);
  const ranks = proper.layers.map((_, rank) => rank);
  for (const rank of downwards ? ranks : ranks.reverse()) {
    const layer = proper.layers[rank];
    const medians = new Map(layer.map((vertex, place) => {
      const near = (downwards ? proper.above : proper.below)[vertex];
      return [vertex, near.length === 0 ? place : median(near.map(other => places[other]).sort((a, b) => a - b))];
    }));
    layer.sort((a, b) => medians.get(a) - medians.get(b) || places[a] - places[b]);
    layer.forEach((vertex, place) => places[vertex] = place);
  }
}

/** Weighted by how close the others lie: Gansner and others, "A Technique for Drawing Directed Graphs", 1993. */
function median(places) {
  const middle = places.length >> 1;
  if (places.length % 2 === 1) {
    return places[middle];
  }
  if (places.length === 2) {
    return (places[0] + places[1]) / 2;
  }
  const left = places[middle - 1] - places[0];
  const right = places[places.length - 1] - places[middle];
  return left + right === 0 ? places[middle]
    : (places[middle - 1] * right + places[middle] * left) / (left + right);
}

function exchangeNeighbours(proper) {
  const places = positions(proper, proper.layers);
  for (const layer of proper.layers) {
    for (let place = 0; place + 1 < layer.length; place++) {
      const [left, right] = [layer[place], layer[place + 1]];
      if (crossingsOf(proper, places, left, right) > crossingsOf(proper, places, right, left)) {
        layer[place] = right;
        layer[place + 1] = left;
        places[right] = place;
        places[left] = place + 1;
      }
    }
  }
}

/** Crossings of the edges of two vertices of a rank, where the first lies to the left. */
function crossingsOf(proper, places, left, right) {
  let count = 0;
  for (const side of [proper.above, proper.below]) {
    for (const a of side[left]) {
      for (const b of side[right]) {
        count += places[a] > places[b] ? 1 : 0;
      }
    }
  }
  return count;
}

/** Inversions between neighbouring layers, by a Fenwick tree: Barth, Mutzel and Jünger, 2004. */
function crossings(proper, layers) {
  const places = positions(proper, layers);
  let count = 0;
  for (let rank = 0; rank + 1 < layers.length; rank++) {
    const tree = new Int32Array(layers[rank + 1].length + 1);
    let all = 0;
    for (const vertex of layers[rank]) {
      const ends = proper.below[vertex].map(next => places[next]).sort((a, b) => a - b);
      for (const end of ends) {
        let upTo = 0;
        for (let i = end + 1; i > 0; i -= i & -i) {
          upTo += tree[i];
        }
        count += all - upTo;
      }
      for (const end of ends) {
        all++;
        for (let i = end + 1; i < tree.length; i += i & -i) {
          tree[i]++;
        }
      }
    }
  }
  return count;
}

function draw(proper, sizes, x) {
  const heights = proper.layers.map(layer =>
    layer.reduce((most, vertex) => Math.max(most, vertex < sizes.length ? sizes[vertex].height : 0), 0));
  const middles = [];
  let y = 0;
  heights.forEach((height, rank) => {
    middles[rank] = y + height / 2;
    y += height + RANK_GAP;
  });
  let left = Infinity;
  let right = -Infinity;
  sizes.forEach((size, vertex) => {
    left = Math.min(left, x[vertex] - size.width / 2);
    right = Math.max(right, x[vertex] + size.width / 2);
  });
  for (let vertex = sizes.length; vertex < x.length; vertex++) {
    left = Math.min(left, x[vertex]);
    right = Math.max(right, x[vertex]);
  }
  const vertices = sizes.map((_, vertex) => ({
    x: x[vertex] - left,
    y: middles[proper.ranks[vertex]],
    rank: proper.ranks[vertex],
  }));
  const paths = proper.routes.map(route => {
    const [from, to] = [route[0], route[route.length - 1]];
    const points = [[x[from] - left, vertices[from].y + sizes[from].height / 2]];
    for (const vertex of route.slice(1, -1)) {
      const rank = proper.ranks[vertex];
      points.push([x[vertex] - left, middles[rank] - heights[rank] / 2]);
      points.push([x[vertex] - left, middles[rank] + heights[rank] / 2]);
    }
    points.push([x[to] - left, vertices[to].y - sizes[to].height / 2]);
    return {from, to, points};
  });
  const layers = proper.layers.map(layer => layer.filter(vertex => vertex < sizes.length));
  return {vertices, paths, layers, width: sizes.length === 0 ? 0 : right - left, height: Math.max(0, y - RANK_GAP)};
}
