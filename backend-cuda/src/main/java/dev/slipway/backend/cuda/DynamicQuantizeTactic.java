package dev.slipway.backend.cuda;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.DynamicQuantizeLinear;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Bytes by the range that a tensor has in this run: one kernel finds the range of each block's share, another that of all,
 * the scale and the bytes. Every operation is rounded as the operator rounds it.
 */
final class DynamicQuantizeTactic extends CudaTactic {
  private static final int THREADS = 256;
  private static final int MOST_BLOCKS = 512;
  private static final int LANES = 4;

  DynamicQuantizeTactic(CudaDevice device) {
    super("cuda.dynamic_quantize", 1, device);
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof DynamicQuantizeLinear)) {
      return Requests.operator(request, "DynamicQuantizeLinear");
    }
    Optional<String> refusal = Requests.notContiguous(request);
    if (refusal.isPresent() || request.output().bytes() == 0) {
      return Requests.unsupported(refusal.orElse("no elements (expected: some)"));
    }
    return new Support.Supported(2 * Requests.movementMicros(request));
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    long elements = request.output().shape().elementCount();
    int lanes = elements % LANES == 0 ? LANES : 1;
    int blocks = (int) Math.min(MOST_BLOCKS, Math.ceilDiv(elements / lanes, THREADS));
    String source = source(elements / lanes, lanes, blocks);
    Grid grid = Grid.blocks(blocks, THREADS);
    Launch.Parameter input = new Launch.Parameter.Input(0);
    Launch.Parameter parts = new Launch.Parameter.Workspace(0);
    Launch ranges = new Launch(
        device.function(new KernelCompiler.Source("ranges", source, false)), grid, 0, List.of(input, parts));
    Launch bytes = new Launch(
        device.function(new KernelCompiler.Source("bytes", source, false)), grid, 0,
        List.of(input, parts, output(request, 0), output(request, 1), output(request, 2)));
    return new GeneratedKernel(device, List.of(ranges, bytes), 2L * Float.BYTES * blocks, Set.of());
  }

  private static Launch.Parameter output(KernelRequest request, int port) {
    return port < request.outputs().size() ? new Launch.Parameter.Output(port) : new Launch.Parameter.Number(0);
  }

  private static String source(long packs, int lanes, int blocks) {
    return CudaTypes.PRELUDE + """
        constexpr int THREADS = %1$d, BLOCKS = %2$d, LANES = %3$d;
        constexpr long long PACKS = %4$dll;

        // The least and the largest of all threads of a block, for all of them.
        __device__ __forceinline__ float2 joined(float low, float high) {
          __shared__ float2 warps[THREADS / 32];
        #pragma unroll
          for (int distance = 16; distance > 0; distance /= 2) {
            low = minimum(low, __shfl_xor_sync(0xffffffffu, low, distance));
            high = maximum(high, __shfl_xor_sync(0xffffffffu, high, distance));
          }
          if (threadIdx.x %% 32 == 0) {
            warps[threadIdx.x / 32].x = low;
            warps[threadIdx.x / 32].y = high;
          }
          __syncthreads();
          float2 range = warps[0];
          for (int i = 1; i < THREADS / 32; i++) {
            range.x = minimum(range.x, warps[i].x);
            range.y = maximum(range.y, warps[i].y);
          }
          return range;
        }

        extern "C" __global__ void __launch_bounds__(THREADS) ranges(const float* x, float2* parts) {
          float low = 0.f, high = 0.f;
          for (long long i = blockIdx.x * (long long) THREADS + threadIdx.x; i < PACKS; i += BLOCKS * THREADS) {
            const auto v = load<LANES>(x + i * LANES);
        #pragma unroll
            for (int lane = 0; lane < LANES; lane++) {
              low = minimum(low, v.v[lane]);
              high = maximum(high, v.v[lane]);
            }
          }
          const float2 range = joined(low, high);
          if (threadIdx.x == 0) parts[blockIdx.x] = range;
        }

        __device__ __forceinline__ float saturated(float x) { return fminf(fmaxf(x, 0.f), 255.f); }

        extern "C" __global__ void __launch_bounds__(THREADS) bytes(const float* x, const float2* parts, unsigned char* y,
            float* scales, unsigned char* zeros) {
          float low = 0.f, high = 0.f;
          for (int i = threadIdx.x; i < BLOCKS; i += THREADS) {
            low = minimum(low, parts[i].x);
            high = maximum(high, parts[i].y);
          }
          const float2 range = joined(low, high);
          const float scale = range.y == range.x ? 1.f : __fdiv_rn(range.y - range.x, 255.f);
          const float zero = saturated(rintf(__fdiv_rn(-range.x, scale)));
          if (blockIdx.x == 0 && threadIdx.x == 0) {
            if (scales) *scales = scale;
            if (zeros) *zeros = (unsigned char) zero;
          }
          for (long long i = blockIdx.x * (long long) THREADS + threadIdx.x; i < PACKS; i += BLOCKS * THREADS) {
            const auto v = load<LANES>(x + i * LANES);
            Pack<unsigned char, LANES> bytes;
        #pragma unroll
            for (int lane = 0; lane < LANES; lane++) {
              bytes.v[lane] = (unsigned char) saturated(rintf(__fdiv_rn(v.v[lane], scale)) + zero);
            }
            store<LANES>(y + i * LANES, bytes);
          }
        }
        """.formatted(THREADS, blocks, lanes, packs);
  }
}
