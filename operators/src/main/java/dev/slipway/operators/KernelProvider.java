package dev.slipway.operators;

import dev.slipway.graph.OpDefinition;
import java.util.List;

/**
 * A plug-in that adds operators. One class says everything of an operator: its name, ports and attributes
 * ({@link dev.slipway.graph.OpSchema}), its types and its evaluation in Java ({@link dev.slipway.graph.Op}), and where
 * it shall run on an NVIDIA GPU, its source in CUDA C++. Models in ONNX find it by domain and name, plans keep it by
 * the same; a backend without a kernel for it runs the evaluation.
 *
 * <p>Providers are services: {@code provides KernelProvider with MyLayer} in a module, or a line in
 * {@code META-INF/services}. They are loaded when a model first names an operator that Slipway does not have.
 * Implementations are thread-safe. docs/custom-layers.md is the guide.
 */
public interface KernelProvider {

  /** The operators that it adds, each of a domain that is not ONNX's or Slipway's own. */
  List<OpDefinition> operators();

  /**
   * Ways to compute one of these operators on a GPU, the best guess first; where there are several, tuning measures
   * them. None where it is to run on the host by its evaluation, on copies: types that no kernel is written for.
   */
  default List<CudaSource> cuda(CudaRequest request) {
    return List.of();
  }
}
