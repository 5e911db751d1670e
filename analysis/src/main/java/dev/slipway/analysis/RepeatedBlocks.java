package dev.slipway.analysis;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Finds parts of a graph that occur several times, as the layers of a transformer do: runs of neighbours in topological
 * order with the same operators, attributes and inner edges, which the rest of the graph reads through one value.
 * Such a run can be drawn as one node, and the graph stays free of cycles.
 */
final class RepeatedBlocks {
  private static final int MIN_LENGTH = 4;
  private static final int MAX_LENGTH = 400;
  private static final int MOST_KINDS = 8;
  private static final int MOST_INPUTS = 4;

  private final Graph graph;
  private final int nodes;
  private final long[] labels;
  /** For each node the positions of the nodes that it reads, -1 for what is no node's output. */
  private final int[][] sources;
  /** For each node, the position of its last reader; beyond all nodes for what is an output of the graph. */
  private final int[] lastReader;
  private final boolean[] taken;

  /**
   * A part that occurs several times.
   *
   * @param length nodes of one occurrence
   * @param starts position of the first node of each
   */
  record Block(int length, List<Integer> starts) {}

  /** A block before its edges are compared, with what it would hide at most. */
  private record Candidate(int length, List<Integer> starts, double score) {}

  private RepeatedBlocks(Graph graph) {
    this.graph = graph;
    this.nodes = graph.nodes().size();
    this.labels = new long[nodes];
    this.sources = new int[nodes][];
    this.lastReader = new int[nodes];
    this.taken = new boolean[nodes];
    index();
  }

  /** Blocks that do not overlap, the one that hides most nodes first. */
  static List<Block> find(Graph graph) {
    RepeatedBlocks search = new RepeatedBlocks(graph);
    List<Block> blocks = new ArrayList<>();
    Optional<Block> next = search.best();
    while (next.isPresent() && blocks.size() < MOST_KINDS) {
      Block block = next.get();
      blocks.add(block);
      block.starts().forEach(start -> Arrays.fill(search.taken, start, start + block.length(), true));
      next = search.best();
    }
    return blocks;
  }

  private void index() {
    Map<ValueId, Integer> producers = new HashMap<>();
    for (int i = 0; i < nodes; i++) {
      Node node = graph.nodes().get(i);
      sources[i] = node.inputs().stream().mapToInt(id -> producers.getOrDefault(id, -1)).toArray();
      for (int source : sources[i]) {
        if (source >= 0) {
          lastReader[source] = i;
        }
      }
      for (ValueId output : node.outputs()) {
        producers.put(output, i);
      }
      producers.remove(ValueId.ABSENT);
      labels[i] = label(node);
    }
    for (ValueId output : graph.outputs().values()) {
      Optional.ofNullable(producers.get(output)).ifPresent(node -> lastReader[node] = nodes);
    }
  }

  private long label(Node node) {
    Attributes attributes = node.op().attributes();
    long hash = OperatorKind.label(node.op()).hashCode();
    for (Map.Entry<String, Object> attribute : attributes.values().entrySet()) {
      Object value = attribute.getValue();
      boolean isPlain = value instanceof Number || value instanceof String || value instanceof List<?>;
      hash = hash * 31 + attribute.getKey().hashCode() + (isPlain ? 17L * value.toString().hashCode() : 0);
    }
    for (ValueId input : node.inputs()) {
      hash = hash * 31 + (graph.constant(input).isPresent() ? 2 : input.isPresent() ? 1 : 0);
    }
    return hash * 0x9E3779B97F4A7C15L;
  }

  private Optional<Block> best() {
    List<Candidate> candidates = new ArrayList<>();
    for (int length = MIN_LENGTH; length <= Math.min(MAX_LENGTH, nodes / 2); length++) {
      for (List<Integer> starts : windows(length)) {
        candidate(length, starts).ifPresent(candidates::add);
      }
    }
    candidates.sort((a, b) -> Double.compare(b.score, a.score));
    Candidate best = new Candidate(0, List.of(), 0);
    for (Candidate candidate : candidates) {
      if (candidate.score + 1 <= best.score) {
        break;
      }
      for (List<Integer> alike : alike(candidate).values()) {
        best = candidate(candidate.length, alike).map(this::withNames).filter(exceeds(best)).orElse(best);
      }
    }
    return best.starts.isEmpty() ? Optional.empty() : Optional.of(new Block(best.length, best.starts));
  }

