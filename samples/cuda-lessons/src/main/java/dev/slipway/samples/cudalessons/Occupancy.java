package dev.slipway.samples.cudalessons;

import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.operators.CudaRequest;
import dev.slipway.operators.CudaSource;
import dev.slipway.operators.CudaSource.Extent;
import dev.slipway.operators.CudaSource.Geometry;
import dev.slipway.operators.CudaSource.Launch;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Block sizes: a multiprocessor holds at most 32 blocks, so blocks of 32 threads leave half of its 64 warps empty, and
 * with them the loads that would hide each other's latency; and each of millions of blocks has to be started. The
 * driver's occupancy calculator knows the registers and the shared memory of the compiled kernel and chooses; the
 * kernel walks over its items in steps of the grid.
 */
public final class Occupancy extends Lesson {
  private static final OpDefinition DEFINITION =
      define(OpSchema.named("lessons", "Occupancy").input("x", T), Halve::new);

  private static final String SOURCE = """
      extern "C" __global__ void halve(const float* x, float* y) {
        for (long long i = blockIdx.x * (long long) blockDim.x + threadIdx.x; i < %dll;
            i += gridDim.x * (long long) blockDim.x) {
          y[i] = 0.5f * x[i];
        }
      }
      """;

  @Override
  OpDefinition definition() {
    return DEFINITION;
  }

  @Override
  Map<String, CudaSource> kernels(CudaRequest request) {
    long count = request.input(0).shape().elementCount();
    String text = SOURCE.formatted(count);
    Extent blocks = Extent.of(Math.toIntExact(Math.max(1, Math.ceilDiv(count, 32))));
    Map<String, CudaSource> kernels = new LinkedHashMap<>();
    kernels.put(
        "naive", CudaSource.of("naive", text, new Launch("halve", new Geometry.Blocks(blocks, Extent.of(32)))));
    kernels.put("occupying", CudaSource.of("occupying", text, new Launch("halve", new Geometry.Occupying(count))));
    return kernels;
  }

  /** y = x / 2. */
  record Halve(String kernel) implements Layer {
    @Override
    public OpSchema schema() {
      return DEFINITION.schema();
    }

    @Override
    public List<TensorType> inferTypes(InferenceContext in) {
      return List.of(in.tensor(0));
    }

    @Override
    public void evaluate(ReferenceContext ctx) {
      Tensor y = ctx.output(0);
      for (long i = 0; i < y.elementCount(); i++) {
        y.setDouble(i, ctx.input(0).getDouble(i) / 2);
      }
    }
  }
}
