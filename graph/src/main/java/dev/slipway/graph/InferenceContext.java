package dev.slipway.graph;

import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import dev.slipway.tensor.ValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What type inference knows of a node's inputs. Valid during one call of {@link Op#inferTypes}. */
public interface InferenceContext {

  /** Inputs of the node, absent ones in the middle included. */
  int inputCount();

  /** Outputs that the node declares. */
  int outputCount();

  /** Whether the optional input is there. */
  boolean has(int port);

  ValueType type(int port);

  /** The value where it is a constant, or during evaluation. */
  Optional<Tensor> constant(int port);

  /** The value as dimensions, where it is a small integer vector; constants included. */
  Optional<DimVector> dims(int port);

  /** A new symbol for a dimension that depends on data; the same for the same node and hint. */
  Dim freshDim(String hint);

  /** The type of an input that must be a tensor. */
  default TensorType tensor(int port) {
    if (type(port) instanceof TensorType tensor) {
      return tensor;
    }
    throw new InvalidGraphException("input " + port + ": " + type(port) + " (expected: a tensor)");
  }

  /** The types of all inputs, which must be tensors and present. */
  default List<TensorType> tensors() {
    List<TensorType> tensors = new ArrayList<>(inputCount());
    for (int port = 0; port < inputCount(); port++) {
      tensors.add(tensor(port));
    }
    return List.copyOf(tensors);
  }

  /** The numbers of an integer vector or scalar, where all are known. */
  default Optional<long[]> integers(int port) {
    return dims(port).flatMap(DimVector::known);
  }

  /** The number of an integer scalar or one-element vector, where it is known. */
  default OptionalLong integer(int port) {
    Optional<long[]> values = integers(port);
    return values.isPresent() && values.get().length == 1
        ? OptionalLong.of(values.get()[0])
        : OptionalLong.empty();
  }
}
