package dev.slipway.backend.cuda;

import dev.slipway.backend.DeviceArguments;
import java.util.List;
import java.util.Set;

/**
 * Launches of generated kernels, one after the other.
 *
 * @param packed ports of constants that are read in packed form only
 */
record GeneratedKernel(CudaDevice device, List<Launch> launches, long workspaceBytes, Set<Integer> packed)
    implements CudaKernel {

  static GeneratedKernel of(CudaDevice device, Launch launch) {
    return of(device, List.of(launch));
  }

  static GeneratedKernel of(CudaDevice device, List<Launch> launches) {
    return new GeneratedKernel(device, launches, 0, Set.of());
  }

  @Override
  public void enqueue(CudaQueue queue, DeviceArguments arguments) {
    for (Launch launch : launches) {
      launch.enqueue(queue, arguments);
    }
  }

  @Override
  public boolean reads(int port) {
    return !packed.contains(port);
  }
}
