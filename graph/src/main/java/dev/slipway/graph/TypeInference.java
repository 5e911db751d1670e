package dev.slipway.graph;

import dev.slipway.tensor.Dim;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.SlipwayException;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;

/** Checks a node against its schema and asks its operator for the output types. */
public final class TypeInference {
  /** Sizes that depend on each other block after block would grow without end. */
  private static final int LARGEST_DIM = 64;

  /** An input as inference sees it; {@link #ABSENT} for one that is not there. */
  public record Input(Optional<ValueType> type, Optional<Tensor> constant, Optional<DimVector> dims) {
    public static final Input ABSENT = new Input(Optional.empty(), Optional.empty(), Optional.empty());

    /** A value of which only the type is known. */
    public static Input of(ValueType type) {
      return new Input(Optional.of(type), Optional.empty(), Optional.empty());
    }

    /** A constant. */
    public static Input of(Tensor constant) {
      return new Input(Optional.of(constant.type()), Optional.of(constant), DimVector.of(constant));
    }

    /** A value that is known as dimensions. */
    public static Input of(ValueType type, Optional<DimVector> dims) {
      return new Input(Optional.of(type), Optional.empty(), dims);
    }
  }

  /** The types of the outputs, and the first output as dimensions where it is known so. */
  public record Result(List<ValueType> types, Optional<DimVector> dims) {
    public Result {
      types = List.copyOf(types);
    }
  }

  private TypeInference() {}

  /**
   * Infers the outputs of a node.
   *
   * @throws InvalidGraphException naming the node, where the inputs are not what the operator takes
   */
  public static Result infer(String node, Op op, List<Input> inputs, int outputCount) {
    try {
      checkPorts(op.schema(), inputs, outputCount);
      Context context = new Context(node, inputs, outputCount);
      boolean unranked = isAnyUnranked(inputs);
      List<? extends ValueType> types = unranked ? inferUnranked(op, context, inputs) : op.inferTypes(context);
      if (types.size() < outputCount) {
        throw new InvalidGraphException("outputs: " + outputCount + " (expected: at most " + types.size() + ")");
      }
      for (ValueType type : types) {
        requireSizes(type);
      }
      List<ValueType> bounded = new ArrayList<>();
      for (int i = 0; i < outputCount; i++) {
        bounded.add(bounded(types.get(i), context, i));
      }
      Optional<DimVector> dims = unranked ? Optional.empty() : op.inferDims(context);
      return new Result(bounded, dims.isPresent() && isSmall(dims.get()) ? dims : Optional.empty());
    } catch (SlipwayException | ArithmeticException | IndexOutOfBoundsException | IllegalArgumentException
        | IllegalStateException | NoSuchElementException e) {
      throw new InvalidGraphException(
          "node " + node + " (" + op.schema().qualifiedName() + "): " + reason(e), e);
    }
  }

  /** A type with a new symbol for each dimension that has become too large an expression to compute with. */
  private static ValueType bounded(ValueType type, Context context, int output) {
    if (!(type instanceof TensorType tensor) || !isAnyLarge(tensor.shape().dims())) {
      return type;
    }
    List<Dim> dims = new ArrayList<>();
    for (int i = 0; i < tensor.shape().rank(); i++) {
      Dim dim = tensor.shape().dim(i);
      dims.add(isLarge(dim) ? context.freshDim("out" + output + ".d" + i) : dim);
    }
    return tensor.withShape(Shape.of(dims));
  }

  private static boolean isLarge(Dim dim) {
    return dim.isLargerThan(LARGEST_DIM);
  }

  private static boolean isSmall(DimVector vector) {
    return !isAnyLarge(vector.values());
  }

  private static boolean isAnyLarge(List<Dim> dims) {
    for (Dim dim : dims) {
      if (isLarge(dim)) {
        return true;
      }
    }
    return false;
  }

  private static void requireSizes(ValueType type) {
    if (!(type instanceof TensorType tensor)) {
      return;
    }
    for (Dim dim : tensor.shape().dims()) {
      if (dim instanceof Dim.Known(long size) && size < 0) {
        throw new InvalidGraphException("output: " + tensor + " (expected: dimensions >= 0)");
      }
    }
  }

  private static boolean isAnyUnranked(List<Input> inputs) {
    for (Input input : inputs) {
      if (input.type().orElse(null) instanceof TensorType tensor && !tensor.shape().ranked()) {
        return true;
      }
    }
    return false;
  }

  /** Operators need not know of unranked inputs: where they cannot tell, the schema gives the element types. */
  private static List<? extends ValueType> inferUnranked(Op op, Context context, List<Input> inputs) {
    try {
      return op.inferTypes(context);
    } catch (IllegalStateException | IndexOutOfBoundsException e) {
      return unrankedOutputs(op.schema(), inputs, context.outputCount(), e);
    }
  }

