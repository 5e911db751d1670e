// Horizontal coordinates after Brandes and Köpf, "Fast and Simple Horizontal Coordinate Assignment", 2001: four
// extreme alignments of each vertex with a median neighbour, and the mean of the two middle ones.

const VERTEX_GAP = 22;
const BEND_GAP = 14;

/** The x of every vertex; those from `real` on are bends. */
function coordinates(proper, widths, real) {
  const conflicts = crossedBends(proper, real);
  const alignments = [];
  for (const isUp of [true, false]) {
    for (const isLeft of [true, false]) {
      const layers = isLeft ? proper.layers : proper.layers.map(layer => [...layer].reverse());
      const neighbours = isUp ? proper.above : proper.below;
      const ranks = isUp ? layers : [...layers].reverse();
      const x = compact(layers, widths, real, align(ranks, neighbours, positions(proper, layers), conflicts));
      alignments.push(isLeft ? x : x.map(value => -value));
    }
  }
  return balance(alignments, widths);
}

/** Edges that cross a segment between two bends: they give way, so that long edges are straight. */
function crossedBends(proper, real) {
  const places = positions(proper, proper.layers);
  const conflicts = new Set();
  for (let rank = 1; rank < proper.layers.length; rank++) {
    const layer = proper.layers[rank];
    const last = proper.layers[rank - 1].length - 1;
    let from = 0;
    let scanned = 0;
    layer.forEach((vertex, place) => {
      const upper = vertex >= real ? proper.above[vertex].find(other => other >= real) : undefined;
      if (upper === undefined && place !== layer.length - 1) {
        return;
      }
      const to = upper === undefined ? last : places[upper];
      for (; scanned <= place; scanned++) {
        for (const other of proper.above[layer[scanned]]) {
          const isInner = other >= real && layer[scanned] >= real;
          if ((places[other] < from || places[other] > to) && !isInner) {
            conflicts.add(other + ">" + layer[scanned]);
          }
        }
      }
      from = to;
    });
  }
  return conflicts;
}

function align(ranks, neighbours, places, conflicts) {
  const roots = places.map((_, vertex) => vertex);
  const next = places.map((_, vertex) => vertex);
  for (const layer of ranks) {
    let reached = -1;
    for (const vertex of layer) {
      const near = [...neighbours[vertex]].sort((a, b) => places[a] - places[b]);
      const middle = (near.length - 1) / 2;
      for (let i = Math.floor(middle); i <= Math.ceil(middle) && near.length > 0; i++) {
        const other = near[i];
        const isFree = next[vertex] === vertex && reached < places[other];
        if (isFree && !conflicts.has(other + ">" + vertex) && !conflicts.has(vertex + ">" + other)) {
          next[other] = vertex;
          roots[vertex] = roots[other];
          next[vertex] = roots[vertex];
          reached = places[other];
        }
      }
    }
  }
  return roots;
}

/** Places the aligned blocks as far to the left as they go, then each as far to the right as its neighbours let it. */
function compact(layers, widths, real, roots) {
  const before = new Map();
  const after = new Map();
  const blocks = new Set(roots);
  blocks.forEach(block => {
    before.set(block, new Map());
    after.set(block, new Map());
  });
  for (const layer of layers) {
    for (let place = 1; place < layer.length; place++) {
      const [a, b] = [layer[place - 1], layer[place]];
      const gap = a >= real || b >= real ? BEND_GAP : VERTEX_GAP;
      const distance = Math.max((widths[a] + widths[b]) / 2 + gap, before.get(roots[b]).get(roots[a]) ?? 0);
      before.get(roots[b]).set(roots[a], distance);
      after.get(roots[a]).set(roots[b], distance);
    }
  }
  const sorted = blockOrder(blocks, before);
  const x = new Map();
  for (const block of sorted) {
    let least = 0;
    before.get(block).forEach((distance, other) => least = Math.max(least, x.get(other) + distance));
    x.set(block, least);
  }
  for (const block of sorted.reverse()) {
    let most = Infinity;
    after.get(block).forEach((distance, other) => most = Math.min(most, x.get(other) - distance));
    if (most !== Infinity) {
      x.set(block, Math.max(x.get(block), most));
    }
  }
  return Array.from(roots, root => x.get(root));
}

function blockOrder(blocks, before) {
  const sorted = [];
  const seen = new Set();
  for (const first of blocks) {
    const stack = [[first, false]];
    while (stack.length > 0) {
      const [block, isDone] = stack.pop();
      if (isDone) {
        sorted.push(block);
      } else if (!seen.has(block)) {
        seen.add(block);
        stack.push([block, true]);
        before.get(block).forEach((_, other) => stack.push([other, false]));
      }
    }
  }
  return sorted;
}

/** Moves the alignments to the narrowest one, left ones by their left ends, right ones by their right ends. */
function balance(alignments, widths) {
  const extents = alignments.map(x => {
    let [low, high] = [Infinity, -Infinity];
    x.forEach((value, vertex) => {
      low = Math.min(low, value - widths[vertex] / 2);
      high = Math.max(high, value + widths[vertex] / 2);
    });
    return [low, high];
  });
  const narrowest = extents.reduce((best, extent) => extent[1] - extent[0] < best[1] - best[0] ? extent : best);
  const shifts = extents.map(([low, high], i) => i % 2 === 0 ? narrowest[0] - low : narrowest[1] - high);
  return alignments[0].map((_, vertex) => {
    const four = alignments.map((x, i) => x[vertex] + shifts[i]).sort((a, b) => a - b);
    return (four[1] + four[2]) / 2;
  });
}
