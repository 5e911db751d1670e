package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphPatch;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.DequantizeLinear;
import dev.slipway.operators.Gemm;
import dev.slipway.operators.MatMul;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Stores the weights of matrix products as int4, symmetric, with a scale for each block of the inputs of an output;
 * activations stay in floating point, so that nothing is calibrated. What comes out is DequantizeLinear with {@code
 * block_size}, standard ONNX from opset 21 on. Immutable and thread-safe.
 */
public final class WeightQuantizer {
  private static final int LOWEST = -8;
  private static final int HIGHEST = 7;
  private static final int SMALLEST_BLOCK = 16;

  /** Narrower scales that are tried, as the outermost weights may saturate. */
  private static final int STEPS = 24;

  private static final double SHRINK = 0.0125;

  private final int blockSize;
  private final Set<String> excluded;

  /**
   * A quantiser.
   *
   * @param blockSize weights that share a scale, at least 16
   * @param excluded names of layers that stay as they are; {@code *} stands for anything
   */
  public WeightQuantizer(int blockSize, Set<String> excluded) {
    if (blockSize < SMALLEST_BLOCK) {
      throw new SlipwayException("block size: " + blockSize + " (expected: >= " + SMALLEST_BLOCK + ")");
    }
    this.blockSize = blockSize;
    this.excluded = Set.copyOf(excluded);
  }

  /**
   * Quantises the weights of a model.
   *
   * @throws SlipwayException where it is quantised already, has no matrix product with constant weights, or where a
   *     layer to exclude does not exist
   */
  public UncalibratedModel quantize(Graph model) {
    QuantizationPlan plan = QuantizationPlan.of(FloatModel.of(model), excluded);
    Graph graph = plan.graph();
    GraphPatch.Builder patch = GraphPatch.on(graph, "int4 weights");
    List<KeptFloat> kept = new ArrayList<>(plan.kept());
    Set<String> layers = new LinkedHashSet<>();
    Set<ValueId> replaced = new LinkedHashSet<>();
    for (Layer layer : plan.layers()) {
      if (!isProduct(layer)) {
        kept.add(new KeptFloat(layer.name(), layer.node().op().schema().name(), "it is no matrix product"));
        continue;
      }
      layers.add(layer.name());
      if (replaced.add(layer.weights())) {
        patch.replace(layer.weights(), dequantized(patch, graph, layer));
      }
    }
    if (layers.isEmpty()) {
      throw new SlipwayException("model " + model.name() + ": no weights for int4 (expected: a float32 MatMul or Gemm"
          + " with constant weights)");
    }
    return new UncalibratedModel(graph.apply(patch.build()), List.copyOf(layers), kept);
  }

  private static boolean isProduct(Layer layer) {
    return layer.node().op() instanceof MatMul || layer.node().op() instanceof Gemm;
  }

  private ValueId dequantized(GraphPatch.Builder patch, Graph graph, Layer layer) {
    Tensor weights = layer.weights(graph);
    int axis = 1 - layer.channelAxis();
    int length = Math.toIntExact(weights.dim(axis));
    int blocks = Math.ceilDiv(length, blockSize);
    long[] scaleDims = weights.dims();
    scaleDims[axis] = blocks;
    Tensor levels = Tensor.allocate(DType.INT4, weights.dims());
    Tensor scales = Tensor.allocate(DType.FLOAT32, scaleDims);
    float[] values = weights.toFloats();
    int columns = Math.toIntExact(weights.dim(1));
    int stride = axis == 0 ? columns : 1;
    for (int channel = 0; channel < weights.dim(1 - axis); channel++) {
      int first = channel * (axis == 0 ? 1 : columns);
      for (int block = 0; block < blocks; block++) {
        int start = first + block * blockSize * stride;
        int count = Math.min(blockSize, length - block * blockSize);
        float scale = scale(values, start, stride, count);
        scales.setDouble(axis == 0 ? (long) block * columns + channel : (long) channel * blocks + block, scale);
        for (int i = 0; i < count; i++) {
          levels.setLong(start + (long) i * stride, level(values[start + i * stride], scale));
        }
      }
    }
    String name = graph.value(layer.weights()).name();
    return patch.add(name + "_DequantizeLinear", new DequantizeLinear(axis, blockSize, 0),
        patch.constant(name + "_int4", levels), patch.constant(name + "_scale", scales));
  }

  /** The scale of a block with the least squared error. */
  private static float scale(float[] values, int start, int stride, int count) {
    float largest = 0;
    for (int i = 0; i < count; i++) {
      largest = Math.max(largest, Math.abs(values[start + i * stride]));
    }
    float best = QuantParams.scale(largest, HIGHEST, false);
    double smallest = Double.POSITIVE_INFINITY;
    for (int step = 0; step <= STEPS && largest > 0; step++) {
      float scale = (float) (largest / HIGHEST * (1 - step * SHRINK));
      double error = 0;
      for (int i = 0; i < count; i++) {
        float value = values[start + i * stride];
        double difference = value - level(value, scale) * (double) scale;
        error += difference * difference;
      }
      if (error < smallest) {
        smallest = error;
        best = scale;
      }
    }
    return best;
  }

  private static int level(float value, float scale) {
    return (int) Math.clamp(Math.rint(value / scale), LOWEST, HIGHEST);
  }
}