  private static List<ValueType> unrankedOutputs(
      OpSchema schema, List<Input> inputs, int outputCount, RuntimeException cause) {
    List<ValueType> types = new ArrayList<>();
    for (int i = 0; i < outputCount; i++) {
      TypeConstraint constraint = schema.outputPort(i).orElseThrow(() -> cause).constraint();
      types.add(TensorType.of(elementType(schema, inputs, constraint).orElseThrow(() -> cause), Shape.UNRANKED));
    }
    return types;
  }

  /** The type that an input under the same constraint has, or the only one that the constraint accepts. */
  private static Optional<DType> elementType(OpSchema schema, List<Input> inputs, TypeConstraint constraint) {
    for (int i = 0; i < inputs.size(); i++) {
      boolean same = !constraint.name().isEmpty()
          && schema.inputPort(i).orElseThrow().constraint().name().equals(constraint.name());
      if (same && inputs.get(i).type().orElse(null) instanceof TensorType tensor) {
        return Optional.of(tensor.dtype());
      }
    }
    return constraint.accepts().size() == 1 ? constraint.accepts().stream().findFirst() : Optional.empty();
  }

  private static String reason(RuntimeException e) {
    return switch (e) {
      case ArithmeticException overflow ->
          "shape arithmetic: " + overflow.getMessage() + " (expected: sizes below 2^63)";
      case NoSuchElementException empty -> "inputs: one without elements (expected: at least one element)";
      default -> String.valueOf(e.getMessage());
    };
  }

  private static void checkPorts(OpSchema schema, List<Input> inputs, int outputCount) {
    Map<String, ValueType> bound = new HashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      Port port = schema.inputPort(i).orElse(null);
      if (port == null) {
        throw new InvalidGraphException(
            "inputs: " + inputs.size() + " (expected: at most " + schema.inputs().size() + ")");
      }
      Optional<ValueType> type = inputs.get(i).type();
      if (type.isEmpty()) {
        requireOptional(port);
        continue;
      }
      checkType(port, type.get(), bound);
    }
    for (int i = inputs.size(); i < schema.inputs().size(); i++) {
      requireOptional(schema.inputs().get(i));
    }
    if (outputCount > 0 && schema.outputPort(outputCount - 1).isEmpty()) {
      throw new InvalidGraphException(
          "outputs: " + outputCount + " (expected: at most " + schema.outputs().size() + ")");
    }
  }

  private static void requireOptional(Port port) {
    if (port.kind() == Port.Kind.REQUIRED) {
      throw new InvalidGraphException("input " + port.name() + ": missing (expected: a value)");
    }
  }

  private static void checkType(Port port, ValueType type, Map<String, ValueType> bound) {
    TypeConstraint constraint = port.constraint();
    if (!constraint.accepts(type)) {
      throw new InvalidGraphException("input " + port.name() + ": " + type + " (expected: element type "
          + constraint.accepts().stream().sorted().map(DType::toString).toList() + ")");
    }
    if (constraint.name().isEmpty() || port.kind() == Port.Kind.HETEROGENEOUS) {
      return;
    }
    ValueType first = bound.putIfAbsent(constraint.name(), type);
    if (first instanceof TensorType a && type instanceof TensorType b && a.dtype() != b.dtype()) {
      throw new InvalidGraphException("input " + port.name() + ": " + b.dtype() + " (expected: " + a.dtype()
          + ", the type of the other inputs of constraint " + constraint.name() + ")");
    }
  }

  private record Context(String node, List<Input> inputs, int outputCount) implements InferenceContext {
    @Override
    public int inputCount() {
      return inputs.size();
    }

    @Override
    public boolean has(int port) {
      return port < inputs.size() && inputs.get(port).type().isPresent();
    }

    @Override
    public ValueType type(int port) {
      if (!has(port)) {
        throw new InvalidGraphException("input " + port + ": missing (expected: a value)");
      }
      return inputs.get(port).type().get();
    }

    @Override
    public Optional<Tensor> constant(int port) {
      return has(port) ? inputs.get(port).constant() : Optional.empty();
    }

    @Override
    public Optional<DimVector> dims(int port) {
      return has(port) ? inputs.get(port).dims() : Optional.empty();
    }

    @Override
    public Dim freshDim(String hint) {
      return Dim.symbol("?" + node + "." + hint);
    }
  }

  /** The inputs of a node as a graph knows them. */
  static List<Input> inputs(Graph graph, List<ValueId> ids) {
    List<Input> inputs = new ArrayList<>(ids.size());
    for (ValueId id : ids) {
      inputs.add(id.isPresent() ? graph.inferenceInput(id) : Input.ABSENT);
    }
    return inputs;
  }
}
