package dev.slipway.graph;

import dev.slipway.tensor.Datum;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Runs operators by {@link Op#evaluate}, one node after the other: slow, obvious, and the oracle of every test. Not
 * thread-safe; make one for each thread.
 */
public final class Interpreter {
  private final RandomGenerator random;

  public Interpreter(RandomGenerator random) {
    this.random = random;
  }

  /** An interpreter whose random operators draw from a fixed seed. */
  public Interpreter() {
    this(new java.util.SplittableRandom(0));
  }

  /**
   * Runs a graph.
   *
   * @param inputs one for each input of the graph, in order
   * @return one for each output, in order
   */
  public List<Datum> run(Graph graph, List<Datum> inputs) {
    if (inputs.size() != graph.inputs().size()) {
      throw new SlipwayException(
          "inputs of graph " + graph.name() + ": " + inputs.size() + " (expected: " + graph.inputs().size() + ")");
    }
    Map<ValueId, Datum> values = new HashMap<>(graph.constants());
    for (int i = 0; i < inputs.size(); i++) {
      values.put(graph.inputs().get(i), inputs.get(i));
    }
    Map<ValueId, Integer> uses = uses(graph);
    for (Node node : graph.nodes()) {
      List<Optional<Datum>> arguments = new ArrayList<>(node.inputs().size());
      for (ValueId id : node.inputs()) {
        arguments.add(Optional.ofNullable(values.get(id)));
      }
      List<Boolean> wanted = node.outputs().stream().map(ValueId::isPresent).toList();
      List<Optional<Datum>> results = evaluate(node.name(), node.op(), arguments, wanted);
      for (int i = 0; i < results.size(); i++) {
        if (results.get(i).isPresent()) {
          values.put(node.output(i), results.get(i).get());
        }
      }
      for (ValueId id : node.inputs()) {
        if (uses.merge(id, -1, Integer::sum) == 0) {
          values.remove(id);
        }
      }
    }
    return graph.outputs().values().stream().map(values::get).toList();
  }

  /** Evaluates one operator; results that are not wanted are empty. */
  public List<Optional<Datum>> evaluate(
      String node, Op op, List<Optional<Datum>> arguments, List<Boolean> wanted) {
    List<TypeInference.Input> typed = new ArrayList<>(arguments.size());
    for (Optional<Datum> argument : arguments) {
      typed.add(argument.map(Interpreter::inferenceInput).orElse(TypeInference.Input.ABSENT));
    }
    TypeInference.Result inferred = TypeInference.infer(node, op, typed, wanted.size());
    Evaluation evaluation = new Evaluation(arguments, wanted, inferred.types());
    try {
      op.evaluate(evaluation);
    } catch (SlipwayException e) {
      throw new SlipwayException("node " + node + " (" + op.schema().qualifiedName() + "): " + e.getMessage(), e);
    } catch (IndexOutOfBoundsException | ArithmeticException e) {
      List<ValueType> types = arguments.stream().flatMap(Optional::stream).map(Datum::type).toList();
      throw new SlipwayException("node " + node + " (" + op.schema().qualifiedName() + "): inputs " + types
          + " (expected: sizes that fit together; " + e.getMessage() + ")", e);
    }
    return evaluation.results(node, op);
  }

  /** Evaluates one operator on tensors that are all present and gives its first output. */
  public Tensor evaluate(Op op, Tensor... arguments) {
    List<Optional<Datum>> present = new ArrayList<>();
    for (Tensor argument : arguments) {
      present.add(Optional.of(argument));
    }
    return (Tensor) evaluate(op.schema().name(), op, present, List.of(true)).getFirst().orElseThrow();
  }

  private static TypeInference.Input inferenceInput(Datum datum) {
    return datum instanceof Tensor tensor
        ? TypeInference.Input.of(tensor)
        : TypeInference.Input.of(datum.type());
  }

  private static Map<ValueId, Integer> uses(Graph graph) {
    Map<ValueId, Integer> uses = new HashMap<>();
    graph.nodes().forEach(node -> node.inputs().forEach(id -> uses.merge(id, 1, Integer::sum)));
    graph.outputs().values().forEach(id -> uses.merge(id, 1, Integer::sum));
    return uses;
  }

  private final class Evaluation implements ReferenceContext {
    private final List<Optional<Datum>> arguments;
    private final List<Boolean> wanted;
    private final List<ValueType> types;
    private final Datum[] results;

    Evaluation(List<Optional<Datum>> arguments, List<Boolean> wanted, List<ValueType> types) {
      this.arguments = arguments;
      this.wanted = wanted;
      this.types = types;
      this.results = new Datum[wanted.size()];
    }

    @Override
    public int inputCount() {
      return arguments.size();
    }

    @Override
    public int outputCount() {
      return wanted.size();
    }

    @Override
    public boolean has(int port) {
      return port < arguments.size() && arguments.get(port).isPresent();
    }

    @Override
    public boolean wants(int port) {
      return port < wanted.size() && wanted.get(port);
    }

    @Override
    public Datum inputDatum(int port) {
      if (!has(port)) {
        throw new SlipwayException("input " + port + ": missing (expected: a value)");
      }
      return arguments.get(port).get();
    }

    @Override
    public Tensor output(int port) {
      if (!(types.get(port) instanceof TensorType type) || !type.shape().isKnown()) {
        throw new IllegalStateException("output " + port + ": " + types.get(port) + " depends on data");
      }
      return put(port, allocate(type));
    }

    @Override
    public Tensor output(int port, long... dims) {
      return put(port, allocate(TensorType.of(((TensorType) types.get(port)).dtype(), dims)));
    }

    @Override
    public void set(int port, Datum value) {
      if (port < results.length) {
        results[port] = value;
      }
    }

    @Override
    public List<Datum> run(Graph subgraph, List<Datum> inputs) {
      return Interpreter.this.run(subgraph, inputs);
    }

    @Override
    public RandomGenerator random() {
      return random;
    }

    private static Tensor allocate(TensorType type) {
      try {
        return Tensor.allocate(type);
      } catch (OutOfMemoryError e) {
        throw new SlipwayException("output: " + type + " (expected: a size that fits in memory)", e);
      }
    }

    private Tensor put(int port, Tensor tensor) {
      results[port] = tensor;
      return tensor;
    }

    private List<Optional<Datum>> results(String node, Op op) {
      for (int i = 0; i < results.length; i++) {
        if (wanted.get(i) && results[i] == null) {
          throw new IllegalStateException("node " + node + " (" + op.schema().qualifiedName() + "): output " + i
              + " was not computed");
        }
      }
      return Arrays.stream(results).map(Optional::ofNullable).toList();
    }
  }
}
