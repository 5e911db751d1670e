package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** Channels become blocks of pixels: N×C×H×W to N×C/b²×Hb×Wb. */
public record DepthToSpace(long blockSize, BlockOrder order) implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  static final OpDefinition DEFINITION = OpSchema.named("DepthToSpace")
      .since(13)
      .input("input", T)
      .output("output", T)
      .requiredAttribute("blocksize", Kind.INT)
      .attribute("mode", "DCR")
      .create(attributes -> new DepthToSpace(
          attributes.integer("blocksize"), BlockOrder.of(attributes.string("mode", "DCR"))));

  public DepthToSpace {
    BlockOrder.requireBlockSize(blockSize);
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("blocksize", blockSize).with("mode", order.name());
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    Shape x = BlockOrder.requireImages(in.tensor(0).shape());
    if (!x.ranked()) {
      return List.of(TensorType.of(in.tensor(0).dtype(), ShapeInput.fresh(in, 4)));
    }
    Dim channels = BlockOrder.divide("channels", x.dim(1), blockSize * blockSize);
    Shape y = Shape.of(x.dim(0), channels, x.dim(2).times(blockSize), x.dim(3).times(blockSize));
    return List.of(TensorType.of(in.tensor(0).dtype(), y));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    long b = blockSize;
    long channels = y.dim(1);
    StridedView from = order == BlockOrder.DCR
        ? StridedView.of(x, x.dim(0), b, b, channels, x.dim(2), x.dim(3)).transpose(0, 3, 4, 1, 5, 2)
        : StridedView.of(x, x.dim(0), channels, b, b, x.dim(2), x.dim(3)).transpose(0, 1, 4, 2, 5, 3);
    from.copyTo(StridedView.of(y, x.dim(0), channels, x.dim(2), b, x.dim(3), b));
  }
}
