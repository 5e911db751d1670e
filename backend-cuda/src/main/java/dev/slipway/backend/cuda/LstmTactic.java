package dev.slipway.backend.cuda;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.LSTM;
import dev.slipway.operators.Recurrence;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Long short-term memory, a block for each sequence and direction: its warps share the rows of the gates, and the state
 * stays in the block's memory in float32.
 */
final class LstmTactic extends CudaTactic {
  private static final int THREADS = 1024;
  private static final int SEQUENCE_LENGTHS = 4;
  private static final int INPUTS = 8;
  private static final int OUTPUTS = 3;
  private static final long MOST_SHARED_BYTES = 48 << 10;
  private static final double WEIGHTS_PER_MICRO = 3e4;
  private static final List<String> USUAL = List.of("sigmoid", "tanh", "tanh");

  LstmTactic(CudaDevice device) {
    super("cuda.lstm", 1, device);
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof LSTM lstm)) {
      return Requests.operator(request, "LSTM");
    }
    Optional<String> refusal = refusal(request, lstm.recurrence());
    if (refusal.isPresent()) {
      return Requests.unsupported(refusal.get());
    }
    Extents extents = Extents.of(request, lstm.recurrence());
    double weights = 4.0 * extents.hidden() * (extents.inputs() + extents.hidden()) * extents.steps();
    return new Support.Supported(5 + weights / WEIGHTS_PER_MICRO);
  }

  private static Optional<String> refusal(KernelRequest request, Recurrence recurrence) {
    for (int i = 0; i < recurrence.activations().size(); i++) {
      if (!recurrence.activations().get(i).toLowerCase(Locale.ROOT).equals(USUAL.get(i % USUAL.size()))) {
        return Optional.of("activations " + recurrence.activations() + " (expected: " + USUAL + ")");
      }
    }
    DType type = request.input(0).dtype();
    for (int port = 0; port < request.inputs().size(); port++) {
      DType expected = port == SEQUENCE_LENGTHS ? DType.INT32 : type;
      if (request.has(port) && request.input(port).dtype() != expected || !CudaTypes.REALS.contains(type)) {
        return Optional.of("element type " + request.input(port).dtype() + " (expected: one of " + CudaTypes.REALS + ")");
      }
    }
    if (request.outputs().stream().anyMatch(output -> output.bytes() == 0) || request.input(0).bytes() == 0) {
      return Optional.of("no elements (expected: some)");
    }
    Extents extents = Extents.of(request, recurrence);
    return extents.sharedBytes() > MOST_SHARED_BYTES
        ? Optional.of("sizes " + extents + " (expected: state, gates and input in " + MOST_SHARED_BYTES + " bytes)")
        : Requests.notContiguous(request);
  }

  private record Extents(long steps, long batch, long inputs, long hidden, long directions) {
    static Extents of(KernelRequest request, Recurrence recurrence) {
      long[] x = request.input(0).shape().known();
      int sequence = recurrence.layout() == 0 ? 0 : 1;
      return new Extents(
          x[sequence], x[1 - sequence], x[2], request.input(2).shape().known()[2], recurrence.direction().count());
    }

    /** Both states, an input, and four gates. */
    long sharedBytes() {
      return (6 * hidden + inputs) * Float.BYTES;
    }
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    LSTM lstm = (LSTM) request.op();
    Extents extents = Extents.of(request, lstm.recurrence());
    List<Launch.Parameter> parameters = new ArrayList<>();
    for (int port = 0; port < INPUTS; port++) {
      parameters.add(request.has(port) ? new Launch.Parameter.Input(port) : new Launch.Parameter.Number(0));
    }
    for (int port = 0; port < OUTPUTS; port++) {
      boolean isThere = port < request.outputs().size();
      parameters.add(isThere ? new Launch.Parameter.Output(port) : new Launch.Parameter.Number(0));
    }
    long function =
        device.function(new KernelCompiler.Source("lstm", source(lstm, request.input(0), extents), false));
    Grid grid = Grid.blocks(extents.batch() * extents.directions(), THREADS);
    return GeneratedKernel.of(
        device, new Launch(function, grid, Math.toIntExact(extents.sharedBytes()), parameters));
  }

  private static String source(LSTM lstm, TensorType type, Extents extents) {
    Recurrence recurrence = lstm.recurrence();
    float clip = recurrence.clip();
    String bounded = Float.isInfinite(clip) ? "x" : "minimum(maximum(x, -" + clip + "f), " + clip + "f)";
    return CudaTypes.PRELUDE + """
        typedef %1$s Real;
        constexpr int STEPS = %2$d, BATCH = %3$d, INPUTS = %4$d, HIDDEN = %5$d, DIRECTIONS = %6$d, THREADS = %7$d;
        constexpr bool BATCH_FIRST = %8$b, BACKWARDS = %9$b, INPUT_FORGET = %10$b;
        __device__ __forceinline__ float bounded(float x) { return %11$s; }
        __device__ __forceinline__ float gate(float x) { return sigmoid(bounded(x)); }

        // The sum over k of rows[k] * vector[k], in all lanes.
        __device__ __forceinline__ float product(const Real* row, const float* vector, int count, int lane) {
          float sum = 0.f;
          for (int k = lane; k < count; k += 32) sum += widen(row[k]) * vector[k];
        #pragma unroll
          for (int distance = 16; distance > 0; distance /= 2) sum += __shfl_xor_sync(0xffffffffu, sum, distance);
          return sum;
        }

        extern "C" __global__ void __launch_bounds__(THREADS) lstm(const Real* x, const Real* w, const Real* r,
            const Real* bias, const int* lengths, const Real* h0, const Real* c0, const Real* peepholes,
            Real* y, Real* lastH, Real* lastC) {
          extern __shared__ float shared[];
          float *h = shared, *c = h + HIDDEN, *gates = c + HIDDEN, *in = gates + 4 * HIDDEN;
          const int n = blockIdx.x %% BATCH, d = blockIdx.x / BATCH;
          const int lane = threadIdx.x %% 32, warp = threadIdx.x / 32;
          const long long state = (long long) (BATCH_FIRST ? n * DIRECTIONS + d : d * BATCH + n) * HIDDEN;
          const bool backwards = BACKWARDS || d == 1;
          w += (long long) d * 4 * HIDDEN * INPUTS;
          r += (long long) d * 4 * HIDDEN * HIDDEN;
          if (bias) bias += d * 8 * HIDDEN;
          if (peepholes) peepholes += d * 3 * HIDDEN;
          for (int i = threadIdx.x; i < HIDDEN; i += THREADS) {
            h[i] = h0 ? widen(h0[state + i]) : 0.f;
            c[i] = c0 ? widen(c0[state + i]) : 0.f;
          }
          const int length = lengths ? min(max(lengths[n], 0), STEPS) : STEPS;
          for (int step = 0; step < STEPS; step++) {
            const bool runs = step < length;
            const int t = runs && backwards ? length - 1 - step : step;
            if (runs) {
              const long long from = (BATCH_FIRST ? (long long) n * STEPS + t : (long long) t * BATCH + n) * INPUTS;
              for (int i = threadIdx.x; i < INPUTS; i += THREADS) in[i] = widen(x[from + i]);
              __syncthreads();
              for (int row = warp; row < 4 * HIDDEN; row += THREADS / 32) {
                const float sum = product(w + (long long) row * INPUTS, in, INPUTS, lane)
                    + product(r + (long long) row * HIDDEN, h, HIDDEN, lane);
                if (lane == 0) gates[row] = sum + (bias ? widen(bias[row]) + widen(bias[4 * HIDDEN + row]) : 0.f);
              }
              __syncthreads();
            }
            const long long to = (BATCH_FIRST ? ((long long) n * STEPS + t) * DIRECTIONS + d
                : ((long long) t * DIRECTIONS + d) * BATCH + n) * HIDDEN;
            for (int i = threadIdx.x; i < HIDDEN; i += THREADS) {
              if (runs) {
                const float before = c[i];
                const float pi = peepholes ? widen(peepholes[i]) : 0.f;
                const float po = peepholes ? widen(peepholes[HIDDEN + i]) : 0.f;
                const float pf = peepholes ? widen(peepholes[2 * HIDDEN + i]) : 0.f;
                const float take = gate(gates[i] + pi * before);
                const float keep = INPUT_FORGET ? 1.f - take : gate(gates[2 * HIDDEN + i] + pf * before);
                c[i] = keep * before + take * tanhf(bounded(gates[3 * HIDDEN + i]));
                h[i] = gate(gates[HIDDEN + i] + po * c[i]) * tanhf(bounded(c[i]));
              }
              if (y) y[to + i] = narrow<Real>(runs ? h[i] : 0.f);
            }
            __syncthreads();
          }
          for (int i = threadIdx.x; i < HIDDEN; i += THREADS) {
            if (lastH) lastH[state + i] = narrow<Real>(h[i]);
            if (lastC) lastC[state + i] = narrow<Real>(c[i]);
          }
        }
        """.formatted(CudaTypes.name(type.dtype()), extents.steps(), extents.batch(), extents.inputs(), extents.hidden(),
            extents.directions(), THREADS, recurrence.layout() == 1,
            recurrence.direction() == Recurrence.Direction.REVERSE, lstm.inputForget(), bounded);
  }
}
