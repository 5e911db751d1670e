package dev.slipway.runtime;

import dev.slipway.graph.Graph;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.TypeInference;
import dev.slipway.tensor.Datum;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.random.RandomGenerator;

/** The reference evaluation of a step on the values of a program. For one run of the step. */
final class StepEvaluation implements ReferenceContext {
  /** Where the values of a program are. */
  interface Values {
    Datum get(Operand operand);

    /** The memory of an operand that has some. */
    Tensor tensor(Operand.Memory operand);

    /** Keeps what has no planned memory. */
    void put(Operand.Slot slot, Datum value);
  }

  private final Step.Evaluate step;
  private final Values values;
  private final BiFunction<Graph, List<Datum>, List<Datum>> subgraphs;
  private final RandomGenerator random;
  /** Whether a result may hold on to an input, as a sequence does, beyond the time that its memory is the input's. */
  private final boolean outlives;
  private List<ValueType> actualTypes = List.of();

  StepEvaluation(
      Step.Evaluate step,
      Values values,
      BiFunction<Graph, List<Datum>, List<Datum>> subgraphs,
      RandomGenerator random) {
    this.step = step;
    this.values = values;
    this.subgraphs = subgraphs;
    this.random = random;
    this.outlives = step.outputs().stream().anyMatch(Operand.Slot.class::isInstance);
  }

  @Override
  public int inputCount() {
    return step.inputs().size();
  }

  @Override
  public int outputCount() {
    return step.outputs().size();
  }

  @Override
  public boolean has(int port) {
    return port < inputCount() && !(step.inputs().get(port) instanceof Operand.Absent);
  }

  @Override
  public boolean wants(int port) {
    return port < outputCount() && !(step.outputs().get(port) instanceof Operand.Absent);
  }

  @Override
  public Datum inputDatum(int port) {
    Datum value = values.get(step.inputs().get(port));
    if (value.type() instanceof TensorType type && type.layout() != Layout.CONTIGUOUS
        && !step.op().schema().qualifiedName().equals("slipway.Reorder")) {
      throw new IllegalStateException("node " + step.name() + ": reference evaluation of layout " + type.layout());
    }
    return outlives && value instanceof Tensor tensor && step.inputs().get(port) instanceof Operand.Memory
        ? tensor.copy(Arena.ofAuto())
        : value;
  }

  @Override
  public Tensor output(int port) {
    return switch (step.outputs().get(port)) {
      case Operand.Memory memory -> values.tensor(memory);
      case Operand.Slot slot -> {
        Tensor made = Tensor.allocate((TensorType) actualTypes().get(port));
        values.put(slot, made);
        yield made;
      }
      case Operand.Absent absent -> Tensor.allocate((TensorType) actualTypes().get(port));
      case Operand.Constant constant -> throw new IllegalStateException("constant as an output");
    };
  }

  @Override
  public Tensor output(int port, long... dims) {
    if (step.outputs().get(port) instanceof Operand.Memory) {
      return output(port);
    }
    Tensor made = Tensor.allocate(((TensorType) actualTypes().get(port)).dtype(), dims);
    set(port, made);
    return made;
  }

  @Override
  public void set(int port, Datum value) {
    if (!wants(port)) {
      return;
    }
    switch (step.outputs().get(port)) {
      case Operand.Memory memory -> values.tensor(memory).copyFrom((Tensor) value);
      case Operand.Slot slot -> values.put(slot, value);
      default -> {}
    }
  }

  @Override
  public List<Datum> run(Graph subgraph, List<Datum> values) {
    return subgraphs.apply(subgraph, values);
  }

  @Override
  public RandomGenerator random() {
    return random;
  }

  /** The output types for the inputs as they are now. */
  private List<ValueType> actualTypes() {
    if (actualTypes.isEmpty()) {
      List<TypeInference.Input> typed = new ArrayList<>();
      for (int i = 0; i < inputCount(); i++) {
        typed.add(!has(i) ? TypeInference.Input.ABSENT : switch (inputDatum(i)) {
          case Tensor tensor -> TypeInference.Input.of(tensor);
          case Datum other -> TypeInference.Input.of(other.type());
        });
      }
      actualTypes = TypeInference.infer(step.name(), step.op(), typed, outputCount()).types();
    }
    return actualTypes;
  }
}
