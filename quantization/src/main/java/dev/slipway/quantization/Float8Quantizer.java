package dev.slipway.quantization;

import dev.slipway.graph.Graph;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.Gemm;
import dev.slipway.operators.MatMul;
import dev.slipway.optimizer.FuseParallelMatMuls;
import dev.slipway.optimizer.PassDriver;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.MiniFloat;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Quantises matrix products with constant weights to float8 (E4M3), their activations too, each with one scale: the
 * largest magnitude becomes 448, the largest number of the type. All else stays as it is, and so do other readers of
 * the activations. Products of one matrix with several become one product. What comes out is QuantizeLinear and
 * DequantizeLinear, standard ONNX from opset 19 on. Immutable and thread-safe, where its executor is.
 */
public final class Float8Quantizer {
  private static final DType TYPE = DType.FLOAT8E4M3FN;
  private static final int LARGEST = 448;

  /** Kernels read rows of so many. */
  private static final int MULTIPLE = 16;

  private final QuantizationOptions options;
  private final GraphExecutor executor;

  /**
   * A quantiser.
   *
   * @param options of which the calibrator, what is excluded and the listener count
   * @param executor runs the float graph over the samples
   */
  public Float8Quantizer(QuantizationOptions options, GraphExecutor executor) {
    this.options = options;
    this.executor = executor;
  }

  /**
   * A model with products of float8.
   *
   * @param layers names of these
   * @param kept what stays as it is, and why
   * @param ranges of activations
   */
  public record Result(Graph graph, List<String> layers, List<KeptFloat> kept, CalibrationCache ranges) {
    public Result {
      layers = List.copyOf(layers);
      kept = List.copyOf(kept);
    }
  }

  /**
   * Calibrates a model and quantises it.
   *
   * @throws SlipwayException where it is quantised already, has no product that can be, where a layer to exclude does
   *     not exist, or where the data do not fit
   */
  public Result quantize(Graph model, CalibrationData data) {
    QuantizationPlan plan = plan(model);
    Calibration calibration = new Calibration(plan.graph(), data, executor, options.progress());
    return quantized(plan, calibration.ranges(plan.values(), options));
  }

  /**
   * Quantises a model by ranges that were found before.
   *
   * @throws SlipwayException as {@link #quantize(Graph, CalibrationData)} does, and where a value is not in the cache
   */
  public Result quantize(Graph model, CalibrationCache cache) {
    QuantizationPlan plan = plan(model);
    return quantized(plan, cache.ranges(plan.graph(), plan.values()));
  }

  /** Products alone, whose activations share no scales. */
  private QuantizationPlan plan(Graph model) {
    Graph floats = new PassDriver().run(List.of(new FuseParallelMatMuls()), FloatModel.of(model)).graph();
    QuantizationPlan all = QuantizationPlan.of(floats, options.excluded());
    List<Layer> layers = new ArrayList<>();
    List<KeptFloat> kept = new ArrayList<>(all.kept());
    Map<ValueId, Set<ValueId>> activations = new LinkedHashMap<>();
    for (Layer layer : all.layers()) {
      boolean isProduct = layer.node().op() instanceof MatMul || layer.node().op() instanceof Gemm;
      if (isProduct && fits(layer.weights(all.graph()))) {
        layers.add(layer);
        activations.put(layer.input(), Set.of(layer.input()));
      } else {
        String reason = isProduct
            ? "its weights are " + layer.weights(all.graph()).type() + " (expected: multiples of " + MULTIPLE + ")"
            : "it is no matrix product";
        kept.add(new KeptFloat(layer.name(), layer.node().op().schema().name(), reason));
      }
    }
    if (layers.isEmpty()) {
      throw new SlipwayException("model " + model.name() + ": no products for float8 (expected: a float32 MatMul or"
          + " Gemm with constant weights, whose sizes are multiples of " + MULTIPLE + ")");
    }
    return new QuantizationPlan(all.graph(), layers, new ArrayList<>(activations.values()), kept);
  }

  private static boolean fits(Tensor weights) {
    return weights.dim(0) % MULTIPLE == 0 && weights.dim(1) % MULTIPLE == 0;
  }

  private Result quantized(QuantizationPlan plan, Map<ValueId, Range> ranges) {
    Map<ValueId, QuantParams> values = new LinkedHashMap<>();
    ranges.forEach((id, range) -> values.put(id, new QuantParams(TYPE, scale(range.magnitude()), 0)));
    Map<String, LayerParameters> layers = new LinkedHashMap<>();
    plan.layers().forEach(layer -> layers.put(layer.name(), parameters(plan.graph(), layer)));
    return new Result(
        QuantizedGraph.float8(plan, new QuantizationParameters(values, layers)),
        List.copyOf(layers.keySet()),
        plan.kept(),
        CalibrationCache.of(plan.graph(), ranges, options.calibrator()));
  }

  private static float scale(float magnitude) {
    return QuantParams.scale(magnitude, LARGEST, false);
  }

  /** Weights as bits of float8; biases stay as they are. */
  private static LayerParameters parameters(Graph graph, Layer layer) {
    float[] weights = layer.weights(graph).toFloats();
    float magnitude = Range.of(weights).magnitude();
    if (!(magnitude <= Float.MAX_VALUE)) {
      throw new SlipwayException("weights of " + layer.name() + ": not finite (expected: finite numbers)");
    }
    float scale = scale(magnitude);
    byte[] bits = new byte[weights.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = (byte) MiniFloat.of(TYPE).encode(weights[i] / scale, true);
    }
    return new LayerParameters(new float[] {scale}, bits, new float[0]);
  }
}
