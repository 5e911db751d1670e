package dev.slipway.operators;

import dev.slipway.graph.AttributeSpec.Kind;
import dev.slipway.graph.Attributes;
import dev.slipway.graph.Cost;
import dev.slipway.graph.Graph;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.QuantizationRule;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Runs a body once for each element of a sequence and collects the results in sequences. Further sequences are read
 * element by element beside it; tensors and captures are the same each time.
 *
 * @param captures how many of the last inputs are captured values
 */
public record SequenceMap(Graph body, long captures) implements Op {
  static final OpDefinition DEFINITION = OpSchema.named("SequenceMap")
      .since(17)
      .input("input_sequence", Sequences.S)
      .heterogeneousInput("additional_inputs_and_captures")
      .heterogeneousOutput("out_sequence")
      .requiredAttribute("body", Kind.GRAPH)
      .attribute("captures", 0)
      .create(attributes -> new SequenceMap(attributes.graph("body"), attributes.integer("captures", 0)));

  @Override
  public OpSchema schema() {
    return DEFINITION.schema();
  }

  @Override
  public Attributes attributes() {
    return Attributes.of("body", body).with("captures", captures);
  }

  @Override
  public List<ValueType> inferTypes(InferenceContext in) {
    Sequences.type(in, 0);
    List<ValueType> inputs = new ArrayList<>(Subgraphs.types(in, 0));
    for (int port = 0; port < inputs.size() - captures; port++) {
      if (inputs.get(port) instanceof ValueType.SequenceType(ValueType element)) {
        inputs.set(port, element);
      }
    }
    List<ValueType> results = Subgraphs.outputs(body, inputs);
    return IntStream.range(0, results.size())
        .mapToObj(i -> Subgraphs.escape(in, "out" + i, new ValueType.SequenceType(results.get(i))))
        .toList();
  }

  @Override
  public void evaluate(ReferenceContext ctx) {
    int length = Sequences.input(ctx, 0).elements().size();
    List<List<Datum>> collected = new ArrayList<>();
    body.outputs().forEach((name, id) -> collected.add(new ArrayList<>()));
    for (int i = 0; i < length; i++) {
      List<Datum> results = ctx.run(body, inputs(ctx, i, length));
      for (int k = 0; k < collected.size(); k++) {
        collected.get(k).add(results.get(k));
      }
    }
    List<ValueType> types = body.outputs().values().stream().map(body::type).toList();
    for (int port = 0; port < ctx.outputCount(); port++) {
      ctx.set(port, length == 0
          ? new Datum.Sequence(new ValueType.SequenceType(types.get(port)), List.of())
          : Sequences.of(collected.get(port)));
    }
  }

  private List<Datum> inputs(ReferenceContext ctx, int i, int length) {
    List<Datum> inputs = new ArrayList<>();
    for (int port = 0; port < ctx.inputCount(); port++) {
      boolean captured = port >= ctx.inputCount() - captures;
      inputs.add(captured || !(ctx.inputDatum(port) instanceof Datum.Sequence sequence)
          ? ctx.inputDatum(port)
          : element(sequence, port, i, length));
    }
    return inputs;
  }

  private static Datum element(Datum.Sequence sequence, int port, int i, int length) {
    if (sequence.elements().size() != length) {
      throw new SlipwayException("input " + port + ": " + sequence.elements().size() + " elements (expected: " + length
          + ", as the first sequence has)");
    }
    return sequence.elements().get(i);
  }

  /** One iteration; how many there are is not known. */
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
    return new SequenceMap(subgraphs.getFirst(), captures);
  }
}
