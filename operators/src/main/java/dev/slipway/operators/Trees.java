package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Decision trees as the attributes of {@link TreeEnsemble} encode them. */
final class Trees {
  private static final int MEMBER = 6;
  private static final int MOST_TARGETS = 1 << 24;

  private final Attributes attributes;
  private final long[] roots;
  private final long[] features;
  private final long[] modes;
  private final double[] splits;
  private final long[][] branches;
  private final long[][] leaves;
  private final long[] missingTracksTrue;
  private final double[] weights;
  private final long[] targetIds;
  private final Map<Integer, Set<Double>> members = new HashMap<>();
  private final int targets;

  Trees(Attributes attributes) {
    this.attributes = attributes;
    this.roots = longs("tree_roots");
    this.features = longs("nodes_featureids");
    this.modes = attributes.tensor("nodes_modes").toLongs();
    this.splits = attributes.tensor("nodes_splits").toDoubles();
    this.branches = new long[][] {longs("nodes_falsenodeids"), longs("nodes_truenodeids")};
    this.leaves = new long[][] {longs("nodes_falseleafs"), longs("nodes_trueleafs")};
    this.missingTracksTrue = attributes.has("nodes_missing_value_tracks_true")
        ? longs("nodes_missing_value_tracks_true")
        : new long[features.length];
    this.weights = attributes.tensor("leaf_weights").toDoubles();
    this.targetIds = longs("leaf_targetids");
    long count = attributes.integer("n_targets", Arrays.stream(targetIds).max().orElse(-1) + 1);
    require(count >= 1 && count <= MOST_TARGETS, "attribute n_targets", count, "1 to " + MOST_TARGETS);
    this.targets = (int) count;
    readMembers();
  }

  private long[] longs(String name) {
    return attributes.integers(name).stream().mapToLong(Long::longValue).toArray();
  }

  /** The sets of the nodes that test membership, in the order of the nodes, each ended by NaN. */
  private void readMembers() {
    double[] values =
        attributes.find("membership_values", Tensor.class).map(Tensor::toDoubles).orElseGet(() -> new double[0]);
    int next = 0;
    for (int node = 0; node < modes.length; node++) {
      if (modes[node] == MEMBER) {
        Set<Double> set = new HashSet<>();
        while (next < values.length && !Double.isNaN(values[next])) {
          set.add(values[next++] + 0.0);
        }
        next++;
        members.put(node, set);
      }
    }
  }

  /** Refuses indices that lead out of the arrays, cycles, and unknown codes. */
  void check() {
    int nodes = features.length;
    for (int length : new int[] {modes.length, splits.length, branches[0].length, branches[1].length,
        leaves[0].length, leaves[1].length, missingTracksTrue.length}) {
      require(length == nodes, "nodes_* attributes", length, "one length, " + nodes);
    }
    require(weights.length == targetIds.length, "attribute leaf_weights", weights.length, "" + targetIds.length);
    for (long target : targetIds) {
      require(target >= 0 && target < targets, "attribute leaf_targetids", target, "0 to " + (targets - 1));
    }
    long aggregate = attributes.integer("aggregate_function", 1);
    require(aggregate >= 0 && aggregate <= 3, "attribute aggregate_function", aggregate, "0 to 3");
    long transform = attributes.integer("post_transform", 0);
    require(transform >= 0 && transform <= 4, "attribute post_transform", transform, "0 to 4");
    for (int node = 0; node < nodes; node++) {
      require(modes[node] >= 0 && modes[node] <= MEMBER, "attribute nodes_modes", modes[node], "0 to 6");
      require(features[node] >= 0, "attribute nodes_featureids", features[node], ">= 0");
      for (int branch = 0; branch < 2; branch++) {
        long to = branches[branch][node];
        int end = leaves[branch][node] != 0 ? weights.length : nodes;
        require(to >= 0 && to < end, "branch of node " + node, to, "0 to " + (end - 1));
      }
    }
    BitSet done = new BitSet(nodes);
    for (long root : roots) {
      require(root >= 0 && root < nodes, "attribute tree_roots", root, "0 to " + (nodes - 1));
      requireAcyclic((int) root, new BitSet(nodes), done);
    }
  }

  private void requireAcyclic(int root, BitSet above, BitSet done) {
    Deque<Integer> path = new ArrayDeque<>();
    path.push(root);
    while (!path.isEmpty()) {
      int node = path.peek();
      if (done.get(node) || above.get(node)) {
        done.set(node);
        above.clear(node);
        path.pop();
        continue;
      }
      above.set(node);
      for (int branch = 0; branch < 2; branch++) {
        int to = (int) branches[branch][node];
        if (leaves[branch][node] == 0) {
          require(!above.get(to), "branch of node " + node, to, "a node that is not above it");
          path.push(to);
        }
      }
    }
  }

  private static void require(boolean holds, String what, long value, String expected) {
    if (!holds) {
      throw new InvalidGraphException(what + ": " + value + " (expected: " + expected + ")");
    }
  }

  /** Features that the nodes read. */
  long features() {
    return Arrays.stream(features).max().orElse(-1) + 1;
  }

  int targets() {
    return targets;
  }

  /** The scores of the targets for one row of features. */
  double[] scores(double[] row) {
    int aggregate = (int) attributes.integer("aggregate_function", 1);
    double[] scores = new double[targets];
    boolean[] reached = new boolean[targets];
    for (long root : roots) {
      int leaf = leaf((int) root, row);
      int target = (int) targetIds[leaf];
      double weight = weights[leaf];
      scores[target] = switch (aggregate) {
        case 0 -> scores[target] + weight / roots.length;
        case 1 -> scores[target] + weight;
        case 2 -> reached[target] ? Math.min(scores[target], weight) : weight;
        default -> reached[target] ? Math.max(scores[target], weight) : weight;
      };
      reached[target] = true;
    }
    return transform(scores);
  }

  private int leaf(int root, double[] row) {
    int node = root;
    while (true) {
      int branch = holds(node, row[(int) features[node]]) ? 1 : 0;
      int to = (int) branches[branch][node];
      if (leaves[branch][node] != 0) {
        return to;
      }
      node = to;
    }
  }

  private boolean holds(int node, double x) {
    if (Double.isNaN(x) && missingTracksTrue[node] != 0) {
      return true;
    }
    double split = splits[node];
    return switch ((int) modes[node]) {
      case 0 -> x <= split;
      case 1 -> x < split;
      case 2 -> x >= split;
      case 3 -> x > split;
      case 4 -> x == split;
      case 5 -> x != split;
      default -> members.get(node).contains(x + 0.0);
    };
  }

  private double[] transform(double[] scores) {
    return switch ((int) attributes.integer("post_transform", 0)) {
      case 1 -> new Softmax(-1).transform(scores);
      case 2 -> Arrays.stream(scores).map(x -> 1 / (1 + Math.exp(-x))).toArray();
      case 3 -> softmaxOfNonZero(scores);
      case 4 -> Arrays.stream(scores).map(Special::probit).toArray();
      default -> scores;
    };
  }

  /** Zeros stay and do not count. */
  private static double[] softmaxOfNonZero(double[] scores) {
    double max = Arrays.stream(scores).max().orElse(0);
    double sum = Arrays.stream(scores).filter(x -> x != 0).map(x -> Math.exp(x - max)).sum();
    return Arrays.stream(scores).map(x -> x == 0 ? 0 : Math.exp(x - max) / sum).toArray();
  }
}
