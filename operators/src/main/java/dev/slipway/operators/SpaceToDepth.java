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

/** Blocks of pixels become channels: N×C×H×W to N×Cb²×H/b×W/b. */
public record SpaceToDepth(long blockSize, BlockOrder order) implements DataMovement {
  private static final TypeConstraint T = TypeConstraint.of("T", DType.ALL);
  static final OpDefinition DEFINITION = OpSchema.named("SpaceToDepth")
      .since(13)
      .input("input", T)
      .output("output", T)
      .requiredAttribute("blocksize", Kind.INT)
      .attribute("mode", "DCR")
      .create(attributes -> new SpaceToDepth(
          attributes.integer("blocksize"), BlockOrder.of(attributes.string("mode", "DCR"))));

  public SpaceToDepth {
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
    Dim height = BlockOrder.divide("height", x.dim(2), blockSize);
    Dim width = BlockOrder.divide("width", x.dim(3), blockSize);
    Shape y = Shape.of(x.dim(0), x.dim(1).times(blockSize * blockSize), height, width);
    return List.of(TensorType.of(in.tensor(0).dtype(), y));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    long b = blockSize;
    long channels = x.dim(1);
    StridedView from = StridedView.of(x, x.dim(0), channels, y.dim(2), b, y.dim(3), b);
    if (order == BlockOrder.DCR) {
      from.transpose(0, 3, 5, 1, 2, 4).copyTo(StridedView.of(y, x.dim(0), b, b, channels, y.dim(2), y.dim(3)));
    } else {
      from.transpose(0, 1, 3, 5, 2, 4).copyTo(StridedView.of(y, x.dim(0), channels, b, b, y.dim(2), y.dim(3)));
    }
  }
}
