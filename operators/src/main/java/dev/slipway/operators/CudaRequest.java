package dev.slipway.operators;

import dev.slipway.graph.Op;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * What a CUDA kernel of a {@link KernelProvider} shall compute: tensors of known shapes, contiguous.
 *
 * @param inputs empty for optional inputs that are not there
 */
public record CudaRequest(Op op, List<Optional<TensorType>> inputs, List<TensorType> outputs) {
  public CudaRequest {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** Whether the optional input is there. */
  public boolean has(int port) {
    return port < inputs.size() && inputs.get(port).isPresent();
  }

  /** The type of an input that is there. */
  public TensorType input(int port) {
    return inputs.get(port).orElseThrow();
  }

  public TensorType output(int port) {
    return outputs.get(port);
  }
}
