package dev.slipway.operators;

import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/**
 * Quantises each row, all elements along the last axis, to uint8 with the zero point {@link #ZERO_POINT} and the scale
 * {@code max(max |x| * 1/127, smallest normal float)}, which the second output has: …×K gives …×1 scales. Rows are
 * finite. The builder makes it from the standard operators that {@code slipway quantize --dynamic per-token} writes.
 */
public record QuantizeRows() implements Op {
  /** What 0 becomes. */
  public static final int ZERO_POINT = 128;

  /** The factor from a row's largest magnitude to its scale. */
  public static final float STEP = 1f / 127;

  /** The least scale, so that rows of zeros have one. */
  public static final float LEAST_SCALE = Float.MIN_NORMAL;

  private static final TypeConstraint FLOATS = TypeConstraint.of("T1", DType.FLOAT32);
  private static final TypeConstraint BYTES = TypeConstraint.of("T2", DType.UINT8);
  static final OpDefinition DEFINITION = OpSchema.named("slipway", "QuantizeRows")
      .input("x", FLOATS)
      .output("y", BYTES)
      .output("y_scale", FLOATS)
      .create(attributes -> new QuantizeRows());

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    return List.of(TensorType.of(DType.UINT8, x), TensorType.of(DType.FLOAT32, scales(x)));
  }

  /** The shape of the scales of the rows of x. */
  static Shape scales(Shape x) {
    return x.ranked() && x.rank() > 0 ? x.with(x.rank() - 1, Dim.ONE) : x;
  }

  /** The scale of a row of this largest magnitude. */
  public static float scale(float magnitude) {
    return Math.max(magnitude * STEP, LEAST_SCALE);
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    float[] x = ctx.input(0).toFloats();
    Tensor y = ctx.output(0);
    Tensor scales = ctx.output(1);
    int rows = Math.toIntExact(scales.elementCount());
    int columns = rows == 0 ? 0 : x.length / rows;
    for (int row = 0; row < rows; row++) {
      float magnitude = 0;
      for (int i = row * columns; i < (row + 1) * columns; i++) {
        magnitude = Math.max(magnitude, Math.abs(x[i]));
      }
      float scale = scale(magnitude);
      for (int i = row * columns; i < (row + 1) * columns; i++) {
        Quantization.put(y, i, x[i] / scale, ZERO_POINT, true);
      }
      scales.setDouble(row, scale);
    }
  }

  /** A magnitude, a comparison, a division, a rounding and an addition for each element. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.elementwise(in, out, 5);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return AxisFlow.identity(in.getFirst().shape());
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("it is itself the border to integers");
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.EXACT;
  }
}
