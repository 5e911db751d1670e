package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.GraphVerifier;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Applies passes until none finds anything to change, in subgraphs too. It alone changes graphs; it verifies each
 * patch, times passes, and keeps why nodes were left as they are. Immutable and thread-safe.
 *
 * @param patchLimit after so many patches nothing is changed any more: halve it to find the patch that breaks a model
 * @param listener is told of each patch as it is applied
 */
public record PassDriver(int patchLimit, Consumer<AppliedPatch> listener) {
  /** Passes that undo each other would never end. */
  private static final int ROUNDS = 50;

  public PassDriver() {
    this(Integer.MAX_VALUE, patch -> {});
  }

  /** This driver with a limit of patches. */
  public PassDriver withPatchLimit(int limit) {
    return new PassDriver(limit, listener);
  }

  /** This driver with a listener. */
  public PassDriver withListener(Consumer<AppliedPatch> other) {
    return new PassDriver(patchLimit, other);
  }

  /**
   * Runs the passes in order, again and again, until none changes the graph.
   *
   * @throws InvalidGraphException where the graph is invalid
   * @throws IllegalStateException where a pass breaks the graph: an error in the pass
   */
  public Optimization run(List<Pass> passes, Graph graph) {
    GraphVerifier.verifyStructure(graph);
    return new Run(passes).toEnd(graph);
  }

  /** One run. */
  private final class Run {
    private final List<Pass> passes;
    private final List<AppliedPatch> applied = new ArrayList<>();
    private final Map<String, PassContext> contexts = new LinkedHashMap<>();
    private final Map<String, Duration> times = new LinkedHashMap<>();
    private boolean converged = true;

    Run(List<Pass> passes) {
      this.passes = passes;
    }

    Optimization toEnd(Graph graph) {
      Graph result = fixpoint(graph);
      List<Refusal> refusals = contexts.values().stream().flatMap(context -> context.refusals().stream()).toList();
      return new Optimization(result, applied, refusals, times, converged);
    }

    private Graph fixpoint(Graph start) {
      Graph graph = subgraphs(start);
      Map<Pass, Graph> finished = new HashMap<>();
      for (int round = 0; round < ROUNDS; round++) {
        Graph before = graph;
        for (Pass pass : passes) {
          if (finished.get(pass) != graph) {
            graph = sweeps(pass, graph);
            finished.put(pass, graph);
          }
        }
        if (graph == before) {
          return graph;
        }
        if (applied.size() >= patchLimit) {
          break;
        }
      }
      converged = false;
      return graph;
    }

    private Graph sweeps(Pass pass, Graph start) {
      Graph graph = start;
      PassContext context = contexts.computeIfAbsent(pass.name(), PassContext::new);
      long begin = System.nanoTime();
      for (int sweep = 0; sweep < ROUNDS && applied.size() < patchLimit; sweep++) {
        List<GraphPatch> patches = pass.sweep(context, graph);
        if (patches.isEmpty()) {
          break;
        }
        graph = apply(pass, graph, patches.subList(0, Math.min(patches.size(), patchLimit - applied.size())));
      }
      times.merge(pass.name(), Duration.ofNanos(System.nanoTime() - begin), Duration::plus);
      return graph;
    }

    private Graph apply(Pass pass, Graph graph, List<GraphPatch> patches) {
      try {
        return applyTogether(pass, graph, patches);
      } catch (InvalidGraphException e) {
        if (patches.size() > 1) {
          return apply(pass, graph, patches.subList(0, 1));
        }
        throw new IllegalStateException(
            "pass " + pass.name() + " broke graph " + graph.name() + " (" + patches.getFirst().reason() + "): "
                + e.getMessage(), e);
      }
    }

    private Graph applyTogether(Pass pass, Graph graph, List<GraphPatch> patches) {
      for (GraphPatch patch : patches) {
        GraphVerifier.verifyPatch(graph, patch);
      }
      Graph result = graph.apply(GraphPatch.compose(graph, patches));
      GraphVerifier.verifyStructure(result);
      for (GraphPatch patch : patches) {
        AppliedPatch done = new AppliedPatch(pass.name(), graph.name(), patch.reason(), patch.removed(graph));
        applied.add(done);
        listener.accept(done);
      }
      return result;
    }

    private Graph subgraphs(Graph graph) {
      List<GraphPatch> patches = new ArrayList<>();
      for (Node node : graph.nodes()) {
        List<Graph> inner = node.op().subgraphs();
        List<Graph> optimized = inner.stream().map(this::fixpoint).toList();
        if (!same(inner, optimized)) {
          patches.add(withSubgraphs(graph, node, optimized));
        }
      }
      return patches.isEmpty() ? graph : graph.apply(GraphPatch.compose(graph, patches));
    }

    private static boolean same(List<Graph> inner, List<Graph> optimized) {
      for (int i = 0; i < inner.size(); i++) {
        if (inner.get(i) != optimized.get(i)) {
          return false;
        }
      }
      return true;
    }

    private static GraphPatch withSubgraphs(Graph graph, Node node, List<Graph> subgraphs) {
      GraphPatch.Builder patch = GraphPatch.on(graph, "optimised the subgraphs of " + node.name()).reuseName(node);
      List<ValueId> outputs =
          patch.add(node.name(), node.op().withSubgraphs(subgraphs), node.inputs(), node.outputs().size());
      for (int i = 0; i < outputs.size(); i++) {
        if (node.output(i).isPresent()) {
          patch.replace(node.output(i), outputs.get(i));
        }
      }
      return patch.build();
    }
  }
}
