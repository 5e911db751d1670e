package dev.slipway.backend.cuda;

import dev.slipway.backend.DeviceArguments;
import dev.slipway.backend.DeviceKernel;
import dev.slipway.backend.DeviceQueue;

/** What all kernels of this backend share. */
interface CudaKernel extends DeviceKernel {

  CudaDevice device();

  void enqueue(CudaQueue queue, DeviceArguments arguments);

  @Override
  default void enqueue(DeviceQueue queue, DeviceArguments arguments) {
    enqueue((CudaQueue) queue, arguments);
  }

  @Override
  default DeviceQueue newQueue() {
    return device().newQueue();
  }
}
