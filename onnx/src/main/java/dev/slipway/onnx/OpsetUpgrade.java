package dev.slipway.onnx;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.ValueId;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * Brings nodes of older opsets to the newest form, step by step. A change that only adds optional inputs, attributes
 * or types needs no step. Source: docs/Changelog.md of ONNX.
 */
final class OpsetUpgrade {
  private OpsetUpgrade() {}

  /** A change of one operator's form. */
  @FunctionalInterface
  interface Adapter {
    ImportedNode apply(ImportedNode node, UpgradeContext context);
  }

  /** Turns forms of an operator from before an opset into the form of that opset. */
  record Step(String operator, long before, Adapter adapter) {}

  private static final List<Step> STEPS = steps();

  private static List<Step> steps() {
    List<Step> steps = new ArrayList<>();
    for (String operator : List.of(
        "Add", "Sub", "Mul", "Div", "Pow", "And", "Or", "Xor", "Equal", "Greater", "Less")) {
      steps.add(new Step(operator, 7, OpsetUpgrade::broadcastFromAxis));
    }
    for (String operator : List.of("ReduceL1", "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceMax", "ReduceMean",
        "ReduceMin", "ReduceProd", "ReduceSumSquare")) {
      steps.add(new Step(operator, 18, OpsetUpgrade::axesToInput));
    }
    for (String operator : List.of("ReduceSum", "Squeeze", "Unsqueeze")) {
      steps.add(new Step(operator, 13, OpsetUpgrade::axesToInput));
    }
    for (String operator : List.of("Softmax", "LogSoftmax", "Hardmax")) {
      steps.add(new Step(operator, 13, OpsetUpgrade::overMatrix));
    }
    for (String operator : List.of("RNN", "GRU", "LSTM")) {
      steps.add(new Step(operator, 7, (node, context) -> node.without("output_sequence")));
    }
    steps.addAll(List.of(
        new Step("BatchNormalization", 9, OpsetUpgrade::spatialOnly),
        new Step("BatchNormalization", 14, OpsetUpgrade::trainingFromOutputs),
        new Step("Cast", 6, OpsetUpgrade::typeFromName),
        new Step("Clip", 11, OpsetUpgrade::boundsToInputs),
        new Step("Concat", 4, OpsetUpgrade::concatAxis),
        new Step("DFT", 20, OpsetUpgrade::transformAxisToInput),
        new Step("Dropout", 12, OpsetUpgrade::ratioToInput),
        new Step("Gemm", 7, (node, context) -> node.without("broadcast")),
        new Step("GridSample", 20, OpsetUpgrade::gridModes),
        new Step("GroupNormalization", 21, OpsetUpgrade::scalePerChannel),
        new Step("PRelu", 7, OpsetUpgrade::slopePerChannel),
        new Step("Pad", 2, OpsetUpgrade::padsFromPaddings),
        new Step("Pad", 11, OpsetUpgrade::padsToInputs),
        new Step("Reshape", 5, (node, context) -> attributeToInput(node, context, "shape", 1)),
        new Step("Resize", 11, OpsetUpgrade::asymmetricResize),
        new Step("Resize", ImportedNode.NEWEST, OpsetUpgrade::withoutEmptyScales),
        new Step("RoiAlign", 16, OpsetUpgrade::roiWithoutHalfPixel),
        new Step("Scan", 9, ScanWithBatch::upgrade),
        new Step("Scatter", 11, (node, context) -> node.as("ScatterElements", node.attributes(), node.inputs())),
        new Step("Slice", 10, OpsetUpgrade::slicesToInputs),
        new Step("Split", 13, (node, context) -> attributeToInput(node, context, "split", 1)),
        new Step("Split", 18, OpsetUpgrade::equalParts),
        new Step("TopK", 10, OpsetUpgrade::countToInput),
        new Step("Upsample", 9, OpsetUpgrade::scalesToInput),
        new Step("Upsample", ImportedNode.NEWEST, OpsetUpgrade::upsampleToResize)));
    return List.copyOf(steps);
  }

