package dev.slipway.vision;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.Graph;
import dev.slipway.graph.GraphBuilder;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Node;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.graph.ValueId;
import dev.slipway.operators.CudaRequest;
import dev.slipway.operators.CudaSource;
import dev.slipway.operators.KernelProvider;
import dev.slipway.operators.Operators;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A {@link Preprocessing} as the first layer of a network, so that an engine takes decoded pictures, uint8[N, H, W, C]:
 * on a GPU one kernel resizes, cuts, fills, reorders and normalises, with the same bits as on the CPU. The operator is
 * {@code vision.Preprocessing}; each size of pictures is a shape of its own.
 */
public final class PreprocessingLayer implements KernelProvider {
  private static final OpDefinition DEFINITION = OpSchema.named("vision", "Preprocessing")
      .input("pictures", TypeConstraint.of("P", DType.UINT8))
      .output("values", TypeConstraint.of("T", DType.FLOAT32))
      .requiredAttribute("source", Kind.STRING)
      .requiredAttribute("format", Kind.STRING)
      .requiredAttribute("order", Kind.STRING)
      .requiredAttribute("steps", Kind.STRINGS)
      .requiredAttribute("scale", Kind.STRING)
      .requiredAttribute("mean", Kind.STRINGS)
      .requiredAttribute("deviation", Kind.STRINGS)
      .create(Layer::of);

  /**
   * A network that takes pictures where it took prepared values.
   *
   * @param input its input of floats; it keeps the name, and the first dimension
   * @param source the channels of the pictures
   * @param order of the values that the network takes
   * @throws SlipwayException where there is no such input, or the prepared values do not fit it
   */
  public static Graph prepend(
      Graph network, String input, Preprocessing preprocessing, PixelFormat source, PixelOrder order) {
    List<String> inputs =
        network.inputs().stream().map(id -> network.value(id).name()).toList();
    ValueId replaced = network.input(input)
        .orElseThrow(() -> new SlipwayException("input " + input + ": unknown (expected: one of " + inputs + ")"));
    TensorType type = network.tensorType(replaced);
    if (!type.dtype().isFloat() || type.shape().ranked() && type.shape().rank() != 4) {
      throw new SlipwayException("input " + input + ": " + type + " (expected: floats of four dimensions)");
    }
    GraphBuilder builder = new GraphBuilder(network.name());
    network.metadata().forEach(builder::metadata);
    Map<ValueId, ValueId> copies = new HashMap<>(Map.of(ValueId.ABSENT, ValueId.ABSENT));
    for (ValueId id : network.inputs()) {
      copies.put(id, id.equals(replaced)
          ? prepared(builder, input, type, new Layer(preprocessing, source, order))
          : builder.input(network.value(id).name(), network.type(id)));
    }
    network.constants().forEach((id, tensor) -> copies.put(id, builder.constant(network.value(id).name(), tensor)));
    for (Node node : network.nodes()) {
      List<String> names =
          node.outputs().stream().map(id -> id.isPresent() ? network.value(id).name() : "").toList();
      List<ValueId> made = builder.add(node.name(), node.op(), node.inputs().stream().map(copies::get).toList(), names);
      for (int i = 0; i < names.size(); i++) {
        copies.put(node.outputs().get(i), made.get(i));
      }
    }
    network.outputs().forEach((name, id) -> builder.output(name, copies.get(id)));
    return builder.build();
  }

  private static ValueId prepared(GraphBuilder builder, String input, TensorType type, Layer layer) {
    Dim batch = type.shape().ranked() ? type.shape().dim(0) : Dim.symbol("batch");
    ValueId pictures = builder.input(input, TensorType.of(DType.UINT8, Shape.of(
        batch, Dim.symbol("picture_height"), Dim.symbol("picture_width"), Dim.of(layer.source.channels()))));
    ValueId values = builder.add("preprocessing", layer, List.of(pictures), List.of(input + "_prepared")).getFirst();
    Shape shape = ((TensorType) builder.type(values)).shape();
    for (int axis = 1; axis < 4 && type.shape().ranked(); axis++) {
      if (shape.dim(axis) instanceof Dim.Known && type.shape().dim(axis) instanceof Dim.Known
          && !shape.dim(axis).equals(type.shape().dim(axis))) {
        throw new SlipwayException("prepared pictures: " + shape + " (expected: " + type.shape() + ", as input " + input
            + " of the network has)");
      }
    }
    return type.dtype() == DType.FLOAT32
        ? values
        : builder.add(Operators.get("Cast").create(Attributes.of("to", type.dtype())), values);
  }

  @Override
  public List<OpDefinition> operators() {
    return List.of(DEFINITION);
  }

  @Override
  public List<CudaSource> cuda(CudaRequest request) {
    long[] dims = request.input(0).shape().known();
    return request.output(0).shape().elementCount() == 0
        ? List.of()
        : PreprocessingSource.of((Layer) request.op(), (int) dims[0], (int) dims[2], (int) dims[1]);
  }

