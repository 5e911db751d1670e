package dev.slipway.optimizer;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Conv;
import dev.slipway.operators.ConvTranspose;
import dev.slipway.operators.Gemm;
import dev.slipway.operators.MatMul;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A convolution or matrix product whose output, channel by channel, can be scaled and shifted by changing its weights
 * and bias.
 *
 * @param channels output channels
 * @param channelAxis the axis of the output that they lie on
 */
record LinearLayer(Node node, int rank, int channelAxis, int channels) {

  /** The layer that makes a value, where nobody else reads the value and the number of channels is known. */
  static Optional<LinearLayer> of(Graph graph, ValueId output) {
    Node node = graph.producer(output).filter(producer -> Patterns.readOnce(graph, output)).orElse(null);
    if (node == null || !graph.shape(output).ranked()) {
      return Optional.empty();
    }
    int rank = graph.shape(output).rank();
    int axis = switch (node.op()) {
      case Conv conv -> 1;
      case ConvTranspose conv -> 1;
      case Gemm gemm -> 1;
      case MatMul product when rank >= 2 -> rank - 1;
      default -> -1;
    };
    return axis >= 0 && graph.shape(output).dim(axis) instanceof Dim.Known(long channels)
        ? Optional.of(new LinearLayer(node, rank, axis, Math.toIntExact(channels)))
        : Optional.empty();
  }

  /**
   * Adds the layer whose output is this one's times a scale plus a shift, for each channel.
   *
   * @param replaced the node whose output the new layer makes
   * @return why this is not possible, or empty where the patch is complete
   */
  Optional<String> absorb(
      Graph graph, double[] scale, double[] shift, Node replaced, GraphPatch.Builder patch) {
    boolean scales = Arrays.stream(scale).anyMatch(s -> s != 1);
    boolean shifts = Arrays.stream(shift).anyMatch(s -> s != 0);
    Optional<Tensor> weights = graph.constant(node.input(1));
    if (scales && weights.isEmpty()) {
      return Optional.of("the weights of " + node.name() + " are not constant");
    }
    if (scales && graph.constant(node.input(1)).get().rank() < 2) {
      return Optional.of("the weights of " + node.name() + " are a vector");
    }
    DType dtype = graph.tensorType(node.output()).dtype();
    patch.reuseName(node).reuseName(replaced);
    ValueId w = scales
        ? patch.constant(graph.value(node.input(1)).name() + ".scaled", scaled(weights.get(), scale))
        : node.input(1);
    if (node.op() instanceof MatMul product) {
      if (shifts) {
        return Optional.of("a matrix product has no bias");
      }
      patch.replace(replaced.output(), patch.add(node.name(), product, node.input(0), w));
      return Optional.empty();
    }
    Optional<double[]> bias = bias(graph);
    if (bias.isEmpty()) {
      return Optional.of("the bias of " + node.name() + " is not one constant for each channel");
    }
    double[] moved = new double[channels];
    for (int i = 0; i < channels; i++) {
      moved[i] = bias.get()[i] * scale[i] + shift[i];
    }
    List<ValueId> inputs = new ArrayList<>(List.of(node.input(0), w));
    if (shifts || node.hasInput(2)) {
      inputs.add(patch.constant(node.name() + ".bias", Patterns.tensor(dtype, moved, channels)));
    }
    patch.replace(replaced.output(), patch.add(node.name(), withoutBeta(), inputs, 1).getFirst());
    return Optional.empty();
  }

  /** The bias is multiplied by beta already. */
  private Op withoutBeta() {
    return node.op() instanceof Gemm(float alpha, float beta, boolean transA, boolean transB)
        ? new Gemm(alpha, 1, transA, transB)
        : node.op();
  }

  private Optional<double[]> bias(Graph graph) {
    if (!node.hasInput(2)) {
      return Optional.of(new double[channels]);
    }
    Tensor constant = graph.constant(node.input(2)).orElse(null);
    if (constant == null) {
      return Optional.empty();
    }
    if (!(node.op() instanceof Gemm gemm)) {
      return Optional.of(constant.toDoubles());
    }
    return Patterns.perChannel(constant, rank, channelAxis, channels)
        .map(values -> Arrays.stream(values).map(value -> value * gemm.beta()).toArray());
  }

  private Tensor scaled(Tensor weights, double[] scale) {
    long[] dims = weights.dims();
    int axis = switch (node.op()) {
      case Conv conv -> 0;
      case Gemm gemm -> gemm.transB() ? 0 : 1;
      case ConvTranspose conv -> 1;
      default -> dims.length - 1;
    };
    long inner = Shape.product(Arrays.copyOfRange(dims, axis + 1, dims.length));
    Tensor scaled = Tensor.allocate(weights.type());
    long count = weights.elementCount();
    for (long i = 0; i < count; i++) {
      long channel = i / inner % dims[axis] + firstChannel(i, dims);
      scaled.setDouble(i, weights.getDouble(i) * scale[(int) channel]);
    }
    return scaled;
  }

  /** A transposed convolution has its groups along the input channels, which come first. */
  private long firstChannel(long element, long[] dims) {
    if (!(node.op() instanceof ConvTranspose conv)) {
      return 0;
    }
    long inputChannel = element / Shape.product(Arrays.copyOfRange(dims, 1, dims.length));
    return inputChannel / (dims[0] / conv.group()) * dims[1];
  }
}
