package dev.slipway.backend.cuda;

import dev.slipway.backend.DeviceBuffer;
import dev.slipway.backend.FusedGroup;
import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Conv;
import dev.slipway.operators.SpatialWindow;
import dev.slipway.tensor.Layout;
import dev.slipway.tensor.Tensor;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Depthwise convolutions of float16 with channels last: a thread computes a few pixels of a few channels, so that it
 * reads and widens each element of the input once for all windows of its pixels.
 */
final class DepthwiseConvTactic extends CudaTactic {
  private static final String KERNEL = "depthwise";
  private static final String LANES = "lanes";
  private static final String ACROSS = "across";
  private static final String DOWN = "down";
  private static final int THREADS = 128;
  private static final long MOST_TAPS = 25;
  private static final int LEAST_LANES = 8;
  private static final double TAPS_PER_MICRO = 8e6;

  /** Threads that keep a large GPU busy. */
  private static final long MANY_THREADS = 1L << 17;

  private static final List<Strip> STRIPS = List.of(
      new Strip(8, 2, 2),
      new Strip(8, 4, 1),
      new Strip(8, 2, 4),
      new Strip(4, 4, 2),
      new Strip(4, 2, 4),
      new Strip(8, 2, 1),
      new Strip(4, 2, 1),
      new Strip(8, 1, 1));

  DepthwiseConvTactic(CudaDevice device) {
    super("cuda.depthwise_conv", 2, device);
  }

  /** What a thread computes: channels, and pixels across and down. */
  private record Strip(int lanes, int across, int down) {
    TuningChoice choice() {
      return TuningChoice.of(Map.of(LANES, lanes, ACROSS, across, DOWN, down));
    }

    static Strip of(TuningChoice choice) {
      return new Strip(choice.get(LANES), choice.get(ACROSS), choice.get(DOWN));
    }

    /** @param output batch, channels, height, width */
    long threads(long[] output) {
      return output[0] * (output[1] / lanes) * Math.ceilDiv(output[2], down) * Math.ceilDiv(output[3], across);
    }
  }

  @Override
  public Support supports(KernelRequest request) {
    Optional<FusedGroup> group = FusedGroup.of(request);
    if (group.isEmpty() || !(group.get().anchor().orElse(request.op()) instanceof Conv conv)) {
      return Requests.operator(request, "Conv");
    }
    Optional<String> refusal = Requests.notReal(request).or(() -> refusal(request, group.get(), conv));
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    long taps = request.input(group.get().anchorInputs().get(1)).shape().elementCount()
        / request.output().shape().known()[1];
    return new Support.Supported(Requests.movementMicros(request)
        + taps * request.output().shape().elementCount() / TAPS_PER_MICRO);
  }

  private static Optional<String> refusal(KernelRequest request, FusedGroup group, Conv conv) {
    TensorType input = request.input(group.anchorInputs().get(0));
    TensorType weights = request.input(group.anchorInputs().get(1));
    boolean isHalf = CudaTypes.HALVES.contains(request.output().dtype())
        && request.output().layout() instanceof Layout.ChannelsLast
        && input.dtype() == request.output().dtype()
        && input.layout().equals(request.output().layout());
    if (!isHalf || input.shape().rank() != 4) {
      return Optional.of("input " + input + " (expected: 16-bit floats with channels last, two spatial axes)");
    }
    long[] dims = weights.shape().known();
    long channels = input.shape().known()[1];
    if (conv.group() != channels || dims[0] != channels || channels % LEAST_LANES != 0) {
      return Optional.of("weights " + weights + " in " + conv.group() + " groups (expected: one channel a group, "
          + "a multiple of " + LEAST_LANES + " of them)");
    }
    if (dims[2] * dims[3] > MOST_TAPS || input.shape().elementCount() > Integer.MAX_VALUE) {
      return Optional.of("window " + dims[2] + "x" + dims[3] + " (expected: at most " + MOST_TAPS + " elements)");
    }
    boolean areConstant = group.anchorInputs().stream()
        .skip(1)
        .allMatch(port -> port < 0 || request.constant(port).isPresent());
    if (!areConstant || ChannelEpilogue.of(request, group.epilogue(), 1).isEmpty()) {
      return Optional.of("weights that are not constant, or sides that lie otherwise than the output or its channels");
    }
    return Optional.empty();
  }

