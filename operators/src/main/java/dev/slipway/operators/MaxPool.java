package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.Arrays;
import java.util.List;

/**
 * The largest element of each window, and where it lies: the index counts elements of the whole input, with storage
 * order 1 the spatial axes of a plane in reverse order (column-major).
 */
public record MaxPool(SpatialWindow window, long storageOrder) implements Op {
  private static final TypeConstraint T = TypeConstraint.of(
      "T", DType.FLOAT16, DType.BFLOAT16, DType.FLOAT32, DType.FLOAT64, DType.INT8, DType.UINT8);
  private static final TypeConstraint I = TypeConstraint.of("I", DType.INT64);
  static final OpDefinition DEFINITION = Pooling.attributes(OpSchema.named("MaxPool")
          .since(22)
          .input("X", T)
          .output("Y", T)
          .optionalOutput("Indices", I))
      .attribute("storage_order", 0)
      .create(attributes -> new MaxPool(Pooling.window(attributes), attributes.integer("storage_order", 0)));

  public MaxPool {
    if (storageOrder != 0 && storageOrder != 1) {
      throw new InvalidGraphException("attribute storage_order: " + storageOrder + " (expected: 0 or 1)");
    }
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Pooling.attributes(window).with("storage_order", storageOrder);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    TensorType y = Pooling.output(in, window);
    return List.of(y, y.withDType(DType.INT64));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    if (!ctx.wants(1)) {
      Pooling.evaluate(x, y, window, (values, plane, taps, padded) -> values[plane + largest(values, plane, taps)]);
      return;
    }
    Tensor indices = ctx.output(1);
    long[] plane = Arrays.copyOfRange(x.dims(), 2, x.rank());
    long planeSize = Shape.product(plane);
    int[] at = {0};
    Pooling.evaluate(x, y, window, (values, start, taps, padded) -> {
      int tap = largest(values, start, taps);
      indices.setLong(at[0]++, start + (storageOrder == 0 ? tap : columnMajor(tap, plane)));
      return values[start + tap];
    });
  }

  /** The first of the largest elements; a NaN is larger than any number. */
  private static int largest(double[] values, int plane, int[] taps) {
    if (taps.length == 0) {
      throw new SlipwayException("a window that holds nothing but padding (expected: smaller pads or dilations)");
    }
    int best = taps[0];
    for (int tap : taps) {
      double value = values[plane + tap];
      double largest = values[plane + best];
      best = value > largest || Double.isNaN(value) && !Double.isNaN(largest) ? tap : best;
    }
    return best;
  }

  private static long columnMajor(long index, long[] dims) {
    long stride = Shape.product(dims);
    long result = 0;
    for (int axis = dims.length - 1; axis >= 0; axis--) {
      stride /= dims[axis];
      result += index % dims[axis] * stride;
      index /= dims[axis];
    }
    return result;
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Pooling.cost(window, in, out, 1, -1);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return Pooling.axisFlow();
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.PassThrough();
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.EXACT;
  }
}
