package dev.slipway.backend;

import java.util.List;

/**
 * The memory of one run of a {@link DeviceKernel}: a buffer for each input and output of the request, of at least its
 * size. {@link DeviceBuffer#NONE} stands for inputs that are absent, and for constants that the kernel does not read.
 *
 * @param workspace {@link Kernel#workspaceBytes()} bytes, aligned to 256
 */
public record DeviceArguments(List<DeviceBuffer> inputs, List<DeviceBuffer> outputs, DeviceBuffer workspace) {
  public DeviceArguments {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  public DeviceBuffer input(int port) {
    return inputs.get(port);
  }

  public DeviceBuffer output(int port) {
    return outputs.get(port);
  }

  /** The first output, which most kernels have alone. */
  public DeviceBuffer output() {
    return outputs.getFirst();
  }
}
