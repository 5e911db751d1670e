package dev.slipway.backend.cpu;

import dev.slipway.backend.Kernel;
import dev.slipway.backend.KernelArguments;
import dev.slipway.backend.KernelRequest;
import dev.slipway.backend.PackedConstants;
import dev.slipway.backend.Support;
import dev.slipway.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** A {@link BlockedWindow} as the kernel of a request: depthwise convolution and pooling. */
final class WindowKernelAdapter implements Kernel {
  private static final int CHANNEL_AXIS = 1;

  private final WorkerPool pool;
  private final BlockedWindow window;
  private final ConvArguments operands;
  private final MemorySegment weights;

  /**
   * @param weights packed for the window; NULL for a pooling
   */
  WindowKernelAdapter(
      WorkerPool pool,
      KernelRequest request,
      AnchoredGroup group,
      Epilogue epilogue,
      BlockedWindow window,
      MemorySegment weights,
      PackedConstants constants) {
    this.pool = pool;
    this.window = window;
    this.weights = weights;
    int blocks = Math.ceilDiv(Requests.dims(request.output())[1], Memory.LANES);
    operands = ConvArguments.blocked(request, group, epilogue, constants, blocks);
  }

  /** What holds for all windows: types, layouts, the epilogue. */
  static Support supports(KernelRequest request, AnchoredGroup group, ConvShape shape, int threads) {
    Optional<String> type = Requests.notFloat32(request);
    if (type.isPresent()) {
      return Requests.unsupported(type.get());
    }
    TensorType in = request.input(group.port(0));
    if (!Requests.isOwnLayout(in) || !Requests.isOwnLayout(request.output())) {
      return Requests.unsupported(
          "layouts " + in.layout() + " to " + request.output().layout() + " (expected: contiguous or "
              + Requests.BLOCKED + ")");
    }
    if (Requests.elements(in) == 0 || Requests.elements(request.output()) == 0) {
      return Requests.unsupported("empty activations");
    }
    Optional<Epilogue> epilogue = group.epilogue(request, CHANNEL_AXIS);
    if (epilogue.isEmpty()) {
      return Requests.unsupported(group.refusal(request, CHANNEL_AXIS));
    }
    if (shape.batch() > 1 && ConvTactic.variesByImage(request, group, epilogue.get())) {
      return Requests.unsupported(
          "a computed epilogue input for each channel, batch " + shape.batch() + " (expected: 1)");
    }
    double taps = (double) Requests.elements(request.output()) * shape.kernelHeight() * shape.kernelWidth();
    double copied = (Requests.isBlocked(in) ? 0 : Requests.elements(in))
        + (Requests.isBlocked(request.output()) ? 0 : Requests.elements(request.output()));
    return new Support.Supported((taps / Memory.LANES / 2 + copied) / 1000 / threads);
  }

  @Override
  public long workspaceBytes() {
    return operands.workspaceEnd();
  }

  @Override
  public void run(KernelArguments arguments) {
    window.run(pool, operands.read(pool, arguments, weights));
    operands.write(pool, arguments);
  }
}
