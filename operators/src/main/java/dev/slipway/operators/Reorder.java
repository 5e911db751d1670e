package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
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
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** The same elements in another layout; channels that pad a block are zeros. */
public record Reorder(Layout layout) implements Op {
  private static final TypeConstraint T = TypeConstraint.of("T", wholeBytes());
  static final OpDefinition DEFINITION = OpSchema.named("slipway", "Reorder")
      .input("X", T)
      .output("Y", T)
      .requiredAttribute("layout", Kind.STRING)
      .create(attributes -> new Reorder(layout(attributes.string("layout"))));

  private static Set<DType> wholeBytes() {
    Set<DType> types = EnumSet.copyOf(DType.ALL);
    types.removeIf(dtype -> dtype.bits() < 8);
    return types;
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("layout", layout.toString());
  }

  @Override
  public List<TensorType> inferTypes(InferenceContext in) {
    TensorType x = in.tensor(0);
    if (layout != Layout.CONTIGUOUS && x.shape().ranked() && x.shape().rank() < 2) {
      throw new InvalidGraphException(
          "shape: " + x.shape() + " (expected: a rank of at least 2 for layout " + layout + ")");
    }
    return List.of(x.withLayout(layout));
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    Tensor x = ctx.input(0);
    Tensor y = ctx.output(0);
    MemorySegment from = x.data();
    MemorySegment to = y.data().fill((byte) 0);
    long[] dims = x.dims();
    int width = x.dtype().bits() / 8;
    long count = x.elementCount();
    for (long i = 0; i < count; i++) {
      long source = storageIndex(x.type().layout(), dims, i) * width;
      MemorySegment.copy(from, source, to, storageIndex(layout, dims, i) * width, width);
    }
  }

  /** Where the element of a row-major index lies. */
  private static long storageIndex(Layout layout, long[] dims, long index) {
    return switch (layout) {
      case Layout.Contiguous contiguous -> index;
      case Layout.Blocked(int block) -> {
        long spatial = Shape.product(Arrays.copyOfRange(dims, 2, dims.length));
        long position = index % spatial;
        long channel = index / spatial % dims[1];
        long batch = index / spatial / dims[1];
        long blocks = Math.ceilDiv(dims[1], block);
        yield ((batch * blocks + channel / block) * spatial + position) * block + channel % block;
      }
      case Layout.ChannelsLast last -> {
        long spatial = Shape.product(Arrays.copyOfRange(dims, 2, dims.length));
        long channel = index / spatial % dims[1];
        long pixel = index / spatial / dims[1] * spatial + index % spatial;
        yield pixel * last.storedChannels(dims[1]) + channel;
      }
    };
  }

  private static Layout layout(String text) {
    return Layout.parse(text).orElseThrow(() -> new InvalidGraphException(
        "attribute layout: " + text + " (expected: contiguous, or c and a block such as c16)"));
  }

  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Cost.movement(in, out);
  }

  @Override
  public AxisFlow axisFlow(List<TensorType> in) {
    return AxisFlow.identity(in.getFirst().shape());
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
