package dev.slipway.operators;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.AxisFlow;
import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * A product of matrices of bytes …×M×K and K×N as integer kernels compute it, the quantisation of its result included.
 * The builder makes it from DequantizeLinear, MatMul or Gemm, and QuantizeLinear; {@link QuantizedProduct} has its
 * definition, the columns being the channels.
 *
 * @param xZeroPoint of x; of no meaning where it is an input. The scale of x may be one for each row
 * @param wZeroPoint of all weights
 * @param rounding how a result becomes a byte; empty where it stays float32
 */
public record QuantizedMatMul(int xZeroPoint, int wZeroPoint, Optional<ByteRounding> rounding) implements Op {
  static final OpDefinition DEFINITION = QuantizedProduct.declare("QuantizedMatMul")
      .create(attributes -> new QuantizedMatMul(
          Math.toIntExact(attributes.integer("x_zero_point", 0)),
          Math.toIntExact(attributes.integer("w_zero_point", 0)),
          ByteRounding.of(attributes)));

  public QuantizedMatMul {
    ByteRounding.requireByte("x_zero_point", xZeroPoint);
  }

  /** Without zero points of weights. */
  public QuantizedMatMul(int xZeroPoint, Optional<ByteRounding> rounding) {
    this(xZeroPoint, 0, rounding);
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    Attributes attributes = Attributes.of("x_zero_point", xZeroPoint).with("w_zero_point", wZeroPoint);
    return rounding.map(own -> own.addTo(attributes)).orElse(attributes);
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = in.tensor(0).shape();
    Shape y = MatrixProduct.shape(x, in.tensor(1).shape());
    if (y.ranked()) {
      QuantizedProduct.checkChannels(in, y.dim(-1), QuantizeRows.scales(x));
    }
    return List.of(TensorType.of(ByteRounding.dtype(rounding), y));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    double[] sums = MatrixProduct.multiply(
        QuantizedProduct.activations(ctx, xZeroPoint),
        ctx.input(0).shape(),
        QuantizedProduct.centered(ctx.input(1), wZeroPoint),
        ctx.input(1).shape());
    QuantizedProduct.finish(ctx, sums, 1, rounding);
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return MatrixProduct.cost(in.getFirst().shape(), in, out);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return MatrixProduct.axisFlow(in.getFirst().shape(), 1, in.get(1).shape());
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("it is quantised already");
  }

  @Override
  public Tolerance tolerance(DType dtype) {
    return Tolerance.EXACT;
  }
}