  /** The node in the form that Slipway's operators have; nodes that it needs before it are added to the graph. */
  static ImportedNode upgrade(ImportedNode node, UpgradeContext context) {
    ImportedNode upgraded = node.opset() < 6 ? node.without("consumed_inputs") : node;
    for (Step step : STEPS) {
      if (upgraded.opset() < step.before() && upgraded.type().equals(step.operator())) {
        upgraded = step.adapter().apply(upgraded, context);
      }
    }
    return upgraded;
  }

  /** A list of integers that became an input. */
  private static ImportedNode attributeToInput(
      ImportedNode node, UpgradeContext context, String attribute, int port) {
    if (!node.attributes().has(attribute)) {
      return node;
    }
    List<Long> values = node.attributes().integers(attribute);
    return node.without(attribute).withInput(port, context.vector(attribute, values));
  }

  private static ImportedNode axesToInput(ImportedNode node, UpgradeContext context) {
    return attributeToInput(node, context, "axes", 1);
  }

  /** Before opset 7 the second operand broadcast only where asked for, from the axis given. */
  private static ImportedNode broadcastFromAxis(ImportedNode node, UpgradeContext context) {
    ImportedNode plain = node.without("axis", "broadcast");
    if (!node.attributes().flag("broadcast") || !node.attributes().has("axis")) {
      return plain;
    }
    int rank = context.rank(node.inputs().get(0));
    int own = context.rank(node.inputs().get(1));
    long axis = node.attributes().integer("axis");
    long trailing = rank - (axis < 0 ? axis + rank : axis) - own;
    if (trailing < 0) {
      throw new InvalidGraphException(
          "attribute axis: " + axis + " (expected: an axis from which " + own + " axes of " + rank + " are left)");
    }
    return plain.withInput(1, withTrailingOnes(node.inputs().get(1), (int) trailing, context));
  }

  private static ImportedNode slopePerChannel(ImportedNode node, UpgradeContext context) {
    int rank = context.rank(node.inputs().get(0));
    ValueId slope = node.inputs().get(1);
    return context.rank(slope) == 1 && rank > 2 ? node.withInput(1, withTrailingOnes(slope, rank - 2, context)) : node;
  }

  private static ValueId withTrailingOnes(ValueId id, int ones, UpgradeContext context) {
    if (ones == 0) {
      return id;
    }
    Optional<Tensor> constant = context.constant(id);
    if (constant.isPresent()) {
      long[] dims = Arrays.copyOf(constant.get().dims(), constant.get().rank() + ones);
      Arrays.fill(dims, constant.get().rank(), dims.length, 1);
      return context.constant("reshaped", constant.get().reshape(dims));
    }
    List<Long> axes = LongStream.rangeClosed(-ones, -1).boxed().toList();
    return context.add("Unsqueeze", Attributes.NONE, id, context.vector("axes", axes));
  }

  /** Before opset 13 the input was taken as a matrix of the axes before and from {@code axis}. */
  private static ImportedNode overMatrix(ImportedNode node, UpgradeContext context) {
    ValueId x = node.inputs().getFirst();
    long axis = node.attributes().integer("axis", 1);
    if (axis == -1) {
      return node;
    }
    Shape shape = context.shape(x);
    int rank = context.rank(x);
    long from = axis < 0 ? axis + rank : axis;
    if (from < 0 || from > rank) {
      throw new InvalidGraphException("attribute axis: " + axis + " (expected: " + -rank + " to " + rank + ")");
    }
    if (from < rank && shape.slice((int) from + 1, rank).elements().is(1)) {
      return node.with(node.attributes().with("axis", from));
    }
    ValueId matrix = context.add("Flatten", Attributes.of("axis", from), x);
    ValueId result = context.add(node.type(), Attributes.of("axis", 1), matrix);
    return node.as("Reshape", Attributes.NONE, List.of(result, context.add("Shape", Attributes.NONE, x)));
  }

