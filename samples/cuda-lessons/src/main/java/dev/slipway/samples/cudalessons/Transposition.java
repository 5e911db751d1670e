package dev.slipway.samples.cudalessons;

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
import dev.slipway.tensor.Shape;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Coalescing and banks: naively the threads of a warp write to 32 lines of memory at once. By way of a tile in shared
 * memory they read and write whole lines; but a column of 32 numbers that are 32 apart lies in one bank, and the warp
 * waits 32 times. One number more in each row of the tile puts them into 32 banks.
 */
public final class Transposition extends Lesson {
  private static final OpDefinition DEFINITION =
      define(OpSchema.named("lessons", "Transposition").input("x", T), Transpose::new);

  private static final String NAIVE = """
      constexpr int ROWS = %d, COLUMNS = %d;

      extern "C" __global__ void transpose(const float* x, float* y) {
        const int column = blockIdx.x * 32 + threadIdx.x;
        for (int i = threadIdx.y; i < 32; i += 8) {
          const int row = blockIdx.y * 32 + i;
          if (row < ROWS && column < COLUMNS) y[column * ROWS + row] = x[row * COLUMNS + column];
        }
      }
      """;

  private static final String TILED = """
      constexpr int ROWS = %d, COLUMNS = %d;

      extern "C" __global__ void transpose(const float* x, float* y) {
        __shared__ float tile[32][%d];
        const int left = blockIdx.x * 32, top = blockIdx.y * 32;
        for (int i = threadIdx.y; i < 32; i += 8) {
          const int row = top + i, column = left + threadIdx.x;
          if (row < ROWS && column < COLUMNS) tile[i][threadIdx.x] = x[row * COLUMNS + column];
        }
        __syncthreads();
        for (int i = threadIdx.y; i < 32; i += 8) {
          const int row = top + threadIdx.x, column = left + i;
          if (row < ROWS && column < COLUMNS) y[column * ROWS + row] = tile[threadIdx.x][i];
        }
      }
      """;

  @Override
  OpDefinition definition() {
    return DEFINITION;
  }

  @Override
  Map<String, CudaSource> kernels(CudaRequest request) {
    long[] x = request.input(0).shape().known();
    Extent blocks = Extent.of(Math.toIntExact(Math.ceilDiv(x[1], 32)), Math.toIntExact(Math.ceilDiv(x[0], 32)));
    Launch launch = new Launch("transpose", new Geometry.Blocks(blocks, Extent.of(32, 8)));
    Map<String, CudaSource> kernels = new LinkedHashMap<>();
    kernels.put("naive", CudaSource.of("naive", NAIVE.formatted(x[0], x[1]), launch));
    kernels.put("conflicts", CudaSource.of("conflicts", TILED.formatted(x[0], x[1], 32), launch));
    kernels.put("padded", CudaSource.of("padded", TILED.formatted(x[0], x[1], 33), launch));
    return kernels;
  }

  /** y = xᵀ. */
  record Transpose(String kernel) implements Layer {
    @Override
    public OpSchema schema() {
      return DEFINITION.schema();
    }

    @Override
    public List<TensorType> inferTypes(InferenceContext in) {
      Shape x = in.tensor(0).shape();
      if (x.rank() != 2) {
        throw new InvalidGraphException("shape: " + x + " (expected: two dimensions)");
      }
      return List.of(TensorType.of(DType.FLOAT32, Shape.of(x.dim(1), x.dim(0))));
    }

    @Override
    public void evaluate(ReferenceContext ctx) {
      Tensor x = ctx.input(0);
      Tensor y = ctx.output(0);
      for (long i = 0; i < y.elementCount(); i++) {
        y.setDouble(i, x.getDouble(i % y.dim(1) * x.dim(1) + i / y.dim(1)));
      }
    }

    @Override
    public Tolerance tolerance(DType dtype) {
      return Tolerance.EXACT;
    }
  }
}
