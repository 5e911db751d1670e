package dev.slipway.samples.cudalessons;

import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.OpDefinition;
import dev.slipway.graph.OpSchema;
import dev.slipway.graph.ReferenceContext;
import dev.slipway.graph.Tolerance;
import dev.slipway.operators.CudaRequest;
import dev.slipway.operators.CudaSource;
import dev.slipway.operators.CudaSource.Extent;
import dev.slipway.operators.CudaSource.Geometry;
import dev.slipway.operators.CudaSource.Launch;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A sum of everything: naively each thread adds its number to one place in memory, one after the other. Better, threads
 * add many numbers in registers, warps add by shuffles, a block by shared memory, and a second launch the blocks' sums.
 */
public final class Reduction extends Lesson {
  /** As many as the second launch has threads. */
  private static final int BLOCKS = 1024;

  private static final OpDefinition DEFINITION =
      define(OpSchema.named("lessons", "Reduction").input("x", T), Sum::new);

  private static final String NAIVE = """
      extern "C" __global__ void clear(const float* x, float* y) { *y = 0; }

      extern "C" __global__ void sum(const float* x, float* y) {
        const long long i = blockIdx.x * 256ll + threadIdx.x;
        if (i < %1$dll) atomicAdd(y, x[i]);
      }
      """;

  private static final String TREE = """
      __device__ float sumOfWarp(float x) {
      #pragma unroll
        for (int distance = 16; distance > 0; distance /= 2) x += __shfl_xor_sync(~0u, x, distance);
        return x;
      }

      __device__ float sumOfBlock(float x) {
        __shared__ float warps[32];
        x = sumOfWarp(x);
        if (threadIdx.x %% 32 == 0) warps[threadIdx.x / 32] = x;
        __syncthreads();
        return sumOfWarp(threadIdx.x %% 32 < blockDim.x / 32 ? warps[threadIdx.x %% 32] : 0.f);
      }

      extern "C" __global__ void partial(const float* x, float* y, float* sums) {
        float sum = 0;
        for (long long i = blockIdx.x * 256ll + threadIdx.x; i < %1$dll; i += gridDim.x * 256ll) sum += x[i];
        sum = sumOfBlock(sum);
        if (threadIdx.x == 0) sums[blockIdx.x] = sum;
      }

      extern "C" __global__ void total(const float* x, float* y, const float* sums) {
        const float sum = sumOfBlock(sums[threadIdx.x]);
        if (threadIdx.x == 0) *y = sum;
      }
      """;

  @Override
  OpDefinition definition() {
    return DEFINITION;
  }

  @Override
  Map<String, CudaSource> kernels(CudaRequest request) {
    long count = request.input(0).shape().elementCount();
    Extent one = Extent.of(1);
    Map<String, CudaSource> kernels = new LinkedHashMap<>();
    kernels.put("naive", new CudaSource("naive", NAIVE.formatted(count), List.of(
        new Launch("clear", new Geometry.Blocks(one, one)),
        new Launch("sum", Geometry.Blocks.covering(Math.max(count, 1)))), 0));
    kernels.put("tree", new CudaSource("tree", TREE.formatted(count), List.of(
        new Launch("partial", new Geometry.Blocks(Extent.of(BLOCKS), Extent.of(256))),
        new Launch("total", new Geometry.Blocks(one, Extent.of(BLOCKS)))), (long) BLOCKS * Float.BYTES));
    return kernels;
  }

  /** y[0] = the sum of all of x. */
  record Sum(String kernel) implements Layer {
    @Override
    public OpSchema schema() {
      return DEFINITION.schema();
    }

    @Override
    public List<TensorType> inferTypes(InferenceContext in) {
      return List.of(TensorType.of(DType.FLOAT32, 1));
    }

    @Override
    public void evaluate(ReferenceContext ctx) {
      double sum = 0;
      for (double x : ctx.input(0).toDoubles()) {
        sum += x;
      }
      ctx.output(0).setDouble(0, sum);
    }

    @Override
    public Tolerance tolerance(DType dtype) {
      return Tolerance.accumulated(1 << 20);
    }
  }
}