  private static ImportedNode spatialOnly(ImportedNode node, UpgradeContext context) {
    if (node.attributes().integer("spatial", 1) == 0 && context.rank(node.inputs().getFirst()) > 2) {
      throw new InvalidGraphException(
          "attribute spatial: 0 (expected: 1; statistics per element left ONNX in opset 9)");
    }
    return node.without("spatial", "is_test");
  }

  private static ImportedNode trainingFromOutputs(ImportedNode node, UpgradeContext context) {
    return node.outputs().size() == 1
        ? node
        : node.with(node.attributes().with("training_mode", 1))
            .withOutputs(node.outputs().subList(0, Math.min(3, node.outputs().size())));
  }

  private static ImportedNode typeFromName(ImportedNode node, UpgradeContext context) {
    if (!(node.attributes().values().get("to") instanceof String name)) {
      return node;
    }
    String label = switch (name.toUpperCase(Locale.ROOT)) {
      case "FLOAT" -> "float32";
      case "DOUBLE" -> "float64";
      default -> name.toLowerCase(Locale.ROOT);
    };
    DType dtype = DType.ofLabel(label).orElseThrow(
        () -> new InvalidGraphException("attribute to: " + name + " (expected: an element type such as FLOAT)"));
    return node.with(node.attributes().with("to", dtype));
  }

  private static ImportedNode boundsToInputs(ImportedNode node, UpgradeContext context) {
    return boundToInput(boundToInput(node, context, "min", 1), context, "max", 2);
  }

  private static ImportedNode boundToInput(ImportedNode node, UpgradeContext context, String attribute, int port) {
    if (!node.attributes().has(attribute)) {
      return node;
    }
    DType dtype = context.dtype(node.inputs().getFirst());
    Tensor bound = Tensor.scalar(dtype, node.attributes().real(attribute));
    return node.without(attribute).withInput(port, context.constant(attribute, bound));
  }

  private static ImportedNode concatAxis(ImportedNode node, UpgradeContext context) {
    return node.with(node.attributes().with("axis", node.attributes().integer("axis", 1)));
  }

  private static ImportedNode transformAxisToInput(ImportedNode node, UpgradeContext context) {
    Tensor axis = Tensor.scalar(node.attributes().integer("axis", 1));
    return node.without("axis").withInput(2, context.constant("axis", axis));
  }

  private static ImportedNode ratioToInput(ImportedNode node, UpgradeContext context) {
    Tensor ratio = Tensor.scalar(node.attributes().real("ratio", 0.5f));
    return node.without("ratio", "is_test").withInput(1, context.constant("ratio", ratio));
  }

  private static ImportedNode gridModes(ImportedNode node, UpgradeContext context) {
    String mode = switch (node.attributes().string("mode", "bilinear")) {
      case "bilinear" -> "linear";
      case "bicubic" -> "cubic";
      case String other -> other;
    };
    return node.with(node.attributes().with("mode", mode));
  }

  /** Before opset 21 there was one scale and bias for each group, now there is one for each channel. */
  private static ImportedNode scalePerChannel(ImportedNode node, UpgradeContext context) {
    long groups = node.attributes().integer("num_groups");
    Shape x = context.shape(node.inputs().getFirst());
    if (!x.ranked() || x.rank() < 2 || !(x.dim(1) instanceof Dim.Known(long channels)) || groups < 1) {
      throw new InvalidGraphException("shape: " + x + " (expected: a known number of channels on axis 1)");
    }
    ImportedNode upgraded = node;
    for (int port = 1; port <= 2 && port < node.inputs().size(); port++) {
      String name = port == 1 ? "scale" : "bias";
      ValueId column = context.add(
          "Reshape", Attributes.NONE, node.inputs().get(port), context.vector(name + ".column", List.of(groups, 1L)));
      ValueId rows = context.add("Expand", Attributes.NONE, column,
          context.vector(name + ".rows", List.of(groups, channels / groups)));
      upgraded = upgraded.withInput(port,
          context.add("Reshape", Attributes.NONE, rows, context.vector(name + ".channels", List.of(channels))));
    }
    return upgraded;
  }