  /** The operator. */
  record Layer(Preprocessing preprocessing, PixelFormat source, PixelOrder order) implements Op {

    static Layer of(Attributes attributes) {
      Normalization normalization = new Normalization(
          number(attributes.string("scale")),
          numbers(attributes.strings("mean")),
          numbers(attributes.strings("deviation")));
      List<ImageStep> steps =
          attributes.strings("steps").stream().map(StepText::parse).toList();
      return new Layer(
          new Preprocessing(StepText.one(PixelFormat.class, attributes.string("format")), steps, normalization),
          StepText.one(PixelFormat.class, attributes.string("source")),
          StepText.one(PixelOrder.class, attributes.string("order")));
    }

    private static double number(String text) {
      try {
        return Double.parseDouble(text);
      } catch (NumberFormatException e) {
        throw new InvalidGraphException("number: " + text + " (expected: a decimal number)", e);
      }
    }

    private static List<Double> numbers(List<String> texts) {
      return texts.stream().map(Layer::number).toList();
    }

    @Override
    public OpSchema schema() {
      return DEFINITION.schema();
    }

    @Override
    public Attributes attributes() {
      Normalization normalization = preprocessing.normalization();
      return Attributes.of("source", StepText.lower(source))
          .with("format", StepText.lower(preprocessing.format()))
          .with("order", StepText.lower(order))
          .with("steps", preprocessing.steps().stream().map(StepText::print).toList())
          .with("scale", Double.toString(normalization.scale()))
          .with("mean", normalization.mean().stream().map(mean -> Double.toString(mean)).toList())
          .with("deviation", normalization.deviation().stream().map(one -> Double.toString(one)).toList());
    }

    @Override
    public List<TensorType> inferTypes(InferenceContext in) {
      Shape shape = in.tensor(0).shape();
      if (!shape.ranked()) {
        return List.of(TensorType.of(DType.FLOAT32, Shape.UNRANKED));
      }
      if (shape.rank() != 4 || shape.dim(3) instanceof Dim.Known(long c) && c != source.channels()) {
        throw new InvalidGraphException("pictures: " + shape + " (expected: N×H×W×" + source.channels() + ")");
      }
      Dim height = shape.dim(1);
      Dim width = shape.dim(2);
      for (int i = 0; i < preprocessing.steps().size(); i++) {
        ImageStep step = preprocessing.steps().get(i);
        if (height instanceof Dim.Known(long h) && width instanceof Dim.Known(long w) && h > 0 && w > 0) {
          ImageStep.Placement placement = step.placement(Math.toIntExact(w), Math.toIntExact(h));
          height = Dim.of(placement.height());
          width = Dim.of(placement.width());
          continue;
        }
        switch (step) {
          case ImageStep.Resize resize -> {
            height = Dim.of(resize.height());
            width = Dim.of(resize.width());
          }
          case ImageStep.CenterCrop crop -> {
            height = Dim.of(crop.height());
            width = Dim.of(crop.width());
          }
          case ImageStep.Letterbox frame -> {
            height = Dim.of(frame.height());
            width = Dim.of(frame.width());
          }
          case ImageStep.ResizeShortSide _, ImageStep.Pad _ -> {
            height = in.freshDim("height" + i);
            width = in.freshDim("width" + i);
          }
        }
      }
      Dim channels = Dim.of(preprocessing.format().channels());
      return List.of(TensorType.of(DType.FLOAT32, order == PixelOrder.PLANAR
          ? Shape.of(shape.dim(0), channels, height, width)
          : Shape.of(shape.dim(0), height, width, channels)));
    }

    @Override
    public void evaluate(ReferenceContext ctx) {
      Tensor pictures = ctx.input(0);
      int height = Math.toIntExact(pictures.dim(1));
      int width = Math.toIntExact(pictures.dim(2));
      List<Image> images = new ArrayList<>();
      long bytes = (long) height * width * source.channels();
      for (long n = 0; n < pictures.dim(0); n++) {
        byte[] pixels = new byte[Math.toIntExact(bytes)];
        MemorySegment.copy(pictures.data(), n * bytes, MemorySegment.ofArray(pixels), 0, bytes);
        images.add(new Image(width, height, source, pixels));
      }
      if (images.isEmpty()) {
        return;
      }
      Tensor planar = preprocessing.apply(images);
      Tensor values = ctx.output(0);
      if (order == PixelOrder.PLANAR) {
        values.copyFrom(planar);
        return;
      }
      float[] from = planar.toFloats();
      float[] to = new float[from.length];
      int channels = preprocessing.format().channels();
      int plane = Math.toIntExact(planar.dim(2) * planar.dim(3));
      for (int i = 0; i < to.length; i++) {
        int n = i / (plane * channels);
        to[i] = from[(n * channels + i % channels) * plane + i / channels % plane];
      }
      values.set(to);
    }

    @Override
    public Tolerance tolerance(DType dtype) {
      return Tolerance.EXACT;
    }
  }
}
