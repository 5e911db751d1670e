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
  private final BlockedOperand input;
  private final BlockedOperand output;
  private final SideOperands sides;
  private final MemorySegment weights;
  private final MemorySegment bias;
  private final int inputPort;

  /**
   * @param weights packed for the window; NULL for a pooling
   * @param bias padded to whole blocks; NULL for a pooling
   */
  WindowKernelAdapter(
      WorkerPool pool,
      KernelRequest request,
      AnchoredGroup group,
      Epilogue epilogue,
      BlockedWindow window,
      MemorySegment weights,
      MemorySegment bias,
      PackedConstants constants) {
    this.pool = pool;
    this.window = window;
    this.weights = weights;
    this.bias = bias;
    inputPort = group.port(0);
    input = BlockedOperand.of(request.input(inputPort), 0);
    output = BlockedOperand.of(request.output(), input.workspaceBytes());
    int blocks = Math.ceilDiv(Requests.dims(request.output())[1], Memory.LANES);
    sides = new SideOperands(
        request, group, epilogue, constants, blocks, true, input.workspaceBytes() + output.workspaceBytes());
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
    return sides.workspaceEnd();
  }

  @Override
  public void run(KernelArguments arguments) {
    long out = arguments.output().address();
    window.run(
        pool,
        new ConvOperands(
            input.read(pool, arguments.input(inputPort).address(), arguments),
            weights.address(),
            bias.address(),
            sides.address(0, pool, arguments),
            sides.address(1, pool, arguments),
            sides.address(2, pool, arguments),
            output.target(out, arguments),
            0));
    output.write(pool, out, arguments);
  }
}