  /** The first of them where there is enough to do, else one pixel a thread. */
  @Override
  public List<TuningChoice> choices(KernelRequest request) {
    long[] output = request.output().shape().known();
    List<TuningChoice> choices = STRIPS.stream().map(Strip::choice).toList();
    return STRIPS.getFirst().threads(output) >= MANY_THREADS ? choices : choices.reversed();
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    FusedGroup group = FusedGroup.of(request).orElseThrow();
    Conv conv = (Conv) group.anchor().orElseThrow();
    Strip strip = Strip.of(choice);
    int weightsPort = group.anchorInputs().get(1);
    int biasPort = group.anchorInputs().size() > 2 ? group.anchorInputs().get(2) : -1;
    long[] in = request.input(group.anchorInputs().get(0)).shape().known();
    long[] out = request.output().shape().known();
    long[] kernel = request.input(weightsPort).shape().known();
    SpatialWindow window = conv.window().complete(List.of(kernel[2], kernel[3]));
    ChannelEpilogue epilogue = ChannelEpilogue.of(request, group.epilogue(), 1).orElseThrow();
    Tensor weights = request.constant(weightsPort).orElseThrow();
    DeviceBuffer packed = constants.onDevice(
        weightsPort, "taps-first", weights.type().bytes(), to -> packTapsFirst(weights, to));
    List<Launch.Parameter> parameters = new ArrayList<>();
    parameters.add(new Launch.Parameter.Input(group.anchorInputs().get(0)));
    parameters.add(new Launch.Parameter.Packed(packed));
    if (biasPort >= 0) {
      parameters.add(new Launch.Parameter.Input(biasPort));
    }
    parameters.addAll(epilogue.arguments());
    parameters.add(new Launch.Parameter.Output(0));
    long[] pads = window.resolvePads(Arrays.copyOfRange(in, 2, 4));
    long threads = strip.threads(out);
    for (long number : new long[] {in[2], in[3], in[1], out[2], out[3], pads[0], pads[1], threads}) {
      parameters.add(new Launch.Parameter.Number(number));
    }
    KernelCompiler.Source source =
        new KernelCompiler.Source(KERNEL, text(strip, window, epilogue, biasPort >= 0), true);
    Launch launch = new Launch(
        device.function(source), Grid.blocks(Math.ceilDiv(threads, THREADS), THREADS), 0, parameters);
    return new GeneratedKernel(device, List.of(launch), 0, Set.of(weightsPort));
  }

  /** Weights with the channels last, so that neighbouring lanes find theirs side by side. */
  static void packTapsFirst(Tensor weights, MemorySegment to) {
    int bytes = weights.dtype().bits() / 8;
    long channels = weights.dim(0);
    long taps = weights.elementCount() / channels;
    for (long channel = 0; channel < channels; channel++) {
      for (long tap = 0; tap < taps; tap++) {
        MemorySegment.copy(
            weights.data(), (channel * taps + tap) * bytes, to, (tap * channels + channel) * bytes, bytes);
      }
    }
  }

