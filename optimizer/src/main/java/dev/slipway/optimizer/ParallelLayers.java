package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Split;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What the passes share that make one layer of several which read one value. */
final class ParallelLayers {
  private ParallelLayers() {}

  /**
   * A layer and those that read the same value and go together with it, itself included; none where it is alone or not
   * the first of them.
   */
  static List<Node> beside(Graph graph, Node layer, Predicate<Node> isParallel) {
    List<Node> parallel = graph.consumers(layer.input(0)).stream().filter(isParallel).toList();
    return parallel.size() > 1 && parallel.getFirst().equals(layer) ? parallel : List.of();
  }

  /** An empty patch that is to make one layer of these, with the name of the first. */
  static GraphPatch.Builder patch(Graph graph, List<Node> parallel) {
    String names = parallel.stream().map(Node::name).collect(Collectors.joining(" + "));
    return GraphPatch.on(graph, "fused " + names + ": they read one value").reuseName(parallel.getFirst());
  }

  /** A size that is known. */
  static long size(Graph graph, ValueId id, int axis) {
    return ((Dim.Known) graph.shape(id).dim(axis)).size();
  }

  /** Constants of one type but for this axis, one behind the other along it; elements are of whole bytes. */
  static Tensor join(List<Tensor> parts, int axis) {
    long[] dims = parts.getFirst().dims();
    dims[axis] = parts.stream().mapToLong(part -> part.dim(axis)).sum();
    Tensor joined = Tensor.allocate(TensorType.of(parts.getFirst().dtype(), dims));
    long outer = Shape.product(Arrays.copyOf(dims, axis));
    long stride = outer == 0 ? 0 : joined.type().bytes() / outer;
    long begin = 0;
    for (Tensor part : parts) {
      long run = outer == 0 ? 0 : part.type().bytes() / outer;
      for (long i = 0; i < outer; i++) {
        MemorySegment.copy(part.data(), i * run, joined.data(), i * stride + begin, run);
      }
      begin += run;
    }
    return joined;
  }

  /** Splits a value of the patch into parts that replace the outputs of the given nodes. */
  static void split(
      Graph graph, GraphPatch.Builder patch, String name, ValueId whole, int axis, List<Node> replaced) {
    long[] sizes = replaced.stream().mapToLong(node -> size(graph, node.output(), axis)).toArray();
    boolean equal = Arrays.stream(sizes).distinct().count() == 1;
    List<ValueId> inputs = equal
        ? List.of(whole)
        : List.of(whole, patch.constant(name + ".sizes", Tensor.vector(sizes)));
    List<ValueId> parts = patch.add(name, new Split(axis, equal ? sizes.length : 0), inputs, sizes.length);
    for (int i = 0; i < sizes.length; i++) {
      patch.replace(replaced.get(i).output(), parts.get(i));
    }
  }
}
