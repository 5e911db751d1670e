package dev.slipway.backend;

import dev.slipway.graph.Op;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a kernel shall compute: an operator on tensors of known shapes and layouts. For a group of fused nodes
 * {@link FusedGroup} takes the operator apart.
 */
public record KernelRequest(Op op, List<Argument> inputs, List<TensorType> outputs, Device device) {

  /** An input: its type, and its value where it is a constant. */
  public record Argument(Optional<TensorType> type, Optional<Tensor> constant) {
    /** An optional input that is not there. */
    public static final Argument ABSENT = new Argument(Optional.empty(), Optional.empty());

    public static Argument of(TensorType type) {
      return new Argument(Optional.of(type), Optional.empty());
    }

    public static Argument of(Tensor constant) {
      return new Argument(Optional.of(constant.type()), Optional.of(constant));
    }
  }

  public KernelRequest {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** Whether the optional input is there. */
  public boolean has(int port) {
    return port < inputs.size() && inputs.get(port).type().isPresent();
  }

  /** The type of an input that is there. */
  public TensorType input(int port) {
    return inputs.get(port).type().orElseThrow();
  }

  public Optional<Tensor> constant(int port) {
    return port < inputs.size() ? inputs.get(port).constant() : Optional.empty();
  }

  public TensorType output(int port) {
    return outputs.get(port);
  }

  /** The type of the first output, which most operators have alone. */
  public TensorType output() {
    return outputs.getFirst();
  }

  /** Types of the inputs that are there. */
  public List<TensorType> inputTypes() {
    List<TensorType> types = new ArrayList<>(inputs.size());
    for (Argument argument : inputs) {
      if (argument.type().isPresent()) {
        types.add(argument.type().get());
      }
    }
    return types;
  }
}
