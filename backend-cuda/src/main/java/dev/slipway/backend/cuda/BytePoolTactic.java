package dev.slipway.backend.cuda;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.backend.TuningChoice;
import dev.slipway.operators.MaxPool;
import dev.slipway.operators.SpatialWindow;
import dev.slipway.tensor.DType;
import dev.slipway.tensor.TensorType;
import java.util.List;

/** Maxima of windows of bytes with channels last, sixteen channels at once. */
final class BytePoolTactic extends CudaTactic {
  private static final String KERNEL = "byte_pool";
  private static final int LANES = 16;

  BytePoolTactic(CudaDevice device) {
    super("cuda.byte_pool", 1, device);
  }

  @Override
  public Support supports(KernelRequest request) {
    if (!(request.op() instanceof MaxPool) || request.outputs().size() != 1) {
      return Requests.operator(request, "MaxPool without indices");
    }
    TensorType input = request.input(0);
    boolean fits = input.dtype() == DType.UINT8 && input.layout().equals(CudaBackend.BYTES)
        && request.output().layout().equals(CudaBackend.BYTES) && input.bytes() > 0 && request.output().bytes() > 0;
    return fits
        ? new Support.Supported(Requests.movementMicros(request))
        : Requests.unsupported("input " + input + " (expected: uint8 in layout " + CudaBackend.BYTES + ")");
  }

  /** Places of windows outside of the picture are left out: no byte is smaller than the zero that stands for them. */
  @Override
  public Kernel build(KernelRequest request, TuningChoice choice, PackedConstants constants) {
    TensorType output = request.output();
    SpatialWindow window = ((MaxPool) request.op()).window();
    WindowSource source = WindowSource.of(request.input(0), window.complete(window.kernel()));
    LoopNest nest = LoopNest.of(output, List.of());
    StringBuilder code = new StringBuilder(CudaTypes.PRELUDE);
    code.append("""
        extern "C" __global__ void __launch_bounds__(256) byte_pool(const unsigned char* a0, unsigned char* out) {
          const unsigned long long thread = blockIdx.x * 256ull + threadIdx.x;
          if (thread >= %dull) return;
          unsigned rest = (unsigned) thread;
        """.formatted(nest.elements() / LANES));
    String[] axes = new String[output.shape().rank()];
    for (int i = nest.loops().size() - 1; i >= 0; i--) {
      int axis = nest.loops().get(i).axis();
      int lanes = axis == 1 ? LANES : 1;
      axes[axis] = "x" + axis;
      code.append("  const int x%d = (int) (rest %% %du) * %d;\n  rest /= %du;\n".formatted(
          axis, nest.loops().get(i).size() / lanes, lanes, nest.loops().get(i).size() / lanes));
    }
    code.append("  uint4 most = {0, 0, 0, 0};\n");
    code.append(source.loops(List.of(axes), """
          const uint4 v = *(const uint4*) (a0 + %s);
          most.x = __vmaxu4(most.x, v.x);
          most.y = __vmaxu4(most.y, v.y);
          most.z = __vmaxu4(most.z, v.z);
          most.w = __vmaxu4(most.w, v.w);
        """.formatted(source.offset(axes[0], axes[1]))));
    code.append("  ((uint4*) out)[thread] = most;\n}\n");
    KernelCompiler.Source text = new KernelCompiler.Source(KERNEL, code.toString(), false);
    List<Launch.Parameter> parameters = List.of(new Launch.Parameter.Input(0), new Launch.Parameter.Output(0));
    return GeneratedKernel.of(
        device, new Launch(device.function(text), Grid.covering(nest.elements() / LANES), 0, parameters));
  }
}
