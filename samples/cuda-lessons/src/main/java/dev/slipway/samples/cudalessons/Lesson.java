package dev.slipway.samples.cudalessons;

import dev.slipway.graph.Attributes;
import dev.slipway.graph.InvalidGraphException;
import dev.slipway.graph.Op;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.TypeConstraint;
import dev.slipway.operators.CudaRequest;
import dev.slipway.operators.CudaSource;
import dev.slipway.operators.KernelProvider;
import dev.slipway.tensor.DType;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** What lessons share: an operator of the domain {@code lessons}, whose attribute {@code kernel} names the kernel. */
abstract class Lesson implements KernelProvider {
  static final TypeConstraint T = TypeConstraint.of("T", DType.FLOAT32);

  /** The operator of a lesson. */
  interface Layer extends Op {
    String kernel();

    @Override
    default Attributes attributes() {
      return Attributes.of("kernel", kernel());
    }
  }

  /** Ends the definition of an operator whose layer is made from the name of its kernel. */
  static OpDefinition define(OpSchema.Builder schema, Function<String, Layer> layer) {
    return schema.output("y", T)
        .attribute("kernel", "naive")
        .create(attributes -> layer.apply(attributes.string("kernel", "naive")));
  }

  abstract OpDefinition definition();

  /** The sources of a request by the names of the kernels, from the naive one to the best. */
  abstract Map<String, CudaSource> kernels(CudaRequest request);

  @Override
  public final List<OpDefinition> operators() {
    return List.of(definition());
  }

  @Override
  public final List<CudaSource> cuda(CudaRequest request) {
    Map<String, CudaSource> kernels = kernels(request);
    String wanted = ((Layer) request.op()).kernel();
    if (!kernels.containsKey(wanted)) {
      throw new InvalidGraphException("attribute kernel: " + wanted + " (expected: one of " + kernels.keySet() + ")");
    }
    return List.of(kernels.get(wanted));
  }
}
