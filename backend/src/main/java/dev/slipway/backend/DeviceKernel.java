package dev.slipway.backend;

import java.util.ArrayList;
import java.util.List;

/** A kernel of a device with memory of its own, as {@link Backend#newQueue} gives one. */
public interface DeviceKernel extends Kernel {

  /** Enqueues the computation and returns; allocates nothing on the device. */
  void enqueue(DeviceQueue queue, DeviceArguments arguments);

  /** Whether a run reads this constant input; where the kernel has it packed, the device need not hold it twice. */
  default boolean reads(int port) {
    return true;
  }

  /** A queue of the kernel's device; the caller closes it. */
  DeviceQueue newQueue();

  /** Computes on memory of the host by copies to the device and back, to try one kernel. */
  @Override
  default void run(KernelArguments arguments) {
    try (DeviceQueue queue = newQueue()) {
      List<DeviceBuffer> inputs = new ArrayList<>();
      for (int port = 0; port < arguments.inputCount(); port++) {
        DeviceBuffer input = queue.allocate(arguments.input(port).byteSize());
        queue.upload(arguments.input(port), input);
        inputs.add(input);
      }
      List<DeviceBuffer> outputs = new ArrayList<>();
      for (int port = 0; port < arguments.outputCount(); port++) {
        DeviceBuffer output = queue.allocate(arguments.output(port).byteSize());
        queue.upload(arguments.output(port), output);
        outputs.add(output);
      }
      enqueue(queue, new DeviceArguments(inputs, outputs, queue.allocate(workspaceBytes())));
      for (int port = 0; port < outputs.size(); port++) {
        queue.download(outputs.get(port), arguments.output(port));
      }
      queue.synchronize();
    }
  }
}
