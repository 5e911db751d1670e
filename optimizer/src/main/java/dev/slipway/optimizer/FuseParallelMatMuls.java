package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Add;
import dev.slipway.operators.Gemm;
import dev.slipway.operators.MatMul;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Makes one matrix product and a Split of its columns of products of one value with constant matrices, their biases
 * included: the queries, keys and values of attention.
 *
 * <p>Only {@link Pipelines#lowerWithAttention()} has it, whose backends read the parts where they are. On the CPU
 * engine with machine code, times without it to times with it, interleaved, 31 samples, are 1.01 with two threads and
 * 0.95 with one for MiniLM at 1×128: a Split along the last axis copies.
 */
public final class FuseParallelMatMuls implements RewriteRule<Op> {
  @Override
  public Class<Op> anchor() {
    return Op.class;
  }

  @Override
  public Optional<GraphPatch> rewrite(PassContext context, Graph graph, Node node, Op op) {
    if (!isLayer(graph, node)) {
      return Optional.empty();
    }
    List<Node> parallel = ParallelLayers.beside(graph, node, other -> isParallel(graph, node, other));
    if (parallel.isEmpty()) {
      return Optional.empty();
    }
    GraphPatch.Builder patch = ParallelLayers.patch(graph, parallel);
    ValueId whole = patch.add(node.name(), op, inputs(graph, patch, parallel), 1).getFirst();
    Optional<Node> sum = sum(graph, node);
    if (sum.isPresent()) {
      List<Node> sums = parallel.stream().map(product -> sum(graph, product).orElseThrow()).toList();
      List<Tensor> biases = sums.stream().map(add -> bias(graph, add, add.output()).orElseThrow()).toList();
      ValueId bias = patch.constant(node.name() + ".bias", ParallelLayers.join(biases, 0));
      whole = patch.reuseName(sum.get()).add(sum.get().name(), sum.get().op(), whole, bias);
    }
    List<Node> last = parallel.stream().map(product -> sum(graph, product).orElse(product)).toList();
    int axis = graph.shape(node.output()).rank() - 1;
    ParallelLayers.split(graph, patch, node.name() + ".split", whole, axis, last);
    return Optional.of(patch.build());
  }

  /** Whether a node multiplies a value by a constant matrix and adds at most a constant row. */
  private static boolean isLayer(Graph graph, Node node) {
    if (!(node.op() instanceof MatMul) && !(node.op() instanceof Gemm gemm && !gemm.transA())) {
      return false;
    }
    Tensor weights = graph.constant(node.input(1)).orElse(null);
    return weights != null
        && weights.rank() == 2
        && weights.dtype().isFloat()
        && graph.constant(node.input(0)).isEmpty()
        && graph.shape(node.output()).ranked()
        && (!node.hasInput(2) || row(graph, node.input(2), node.output()).isPresent());
  }

  private static boolean isParallel(Graph graph, Node node, Node other) {
    return isLayer(graph, other)
        && other.input(0).equals(node.input(0))
        && other.op().equals(node.op())
        && sum(graph, other).isPresent() == sum(graph, node).isPresent();
  }

  /** The addition of a constant row that alone reads a product. */
  private static Optional<Node> sum(Graph graph, Node product) {
    return graph.soleConsumer(product.output())
        .filter(reader -> reader.op() instanceof Add && bias(graph, reader, reader.output()).isPresent());
  }

  private static Optional<Tensor> bias(Graph graph, Node add, ValueId output) {
    return Patterns.constantOperand(graph, add).flatMap(operand -> row(graph, operand.constantId(), output));
  }

  /** A constant that broadcasts along the last axis of a value, with its element for each column. */
  private static Optional<Tensor> row(Graph graph, ValueId id, ValueId output) {
    int rank = graph.shape(output).rank();
    Tensor constant = graph.constant(id).orElse(null);
    if (constant == null) {
      return Optional.empty();
    }
    long columns = ParallelLayers.size(graph, output, rank - 1);
    return Patterns.perChannel(constant, rank, rank - 1, columns)
        .map(values -> Patterns.tensor(constant.dtype(), values, columns));
  }

  private static List<ValueId> inputs(Graph graph, GraphPatch.Builder patch, List<Node> parallel) {
    Node first = parallel.getFirst();
    List<Tensor> weights = parallel.stream().map(product -> graph.constant(product.input(1)).orElseThrow()).toList();
    int columns = first.op() instanceof Gemm gemm && gemm.transB() ? 0 : 1;
    List<ValueId> inputs = new ArrayList<>();
    inputs.add(first.input(0));
    inputs.add(patch.constant(first.name() + ".weights", ParallelLayers.join(weights, columns)));
    if (parallel.stream().anyMatch(product -> product.hasInput(2))) {
      List<Tensor> rows = parallel.stream()
          .map(product -> product.hasInput(2)
              ? row(graph, product.input(2), product.output()).orElseThrow()
              : Tensor.allocate(weights.getFirst().dtype(), ParallelLayers.size(graph, product.output(), 1)))
          .toList();
      inputs.add(patch.constant(first.name() + ".bias", ParallelLayers.join(rows, 0)));
    }
    return inputs;
  }
}
