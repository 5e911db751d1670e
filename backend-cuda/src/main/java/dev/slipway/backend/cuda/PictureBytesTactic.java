package dev.slipway.backend.cuda;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.QuantizeLinear;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.TensorType;
import java.util.List;
import java.util.stream.LongStream;

/** Quantises pictures plane by plane into words of four channels: four pixels a thread. */
final class PictureBytesTactic extends CudaTactic {
  private static final String KERNEL = "picture_bytes";
  private static final int PIXELS = 4;

  PictureBytesTactic(CudaDevice device) {
    super("cuda.picture_bytes", 1, device);
  }

  private static long pixels(TensorType type) {
    return LongStream.of(type.shape().known()).skip(2).reduce(1, (a, b) -> a * b);
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof QuantizeLinear op) || op.blockSize() != 0 || op.precision() != 0) {
      return Requests.operator(request, "QuantizeLinear without blocks");
    }
    TensorType input = request.input(0);
    boolean isScalar = request.constant(1).filter(scale -> scale.elementCount() == 1).isPresent()
        && (!request.has(2) || request.constant(2).isPresent());
    boolean fits = input.dtype() == DType.FLOAT32 && input.layout() == Layout.CONTIGUOUS && input.shape().rank() == 4
        && request.output().dtype() == DType.UINT8 && request.output().layout().equals(CudaBackend.PICTURES)
        && input.shape().known()[1] <= PIXELS && pixels(input) % PIXELS == 0 && input.bytes() > 0
        && input.bytes() <= Integer.MAX_VALUE;
    return isScalar && fits
        ? new Support.Supported(Requests.movementMicros(request) / 2)
        : Requests.unsupported("input " + input + " to " + request.output() + " (expected: float32 planes of a multiple of "
            + PIXELS + " pixels, one scale, layout " + CudaBackend.PICTURES + ")");
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    TensorType input = request.input(0);
    long[] dims = input.shape().known();
    long groups = pixels(input) / PIXELS;
    long zeroPoint = request.constant(2).map(tensor -> tensor.getLong(0)).orElse(0L);
    String text = CudaTypes.PRELUDE + """
        extern "C" __global__ void __launch_bounds__(256) picture_bytes(const float* in, uint4* out) {
          constexpr int CHANNELS = %d;
          constexpr unsigned GROUPS = %du, THREADS = %du;
          const unsigned thread = blockIdx.x * 256u + threadIdx.x;
          if (thread >= THREADS) return;
          const float4* const from = (const float4*) in + (thread / GROUPS * CHANNELS * GROUPS + thread %% GROUPS);
          unsigned words[4] = {0, 0, 0, 0};
        #pragma unroll
          for (int c = 0; c < CHANNELS; c++) {
            const float4 v = from[c * GROUPS];
            const float x[4] = {v.x, v.y, v.z, v.w};
        #pragma unroll
            for (int i = 0; i < 4; i++) {
              const float steps = fminf(fmaxf(__fdiv_rn(x[i], %s), %sf), %sf);
              words[i] |= (unsigned) (__float2int_rn(steps) + %d) << c * 8;
            }
          }
          out[thread] = make_uint4(words[0], words[1], words[2], words[3]);
        }
        """.formatted(dims[1], groups, dims[0] * groups,
            ExpressionSource.literal((float) request.constant(1).orElseThrow().getDouble(0)), (float) -zeroPoint,
            (float) (255 - zeroPoint), zeroPoint);
    Launch launch = new Launch(
        device.function(new KernelCompiler.Source(KERNEL, text, false)), Grid.covering(dims[0] * groups), 0,
        List.of(new Launch.Parameter.Input(0), new Launch.Parameter.Output(0)));
    return GeneratedKernel.of(device, launch);
  }
}