  private static Predicate<Candidate> exceeds(Candidate other) {
    return candidate -> candidate.score > other.score;
  }

  /** Of equals the one wins whose nodes share longer names: it begins where the author of the model began. */
  private Candidate withNames(Candidate candidate) {
    long shared = 0;
    for (int start : candidate.starts) {
      String first = graph.nodes().get(start).name();
      String last = graph.nodes().get(start + candidate.length - 1).name();
      int length = 0;
      while (length < Math.min(first.length(), last.length()) && first.charAt(length) == last.charAt(length)) {
        length++;
      }
      shared += length;
    }
    return new Candidate(candidate.length, candidate.starts, candidate.score + shared / (shared + 1e4));
  }

  /** Places of windows of this length with the same labels. */
  private Collection<List<Integer>> windows(int length) {
    long power = 1;
    for (int i = 1; i < length; i++) {
      power *= 1_000_003;
    }
    Map<Long, List<Integer>> byHash = new LinkedHashMap<>();
    long hash = 0;
    int free = 0;
    for (int end = 0; end < nodes; end++) {
      if (end >= length) {
        hash -= labels[end - length] * power;
      }
      hash = hash * 1_000_003 + labels[end];
      free = taken[end] ? 0 : free + 1;
      if (free >= length) {
        byHash.computeIfAbsent(hash, key -> new ArrayList<>()).add(end - length + 1);
      }
    }
    return byHash.values();
  }

  /** Those that do not overlap, where there are several. More occurrences count more than longer ones. */
  private static Optional<Candidate> candidate(int length, List<Integer> starts) {
    List<Integer> apart = new ArrayList<>();
    for (int start : starts) {
      if (apart.isEmpty() || start >= apart.getLast() + length) {
        apart.add(start);
      }
    }
    int count = apart.size();
    return count < 2
        ? Optional.empty()
        : Optional.of(new Candidate(length, apart, (double) (length - 1) * (count - 1)));
  }

  /** The occurrences by their inner edges, without those that the rest reads through several values. */
  private Map<List<Integer>, List<Integer>> alike(Candidate candidate) {
    Map<List<Integer>, List<Integer>> byEdges = new LinkedHashMap<>();
    for (int start : candidate.starts) {
      if (hasOneExit(start, candidate.length)) {
        byEdges.computeIfAbsent(edges(start, candidate.length), key -> new ArrayList<>()).add(start);
      }
    }
    byEdges.keySet().removeIf(List::isEmpty);
    return byEdges;
  }

  private boolean hasOneExit(int start, int length) {
    int exits = 0;
    for (int i = start; i < start + length && exits < 2; i++) {
      exits += lastReader[i] >= start + length ? 1 : 0;
    }
    return exits == 1 && lastReader[start + length - 1] >= start + length;
  }

  /** Distances of inner edges, entries numbered in their order; empty where too many values enter. */
  private List<Integer> edges(int start, int length) {
    List<Integer> edges = new ArrayList<>();
    List<ValueId> entries = new ArrayList<>();
    for (int i = start; i < start + length; i++) {
      Node node = graph.nodes().get(i);
      for (int port = 0; port < sources[i].length; port++) {
        ValueId input = node.input(port);
        if (sources[i][port] >= start) {
          edges.add(i - sources[i][port]);
        } else if (graph.constant(input).isEmpty() && input.isPresent()) {
          if (!entries.contains(input)) {
            entries.add(input);
          }
          edges.add(-1 - entries.indexOf(input));
        }
      }
    }
    return entries.size() > MOST_INPUTS ? List.of() : edges;
  }
}
