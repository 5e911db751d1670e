package dev.slipway.samples.cudalessons;

import dev.slipway.graph.Cost;
import dev.slipway.graph.InferenceContext;
import dev.slipway.graph.InvalidGraphException;
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
import dev.slipway.tensor.Dim;
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Shared memory: in the naive product each thread reads a row and a column for itself, so each number comes 32 times
 * from the cache into every block. In tiles a block fetches 32×32 numbers of both matrices once, and its threads read
 * them from shared memory. Two barriers keep fetching and reading apart.
 */
public final class MatrixProduct extends Lesson {
  private static final OpDefinition DEFINITION =
      define(OpSchema.named("lessons", "MatrixProduct").input("a", T).input("b", T), Product::new);

  private static final String NAIVE = """
      constexpr int M = %d, N = %d, K = %d;

      extern "C" __global__ void product(const float* a, const float* b, float* y) {
        const int column = blockIdx.x * 32 + threadIdx.x, row = blockIdx.y * 32 + threadIdx.y;
        if (row >= M || column >= N) return;
        float sum = 0;
        for (int k = 0; k < K; k++) sum += a[row * K + k] * b[k * N + column];
        y[row * N + column] = sum;
      }
      """;

  private static final String TILED = """
      constexpr int M = %d, N = %d, K = %d;

      extern "C" __global__ void product(const float* a, const float* b, float* y) {
        __shared__ float left[32][32], right[32][32];
        const int column = blockIdx.x * 32 + threadIdx.x, row = blockIdx.y * 32 + threadIdx.y;
        float sum = 0;
        for (int first = 0; first < K; first += 32) {
          const int k = first + threadIdx.x, l = first + threadIdx.y;
          left[threadIdx.y][threadIdx.x] = row < M && k < K ? a[row * K + k] : 0.f;
          right[threadIdx.y][threadIdx.x] = l < K && column < N ? b[l * N + column] : 0.f;
          __syncthreads();
      #pragma unroll
          for (int i = 0; i < 32; i++) sum += left[threadIdx.y][i] * right[i][threadIdx.x];
          __syncthreads();
        }
        if (row < M && column < N) y[row * N + column] = sum;
      }
      """;

  @Override
  OpDefinition definition() {
    return DEFINITION;
  }

  @Override
  Map<String, CudaSource> kernels(CudaRequest request) {
    long[] y = request.output(0).shape().known();
    long k = request.input(0).shape().known()[1];
    Extent blocks = Extent.of(Math.toIntExact(Math.ceilDiv(y[1], 32)), Math.toIntExact(Math.ceilDiv(y[0], 32)));
    Launch launch = new Launch("product", new Geometry.Blocks(blocks, Extent.of(32, 32)));
    Map<String, CudaSource> kernels = new LinkedHashMap<>();
    kernels.put("naive", CudaSource.of("naive", NAIVE.formatted(y[0], y[1], k), launch));
    kernels.put("tiled", CudaSource.of("tiled", TILED.formatted(y[0], y[1], k), launch));
    return kernels;
  }

  /** y = a · b. */
  record Product(String kernel) implements Layer {
    @Override
    public OpSchema schema() {
      return DEFINITION.schema();
    }

    @Override
    public List<TensorType> inferTypes(InferenceContext in) {
      Shape a = in.tensor(0).shape();
      Shape b = in.tensor(1).shape();
      if (a.rank() != 2 || b.rank() != 2 || !a.dim(1).equals(b.dim(0))) {
        throw new InvalidGraphException("shapes: " + a + ", " + b + " (expected: M×K and K×N)");
      }
      return List.of(TensorType.of(DType.FLOAT32, Shape.of(a.dim(0), b.dim(1))));
    }

    @Override
    public void evaluate(ReferenceContext ctx) {
      double[] a = ctx.input(0).toDoubles();
      double[] b = ctx.input(1).toDoubles();
      Tensor y = ctx.output(0);
      int n = Math.toIntExact(y.dim(1));
      int depth = Math.toIntExact(ctx.input(0).dim(1));
      for (int i = 0; i < y.elementCount(); i++) {
        double sum = 0;
        for (int k = 0; k < depth; k++) {
          sum += a[i / n * depth + k] * b[k * n + i % n];
        }
        y.setDouble(i, sum);
      }
    }

    @Override
    public Cost cost(List<TensorType> in, List<TensorType> out) {
      return Cost.products(
          out.getFirst().shape().elements().times(in.getFirst().shape().dim(1)), Dim.ZERO, in, out);
    }

    @Override
    public Tolerance tolerance(DType dtype) {
      return Tolerance.accumulated(4096);
    }
  }
}