  private static String text(Strip strip, SpatialWindow window, ChannelEpilogue epilogue, boolean hasBias) {
    return CudaTypes.PRELUDE + TensorCoreSource.functions(epilogue.type()) + """
        extern "C" __global__ void __launch_bounds__(%1$d) depthwise(const Half* a, const Half* w, %2$s%3$sHalf* out,
            const int height, const int width, const int channels, const int outHeight, const int outWidth,
            const int padY, const int padX, const int threads) {
          constexpr int L = %4$d, TX = %5$d, TY = %6$d, KY = %7$d, KX = %8$d;
          constexpr int SY = %9$d, SX = %10$d, DY = %11$d, DX = %12$d;
          constexpr int ROWS = (TY - 1) * SY + (KY - 1) * DY + 1, COLUMNS = (TX - 1) * SX + (KX - 1) * DX + 1;
          const unsigned thread = blockIdx.x * %1$du + threadIdx.x;
          if (thread >= (unsigned) threads) return;
          const unsigned groups = channels / L, tilesX = (outWidth + TX - 1u) / TX, tilesY = (outHeight + TY - 1u) / TY;
          const unsigned tile = thread / groups;
          const int channel = thread %% groups * L;
          const int x = tile %% tilesX * TX, y = tile / tilesX %% tilesY * TY, image = tile / tilesX / tilesY;
          float taps[KY * KX][L];
        #pragma unroll
          for (int tap = 0; tap < KY * KX; tap++) {
            const auto own = load<L>(w + tap * channels + channel);
        #pragma unroll
            for (int lane = 0; lane < L; lane++) taps[tap][lane] = widen(own.v[lane]);
          }
          float sum[TY][TX][L];
        #pragma unroll
          for (int lane = 0; lane < L; lane++) {
            const float shift = %13$s;
        #pragma unroll
            for (int pixel = 0; pixel < TY * TX; pixel++) sum[pixel / TX][pixel %% TX][lane] = shift;
          }
        #pragma unroll
          for (int row = 0; row < ROWS; row++) {
            const int h = y * SY - padY + row;
            Pack<Half, L> line[COLUMNS];
        #pragma unroll
            for (int column = 0; column < COLUMNS; column++) {
              const int v = x * SX - padX + column;
              line[column] = {};
              if ((unsigned) h < height && (unsigned) v < width) {
                const long long at = ((long long) (image * height + h) * width + v) * channels + channel;
                line[column] = *(const Pack<Half, L>*) (a + at);
              }
            }
        #pragma unroll
            for (int column = 0; column < COLUMNS; column++) {
              float value[L];
        #pragma unroll
              for (int lane = 0; lane < L; lane++) value[lane] = widen(line[column].v[lane]);
        #pragma unroll
              for (int ky = 0; ky < KY; ky++) {
                const int fromY = row - ky * DY;
                if (fromY < 0 || fromY %% SY != 0 || fromY / SY >= TY) continue;
        #pragma unroll
                for (int kx = 0; kx < KX; kx++) {
                  const int fromX = column - kx * DX;
                  if (fromX < 0 || fromX %% SX != 0 || fromX / SX >= TX) continue;
        #pragma unroll
                  for (int lane = 0; lane < L; lane++) {
                    sum[fromY / SY][fromX / SX][lane] += value[lane] * taps[ky * KX + kx][lane];
                  }
                }
              }
            }
          }
        #pragma unroll
          for (int down = 0; down < TY; down++) {
        #pragma unroll
            for (int across = 0; across < TX; across++) {
              if (y + down < outHeight && x + across < outWidth) {
                float (&result)[L] = sum[down][across];
                const long long at =
                    ((long long) (image * outHeight + y + down) * outWidth + x + across) * channels + channel;
        %14$s
        %15$s
                *(Pack<Half, L>*) (out + at) = halves(result);
              }
            }
          }
        }
        """.formatted(THREADS, hasBias ? "const Half* bias, " : "", epilogue.parameters(), strip.lanes(),
            strip.across(), strip.down(), window.kernel().get(0), window.kernel().get(1), window.strides().get(0),
            window.strides().get(1), window.dilations().get(0), window.dilations().get(1),
            hasBias ? "widen(bias[channel + lane])" : "0.f", epilogue.loads("at", strip.lanes()),
            epilogue.apply(strip.lanes()));
  }
}
