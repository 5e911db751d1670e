package dev.slipway.backend.cuda;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.Gather;
import dev.slipway.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Rows of a table by their numbers. */
final class GatherTactic extends CudaTactic {

  GatherTactic(CudaDevice device) {
    super("cuda.gather", 1, device);
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof Gather)) {
      return Requests.operator(request, "Gather");
    }
    Optional<String> refusal = Requests.notContiguous(request);
    int bits = request.output().dtype().bits();
    if (refusal.isPresent() || bits < 8 || bits > 64 || request.output().bytes() == 0) {
      return Requests.unsupported(refusal.orElse("output " + request.output() + " (expected: elements of 1 to 8 bytes)"));
    }
    return new Support.Supported(2 + 2.0 * request.output().bytes() / 2e6);
  }

  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    long[] dims = request.input(0).shape().known();
    long wanted = ((Gather) request.op()).axis();
    int axis = (int) (wanted < 0 ? wanted + dims.length : wanted);
    long inner = Shape.product(Arrays.copyOfRange(dims, axis + 1, dims.length));
    long indices = request.input(1).shape().elementCount();
    int lanes = 16 / (request.output().dtype().bits() / 8);
    while (inner % lanes != 0) {
      lanes /= 2;
    }
    long threads = request.output().shape().elementCount() / lanes;
    String source = CudaTypes.PRELUDE + """
        extern "C" __global__ void __launch_bounds__(256) gather(const %1$s* table, const %2$s* indices, %1$s* out) {
          const long long thread = blockIdx.x * 256ll + threadIdx.x;
          if (thread >= %3$dll) return;
          const long long row = thread / %4$dll, column = thread %% %4$dll * %5$d;
          long long index = indices[row %% %6$dll];
          if (index < 0) index += %7$d;
          // What lies outside reads the nearest row instead of foreign memory.
          index = index < 0 ? 0 : index >= %7$d ? %7$d - 1 : index;
          store<%5$d>(out + thread * %5$d, load<%5$d>(table + (row / %6$dll * %7$d + index) * %8$dll + column));
        }
        """.formatted(CudaTypes.bits(request.output().dtype()), CudaTypes.name(request.input(1).dtype()), threads,
            inner / lanes, lanes, indices, dims[axis], inner);
    long function = device.function(new KernelCompiler.Source("gather", source, false));
    return GeneratedKernel.of(device, new Launch(function, Grid.covering(threads), 0,
        List.of(new Launch.Parameter.Input(0), new Launch.Parameter.Input(1), new Launch.Parameter.Output(0))));
  }
}
