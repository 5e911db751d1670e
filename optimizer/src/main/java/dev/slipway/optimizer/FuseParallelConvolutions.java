package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Conv;
import dev.slipway.operators.Elementwise;
import dev.slipway.operators.SpatialWindow;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Makes one convolution and a Split of its channels of 1×1 convolutions that read one value and are followed by the
 * same activation, or none of them by one that is theirs alone.
 *
 * <p>It reads the value once and fills vectors that the single layers leave half empty. On the CPU engine with machine
 * code, times without it to times with it, interleaved, 31 samples, two threads and one: retinaface at 640×640 1.05 and
 * 1.02, yunet at 320×320 1.02 and 1.05, yolox_nano at 416×416 1.01 and 1.01.
 */
public final class FuseParallelConvolutions implements RewriteRule<Conv> {
  /** An operator on one value, and its further inputs. */
  private record Activation(Op op, List<ValueId> rest) {}

  @Override
  public Class<Conv> anchor() {
    return Conv.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, Conv op) {
    if (!isPointwise(graph, node)) {
      return Optional.empty();
    }
    List<Node> parallel = ParallelLayers.beside(graph, node, other -> isParallel(graph, node, other));
    if (parallel.isEmpty()) {
      return Optional.empty();
    }
    GraphPatch.Builder patch = ParallelLayers.patch(graph, parallel);
    ValueId whole = patch.add(node.name(), op, inputs(graph, patch, parallel), 1).getFirst();
    Optional<Node> activation = activation(graph, node);
    if (activation.isPresent()) {
      List<ValueId> inputs = new ArrayList<>(activation.get().inputs());
      inputs.set(0, whole);
      patch.reuseName(activation.get());
      whole = patch.add(activation.get().name(), activation.get().op(), inputs, 1).getFirst();
    }
    List<Node> last = parallel.stream().map(conv -> activation(graph, conv).orElse(conv)).toList();
    ParallelLayers.split(graph, patch, node.name() + ".split", whole, 1, last);
    return Optional.of(patch.build());
  }

  /** Whether a node is a convolution of one group with a window of one element, no pads, and constants alone. */
  private static boolean isPointwise(Graph graph, Node node) {
    Tensor weights = Patterns.constant(graph, node, 1).orElse(null);
    if (!(node.op() instanceof Conv conv) || conv.group() != 1 || weights == null
        || node.hasInput(2) && graph.constant(node.input(2)).isEmpty()) {
      return false;
    }
    SpatialWindow window = conv.window(weights.shape());
    return window.kernel().stream().allMatch(size -> size == 1)
        && window.pads().stream().allMatch(pad -> pad == 0)
        && graph.shape(node.output()).ranked();
  }

  private static boolean isParallel(Graph graph, Node node, Node other) {
    return isPointwise(graph, other)
        && other.input(0).equals(node.input(0))
        && window(graph, other).equals(window(graph, node))
        && signature(graph, other).equals(signature(graph, node));
  }

  private static SpatialWindow window(Graph graph, Node node) {
    return ((Conv) node.op()).window(graph.shape(node.input(1)));
  }

  private static Optional<Activation> signature(Graph graph, Node conv) {
    return activation(graph, conv)
        .map(node -> new Activation(node.op(), node.inputs().subList(1, node.inputs().size())));
  }

  /** The only reader, where it computes each element from that of the convolution and scalar constants. */
  private static Optional<Node> activation(Graph graph, Node conv) {
    return graph.soleConsumer(conv.output())
        .filter(reader -> reader.op() instanceof Elementwise && reader.input(0).equals(conv.output()))
        .filter(reader -> reader.inputs().stream().skip(1).allMatch(id -> !id.isPresent() || isScalar(graph, id)));
  }

  private static boolean isScalar(Graph graph, ValueId id) {
    return graph.constant(id).filter(tensor -> tensor.rank() == 0).isPresent();
  }

  private static List<ValueId> inputs(Graph graph, GraphPatch.Builder patch, List<Node> parallel) {
    Node first = parallel.getFirst();
    List<Tensor> weights = parallel.stream().map(conv -> graph.constant(conv.input(1)).orElseThrow()).toList();
    List<ValueId> inputs = new ArrayList<>();
    inputs.add(first.input(0));
    inputs.add(patch.constant(first.name() + ".weights", ParallelLayers.join(weights, 0)));
    if (parallel.stream().anyMatch(conv -> conv.hasInput(2))) {
      DType dtype = weights.getFirst().dtype();
      List<Tensor> biases = parallel.stream()
          .map(conv -> Patterns.constant(graph, conv, 2)
              .orElseGet(() -> Tensor.allocate(dtype, ParallelLayers.size(graph, conv.input(1), 0))))
          .toList();
      inputs.add(patch.constant(first.name() + ".bias", ParallelLayers.join(biases, 0)));
    }
    return inputs;
  }
}
