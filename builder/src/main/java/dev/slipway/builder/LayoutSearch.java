package dev.slipway.builder;

import dev.slipway.backend.Backend;
import dev.slipway.backend.Plan;
import dev.slipway.graph.Graph;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Decides by measurement which of the nodes that a backend likes to compute on blocked activations stay contiguous: it
 * leaves each of them, and each of them with one that reads it, out of the blocked layout and keeps what makes the
 * measured kernels of the network, the reorders between them included, faster together.
 */
final class LayoutSearch {
  /** A trial must take less than this share of the time before, or noise would decide. */
  private static final double GAIN = 0.995;

  private final Graph grouped;
  private final Backend backend;
  private final Map<String, Shape> opt;
  private final ShapesAtOpt shapes;
  private final TacticSelection selection;

  LayoutSearch(Graph grouped, Backend backend, Map<String, Shape> opt, TacticSelection selection) {
    this.grouped = grouped;
    this.backend = backend;
    this.opt = opt;
    this.shapes = ShapesAtOpt.of(grouped, opt);
    this.selection = selection;
  }

  /** Is told how many of all trials are done. */
  @FunctionalInterface
  interface Progress {
    void accept(int done, int all);
  }

  /** Names of nodes that are better off with contiguous activations. */
  Set<String> contiguous(Progress progress) {
    Set<String> contiguous = new TreeSet<>();
    Set<List<String>> tried = new HashSet<>();
    double best = micros(contiguous);
    List<List<Node>> groups = groups();
    int done = 0;
    for (List<Node> group : groups) {
      progress.accept(++done, groups.size());
      if (!tried.add(workloads(group))) {
        continue;
      }
      Set<String> trial = new TreeSet<>(contiguous);
      group.forEach(node -> trial.addAll(alike(node)));
      double micros = micros(trial);
      if (micros < best * GAIN) {
        best = micros;
        contiguous = trial;
      }
    }
    return contiguous;
  }

  /** What all kernels take; those that nothing was measured of are the same in every trial. */
  private double micros(Set<String> contiguous) {
    Graph assigned = LayoutAssignment.assign(grouped, backend, shapes, new Reasons(), contiguous);
    return selection.select(assigned, ShapesAtOpt.of(assigned, opt), () -> {}).values().stream()
        .mapToDouble(Plan.Choice::micros)
        .filter(micros -> !Double.isNaN(micros))
        .sum();
  }

  /** Each node that likes blocks, and each with a neighbour that does too. */
  private List<List<Node>> groups() {
    List<List<Node>> groups = new ArrayList<>();
    for (Node node : grouped.nodes()) {
      if (!likesBlocks(node)) {
        continue;
      }
      groups.add(List.of(node));
      for (ValueId output : node.outputs()) {
        grouped.consumers(output).stream()
            .filter(this::likesBlocks)
            .forEach(reader -> groups.add(List.of(node, reader)));
      }
    }
    return groups;
  }

  private boolean likesBlocks(Node node) {
    return shapes.request(node, backend.device())
        .flatMap(request -> backend.preferredLayout(node.op(), request.inputTypes(), request.outputs()))
        .isPresent();
  }

  /** Nodes that compute the same on the same shapes fare alike. */
  private List<String> alike(Node node) {
    String workload = workload(node);
    return grouped.nodes().stream()
        .filter(other -> workload(other).equals(workload))
        .map(Node::name)
        .toList();
  }

  private List<String> workloads(List<Node> nodes) {
    return nodes.stream().map(this::workload).toList();
  }

  private String workload(Node node) {
    return shapes.request(node, backend.device()).map(Workload::key).orElse(node.name());
  }
}
