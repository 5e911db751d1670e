package dev.slipway.optimizer;

import dev.slipway.graph.DimVector;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Expand;
import dev.slipway.operators.Reshape;
import dev.slipway.operators.Resize;
import dev.slipway.operators.Slice;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * Replaces computed shapes by constants where a constant says the same at every size: the 0 and -1 of Reshape, the
 * open end of Slice, the 1 of Expand, the scales of Resize. The arithmetic in front of them dies.
 */
public final class FoldShapeInputs implements RewriteRule<Op> {
  @Override
  public Class<Op> anchor() {
    return Op.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, Op op) {
    return switch (op) {
      case Reshape reshape -> isComputed(graph, node, 1) ? reshape(context, graph, node) : Optional.empty();
      case Expand expand -> isComputed(graph, node, 1) ? expand(context, graph, node) : Optional.empty();
      case Slice slice -> isComputed(graph, node, 2) ? slice(context, graph, node) : Optional.empty();
      case Resize resize -> isComputed(graph, node, 3) ? resize(context, graph, node, resize) : Optional.empty();
      default -> Optional.empty();
    };
  }

  private static boolean isComputed(Graph graph, Node node, int port) {
    return node.hasInput(port) && graph.constant(node.input(port)).isEmpty();
  }

  private static Optional<GraphPatch> reshape(PassContext context, Graph graph, Node node) {
    Shape from = graph.shape(node.input(0));
    Shape to = graph.shape(node.output());
    Optional<long[]> target = Patterns.reshapeTarget(from, to);
    if (target.isEmpty()) {
      return context.refuse(node, "no constant makes " + to + " of " + from);
    }
    return Optional.of(patch(graph, node, new Reshape(false), 1, Tensor.vector(target.get())));
  }

  private static Optional<GraphPatch> expand(PassContext context, Graph graph, Node node) {
    Shape from = graph.shape(node.input(0));
    DimVector wanted = graph.dims(node.input(1)).orElse(null);
    if (wanted == null || !from.ranked()) {
      return context.refuse(node, "its shape depends on data");
    }
    int rank = wanted.values().size();
    long[] target = new long[rank];
    for (int i = 0; i < rank; i++) {
      Dim dim = wanted.values().get(i);
      int axis = i - rank + from.rank();
      if (axis >= 0 && from.dim(axis).equals(dim)) {
        target[i] = 1;
      } else if (dim instanceof Dim.Known(long size)) {
        target[i] = size;
      } else {
        return context.refuse(node, "it expands to the symbolic dimension " + dim);
      }
    }
    return Optional.of(patch(graph, node, node.op(), 1, Tensor.vector(target)));
  }

  /** Only ends may be symbolic: those at the end of the axis. */
  private static Optional<GraphPatch> slice(PassContext context, Graph graph, Node node) {
    Shape from = graph.shape(node.input(0));
    DimVector ends = graph.dims(node.input(2)).orElse(null);
    if (ends == null || !from.ranked()) {
      return context.refuse(node, "its ends depend on data");
    }
    Optional<long[]> axes = node.hasInput(3) ? Patterns.integers(graph, node, 3) : Optional.of(firstAxes(ends));
    Optional<long[]> steps = node.hasInput(4) ? Patterns.integers(graph, node, 4) : Optional.of(ones(ends));
    if (axes.isEmpty() || steps.isEmpty()) {
      return context.refuse(node, "its axes or steps depend on data");
    }
    DType dtype = graph.tensorType(node.input(2)).dtype();
    long[] constant = new long[ends.values().size()];
    for (int i = 0; i < constant.length; i++) {
      Dim end = ends.values().get(i);
      long axis = axes.get()[i];
      Dim size = from.dim((int) axis);
      if (end instanceof Dim.Known(long known)) {
        constant[i] = known;
      } else if (end.equals(size) && steps.get()[i] > 0) {
        constant[i] = Integer.MAX_VALUE;
      } else if (end.minus(size) instanceof Dim.Known(long distance) && distance < 0 && steps.get()[i] > 0
          && isLongerThan(size, -distance)) {
        constant[i] = distance;
      } else {
        return context.refuse(node, "its end is " + end + " on an axis of " + size);
      }
    }
    Tensor tensor = Tensor.allocate(TensorType.of(dtype, constant.length));
    tensor.set(constant);
    return Optional.of(patch(graph, node, node.op(), 2, tensor));
  }

  /** An end that counts from the end of the axis must not lie before its beginning. */
  private static boolean isLongerThan(Dim size, long distance) {
    return size.minus(distance) instanceof Dim.Polynomial(List<Dim.Term> terms)
        && terms.stream().allMatch(term -> term.coefficient() >= 0);
  }

  private static long[] firstAxes(DimVector ends) {
    return LongStream.range(0, ends.values().size()).toArray();
  }

  private static long[] ones(DimVector ends) {
    return LongStream.generate(() -> 1).limit(ends.values().size()).toArray();
  }

  /** Sizes that are a multiple of the input's become scales. */
  private static Optional<GraphPatch> resize(PassContext context, Graph graph, Node node, Resize resize) {
    Shape from = graph.shape(node.input(0));
    DimVector sizes = graph.dims(node.input(3)).orElse(null);
    if (sizes == null || !from.ranked() || node.hasInput(1)) {
      return context.refuse(node, "its sizes depend on data");
    }
    if (resize.aspectRatioPolicy() != Resize.AspectRatioPolicy.STRETCH || !resize.axes().isEmpty()
        || sizes.values().size() != from.rank()) {
      return context.refuse(node, "its sizes are for some axes only, or bounds");
    }
    List<Double> scales = new ArrayList<>();
    for (int i = 0; i < from.rank(); i++) {
      Dim ratio = from.dim(i).is(0) ? Dim.ZERO : sizes.values().get(i).floorDiv(from.dim(i));
      if (!(ratio instanceof Dim.Known(long times)) || times < 1
          || !from.dim(i).times(times).equals(sizes.values().get(i))) {
        return context.refuse(node, sizes.values() + " is no multiple of " + from);
      }
      scales.add((double) times);
    }
    double[] values = scales.stream().mapToDouble(Double::doubleValue).toArray();
    GraphPatch.Builder patch =
        GraphPatch.on(graph, "gave " + node.name() + " scales: its sizes are multiples of its input's")
            .reuseName(node);
    ValueId constant =
        patch.constant(node.name() + ".scales", Patterns.tensor(DType.FLOAT32, values, values.length));
    ValueId made = patch.add(node.name(), resize, node.input(0), ValueId.ABSENT, constant);
    return Optional.of(patch.replace(node.output(), made).build());
  }

  private static GraphPatch patch(Graph graph, Node node, Op op, int port, Tensor constant) {
    String reason = "gave " + node.name() + " a constant " + op.schema().inputs().get(port).name()
        + ": it says the same at every size";
    GraphPatch.Builder patch = GraphPatch.on(graph, reason).reuseName(node);
    List<ValueId> inputs = new ArrayList<>(node.inputs());
    inputs.set(port, patch.constant(node.name() + "." + op.schema().inputs().get(port).name(), constant));
    return patch.replace(node.output(), patch.add(node.name(), op, inputs, 1).getFirst()).build();
  }
}
