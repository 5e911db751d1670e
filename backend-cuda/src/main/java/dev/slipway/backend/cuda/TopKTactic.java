package dev.slipway.backend.cuda;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.TopK;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The largest or smallest elements of lines, which a block sorts in its memory: bitonic, keys before positions. */
final class TopKTactic extends CudaTactic {
  private static final Set<DType> INTEGERS = Set.of(DType.INT32, DType.INT8, DType.UINT8);
  private static final int LONGEST = 8192;
  private static final int LONGEST_ON_HOPPER = 16384;
  private static final int MOST_THREADS = 1024;
  private static final int WARP = 32;

  TopKTactic(CudaDevice device) {
    super("cuda.top_k", 1, device);
  }

  /**
   * @param items of a line in memory, a power of two
   * @param inner elements between those of a line
   */
  private record Lines(long length, int items, long inner, long outer, long wanted) {
    static Lines of(KernelRequest request, long axis) {
      long[] dims = request.input(0).shape().known();
      int along = (int) (axis < 0 ? axis + dims.length : axis);
      int items = dims[along] > LONGEST_ON_HOPPER ? 0 : Integer.highestOneBit(2 * (int) Math.max(1, dims[along] - 1));
      return new Lines(
          dims[along],
          Math.max(2, items),
          Shape.product(Arrays.copyOfRange(dims, along + 1, dims.length)),
          Shape.product(Arrays.copyOfRange(dims, 0, along)),
          request.output().shape().known()[along]);
    }

    int threads() {
      return Math.clamp(items / 2, WARP, MOST_THREADS);
    }
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof TopK top)) {
      return Requests.operator(request, "TopK");
    }
    DType type = request.input(0).dtype();
    if (!CudaTypes.REALS.contains(type) && !INTEGERS.contains(type)) {
      return Requests.unsupported("element type " + type + " (expected: floats, int32, int8 or uint8)");
    }
    Optional<String> refusal = Requests.notContiguous(request);
    if (refusal.isPresent() || request.output().bytes() == 0) {
      return Requests.unsupported(refusal.orElse("no elements (expected: some)"));
    }
    Lines lines = Lines.of(request, top.axis());
    int longest = device.hasWarpgroups() ? LONGEST_ON_HOPPER : LONGEST;
    if (lines.length() > longest) {
      return Requests.unsupported("lines of " + lines.length() + " elements (expected: up to " + longest + ")");
    }
    double rounds = Math.pow(Integer.SIZE - Integer.numberOfLeadingZeros(lines.items()), 2) / 2;
    return new Support.Supported(Requests.movementMicros(request)
        + rounds * lines.items() / lines.threads() * Math.ceilDiv(lines.inner() * lines.outer(), 132) / 50);
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    TopK top = (TopK) request.op();
    Lines lines = Lines.of(request, top.axis());
    DType type = request.input(0).dtype();
    String source = CudaTypes.PRELUDE + """
        // Unsigned numbers in the order of the elements; NaN is the largest, and both zeros are equal.
        __device__ __forceinline__ unsigned key(int x) { return (unsigned) x ^ 0x80000000u; }
        __device__ __forceinline__ unsigned key(float x) {
          const unsigned bits = __float_as_uint(x == 0.f ? 0.f : x);
          return x != x ? 0xffffffffu : bits & 0x80000000u ? ~bits : bits | 0x80000000u;
        }

        extern "C" __global__ void __launch_bounds__(%8$d) top_k(const %1$s* x, %1$s* values, long long* positions) {
          extern __shared__ unsigned long long items[];
          const long long outer = blockIdx.x / %2$dll, inner = blockIdx.x %% %2$dll;
          const %1$s* line = x + outer * %3$dll * %2$dll + inner;
          for (int i = threadIdx.x; i < %4$d; i += %8$d) {
            items[i] = i < %3$d ? (unsigned long long) (%5$skey(%6$s)) << 32 | i : ~0ull;
          }
          for (int size = 2; size <= %4$d; size *= 2) {
            for (int distance = size / 2; distance > 0; distance /= 2) {
              __syncthreads();
              for (int i = threadIdx.x; i < %4$d / 2; i += %8$d) {
                const int at = 2 * i - (i & (distance - 1));
                const unsigned long long one = items[at], other = items[at + distance];
                if ((one > other) == ((at & size) == 0)) {
                  items[at] = other;
                  items[at + distance] = one;
                }
              }
            }
          }
          __syncthreads();
          for (int i = threadIdx.x; i < %7$d; i += %8$d) {
            const unsigned position = (unsigned) items[i];
            const long long to = (outer * %7$dll + i) * %2$dll + inner;
            if (values) values[to] = line[position * %2$dll];
            if (positions) positions[to] = position;
          }
        }
        """.formatted(CudaTypes.name(type), lines.inner(), lines.length(), lines.items(), top.largest() ? "~" : "",
            (CudaTypes.REALS.contains(type) ? "widen" : "(int) ") + "(line[i * " + lines.inner() + "ll])",
            lines.wanted(), lines.threads());
    int sharedBytes = lines.items() * Long.BYTES;
    long function = device.function(new KernelCompiler.Source("top_k", source, false, sharedBytes));
    Launch.Parameter positions = request.outputs().size() > 1
        ? new Launch.Parameter.Output(1)
        : new Launch.Parameter.Number(0);
    return GeneratedKernel.of(device, new Launch(
        function, Grid.blocks(lines.inner() * lines.outer(), lines.threads()), sharedBytes,
        List.of(new Launch.Parameter.Input(0), new Launch.Parameter.Output(0), positions)));
  }
}
