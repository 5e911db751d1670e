package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.Cost;
import dev.slipway.graph.Graph;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs a body once for each slice of some tensors. Inputs: states, scanned tensors, captures. The body takes states,
 * slices, captures; it gives states, and slices of the other outputs.
 *
 * @param scanned how many inputs are scanned
 * @param captures how many of the last inputs are captured values
 * @param inputAxes the axis along which each scanned input is cut; empty for 0
 * @param inputDirections 1 for each scanned input that is read backwards; empty for none
 * @param outputAxes the axis along which each scan output is stacked; empty for 0
 * @param outputDirections 1 for each scan output that is stacked backwards; empty for none
 */
public record Scan(
    Graph body,
    long scanned,
    long captures,
    List<Long> inputAxes,
    List<Long> inputDirections,
    List<Long> outputAxes,
    List<Long> outputDirections) implements Op {
  static final OpDefinition DEFINITION = OpSchema.named("Scan")
      .since(25)
      .heterogeneousInput("initial_state_and_scan_inputs")
      .heterogeneousOutput("final_state_and_scan_outputs")
      .requiredAttribute("body", Kind.GRAPH)
      .requiredAttribute("num_scan_inputs", Kind.INT)
      .attribute("scan_input_axes", Kind.INTS)
      .attribute("scan_input_directions", Kind.INTS)
      .attribute("scan_output_axes", Kind.INTS)
      .attribute("scan_output_directions", Kind.INTS)
      .attribute("captures", 0)
      .create(attributes -> new Scan(
          attributes.graph("body"),
          attributes.integer("num_scan_inputs"),
          attributes.integer("captures", 0),
          attributes.integers("scan_input_axes", List.of()),
          attributes.integers("scan_input_directions", List.of()),
          attributes.integers("scan_output_axes", List.of()),
          attributes.integers("scan_output_directions", List.of())));

  public Scan {
    inputAxes = List.copyOf(inputAxes);
    inputDirections = List.copyOf(inputDirections);
    outputAxes = List.copyOf(outputAxes);
    outputDirections = List.copyOf(outputDirections);
    long states = body.inputs().size() - scanned - captures;
    if (scanned < 1 || captures < 0 || states < 0 || states > body.outputs().size()) {
      throw new InvalidGraphException("body: " + body.inputs().size() + " inputs, " + scanned + " of them scanned, "
          + captures + " captures, " + body.outputs().size() + " outputs (expected: states, which it gives too, and at"
          + " least one scanned)");
    }
    requireLength("scan_input_axes", inputAxes, scanned);
    requireLength("scan_input_directions", inputDirections, scanned);
    requireLength("scan_output_axes", outputAxes, body.outputs().size() - states);
    requireLength("scan_output_directions", outputDirections, body.outputs().size() - states);
  }

  private static void requireLength(String name, List<Long> list, long length) {
    if (!list.isEmpty() && list.size() != length) {
      throw new InvalidGraphException("attribute " + name + ": " + list + " (expected: " + length + " numbers)");
    }
  }

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    Attributes attributes =
        Attributes.of("body", body).with("num_scan_inputs", scanned).with("captures", captures);
    attributes = inputAxes.isEmpty() ? attributes : attributes.with("scan_input_axes", inputAxes);
    attributes = inputDirections.isEmpty() ? attributes : attributes.with("scan_input_directions", inputDirections);
    attributes = outputAxes.isEmpty() ? attributes : attributes.with("scan_output_axes", outputAxes);
    return outputDirections.isEmpty() ? attributes : attributes.with("scan_output_directions", outputDirections);
  }

  private int states() {
    return (int) (body.inputs().size() - scanned - captures);
  }

  private int inputAxis(int scan, int rank) {
    return inputAxes.isEmpty() ? 0 : Axes.normalize(inputAxes.get(scan), rank);
  }

  private int outputAxis(int scan, int rank) {
    return outputAxes.isEmpty() ? 0 : Axes.normalize(outputAxes.get(scan), rank);
  }

  private static boolean isBackward(List<Long> directions, int scan) {
    return !directions.isEmpty() && directions.get(scan) == 1;
  }

  @Override
  public List<ValueType> inferTypes(InferenceContext in) {
    int states = states();
    List<ValueType> inputs = new ArrayList<>(Subgraphs.types(in, 0));
    Dim length = length(in);
    for (int scan = 0; scan < scanned; scan++) {
      TensorType type = in.tensor(states + scan);
      Shape shape = type.shape();
      inputs.set(states + scan, shape.ranked() ? type.withShape(without(shape, inputAxis(scan, shape.rank()))) : type);
    }
    List<ValueType> results = Subgraphs.steady(in, body, List.of(), inputs, states, 0);
    List<ValueType> types = new ArrayList<>();
    for (int i = 0; i < results.size(); i++) {
      ValueType type = i < states ? results.get(i) : stacked(results.get(i), i - states, length);
      types.add(Subgraphs.escape(in, "out" + i, type));
    }
    return types;
  }

  private Dim length(InferenceContext in) {
    Shape shape = in.tensor(states()).shape();
    return shape.ranked() ? shape.dim(inputAxis(0, shape.rank())) : in.freshDim("length");
  }

  private static Shape without(Shape shape, int axis) {
    return shape.slice(0, axis).concat(shape.slice(axis + 1, shape.rank()));
  }

  private ValueType stacked(ValueType type, int scan, Dim length) {
    return type instanceof TensorType tensor && tensor.shape().ranked()
        ? Subgraphs.stacked(type, outputAxis(scan, tensor.shape().rank() + 1), length)
        : type;
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    int states = states();
    List<Datum> values = ctx.inputs(0).subList(0, states);
    List<Datum> captured = ctx.inputs(states + (int) scanned);
    List<List<Tensor>> stacks = Subgraphs.stacks(body.outputs().size() - states);
    long length = ctx.input(states).dim(inputAxis(0, ctx.input(states).rank()));
    for (long i = 0; i < length; i++) {
      List<Datum> inputs = new ArrayList<>(values);
      for (int scan = 0; scan < scanned; scan++) {
        inputs.add(slice(ctx.input(states + scan), scan, i, length));
      }
      inputs.addAll(captured);
      List<Datum> results = ctx.run(body, inputs);
      values = results.subList(0, states);
      for (int k = 0; k < stacks.size(); k++) {
        stacks.get(k).add(Sequences.tensor(results.get(states + k)));
      }
    }
    for (int port = 0; port < ctx.outputCount(); port++) {
      ctx.set(port, port < states ? values.get(port) : stack(port - states, stacks.get(port - states)));
    }
  }

  private Tensor slice(Tensor x, int scan, long i, long length) {
    int axis = inputAxis(scan, x.rank());
    if (x.dim(axis) != length) {
      throw new SlipwayException("scanned input " + scan + ": " + x.type() + " (expected: " + length
          + " elements on axis " + axis + ")");
    }
    return TensorParts.element(x, axis, isBackward(inputDirections, scan) ? length - 1 - i : i);
  }

  private Tensor stack(int scan, List<Tensor> slices) {
    List<Tensor> ordered = isBackward(outputDirections, scan) ? slices.reversed() : slices;
    int axis = slices.isEmpty() ? 0 : outputAxis(scan, slices.getFirst().rank() + 1);
    return Subgraphs.stack(body, states() + scan, ordered, axis);
  }

  /** One iteration for each slice. */
  @Override
  public Cost cost(List<TensorType> in, List<TensorType> out) {
    return Subgraphs.cost(body);
  }

  @Override
  public QuantizationRule quantization() {
    return new QuantizationRule.KeepFloat("runs a subgraph");
  }

  @Override
  public List<Graph> subgraphs() {
    return List.of(body);
  }

  @Override
  public Op withSubgraphs(List<Graph> subgraphs) {
    return new Scan(
        subgraphs.getFirst(), scanned, captures, inputAxes, inputDirections, outputAxes, outputDirections);
  }
}