  private static ImportedNode padsFromPaddings(ImportedNode node, UpgradeContext context) {
    return node.attributes().has("paddings")
        ? node.with(node.attributes().with("pads", node.attributes().integers("paddings")).without("paddings"))
        : node;
  }

  private static ImportedNode padsToInputs(ImportedNode node, UpgradeContext context) {
    ImportedNode upgraded = attributeToInput(node, context, "pads", 1);
    if (!node.attributes().has("value")) {
      return upgraded;
    }
    DType dtype = context.dtype(node.inputs().getFirst());
    Tensor value = Tensor.scalar(dtype, node.attributes().real("value"));
    return upgraded.without("value").withInput(2, context.constant("value", value));
  }

  private static ImportedNode asymmetricResize(ImportedNode node, UpgradeContext context) {
    return node
        .with(asymmetric(node.attributes()))
        .withInputs(node.inputs().getFirst(), ValueId.ABSENT, node.inputs().get(1))
        .withOpset(ImportedNode.NEWEST);
  }

  private static Attributes asymmetric(Attributes attributes) {
    return attributes.with("coordinate_transformation_mode", "asymmetric").with("nearest_mode", "floor");
  }

  /** In opset 11 the scales had to be there, empty, beside sizes; exporters write empty regions and scales since. */
  private static ImportedNode withoutEmptyScales(ImportedNode node, UpgradeContext context) {
    ImportedNode upgraded = node;
    for (int port = 1; port <= 2; port++) {
      if (upgraded.has(port)
          && context.constant(upgraded.inputs().get(port)).filter(t -> t.elementCount() == 0).isPresent()) {
        upgraded = upgraded.withInput(port, ValueId.ABSENT);
      }
    }
    return upgraded;
  }

  private static ImportedNode roiWithoutHalfPixel(ImportedNode node, UpgradeContext context) {
    return node.with(node.attributes().with("coordinate_transformation_mode", "output_half_pixel"));
  }

  private static ImportedNode slicesToInputs(ImportedNode node, UpgradeContext context) {
    ImportedNode upgraded = attributeToInput(node, context, "starts", 1);
    upgraded = attributeToInput(upgraded, context, "ends", 2);
    return attributeToInput(upgraded, context, "axes", 3);
  }

  private static ImportedNode equalParts(ImportedNode node, UpgradeContext context) {
    return node.has(1) ? node : node.with(node.attributes().with("num_outputs", node.outputs().size()));
  }

  private static ImportedNode countToInput(ImportedNode node, UpgradeContext context) {
    long count = node.attributes().integer("k");
    return node.without("k").withInput(1, context.vector("k", Collections.singletonList(count)));
  }

  private static ImportedNode scalesToInput(ImportedNode node, UpgradeContext context) {
    Attributes attributes = node.attributes();
    List<Float> scales = attributes.has("scales")
        ? attributes.reals("scales")
        : List.of(1f, 1f, attributes.real("height_scale"), attributes.real("width_scale"));
    Tensor tensor = Tensor.allocate(DType.FLOAT32, scales.size());
    for (int i = 0; i < scales.size(); i++) {
      tensor.setDouble(i, scales.get(i));
    }
    return node.without("scales", "height_scale", "width_scale").withInput(1, context.constant("scales", tensor));
  }

  private static ImportedNode upsampleToResize(ImportedNode node, UpgradeContext context) {
    String mode = node.attributes().string("mode", "nearest");
    return node.as("Resize", asymmetric(Attributes.of("mode", mode.equals("bilinear") ? "linear" : mode)),
        List.of(node.inputs().get(0), ValueId.ABSENT, node.inputs().get(1)));
  }
}
