package dev.slipway.backend.cuda;

import dev.slipway.backend.Availability;
import dev.slipway.backend.Backend;
import dev.slipway.backend.BackendOptions;
import dev.slipway.backend.BackendProvider;
import dev.slipway.backend.BackendUnavailableException;

/** Kernels on NVIDIA GPUs, through the driver, NVRTC, cuBLASLt and cuDNN. */
public final class CudaBackendProvider implements BackendProvider {

  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public Availability availability() {
    try {
      CudaLibraries libraries = CudaLibraries.load();
      libraries.driver().init();
      int devices = libraries.driver().deviceCount();
      if (devices == 0) {
        return new Availability.Unusable("the driver finds no GPU");
      }
      Driver driver = libraries.driver();
      return new Availability.Usable(driver.deviceName(0) + (devices > 1 ? " and " + (devices - 1) + " more" : "")
          + ", compute capability " + driver.attribute(0, Driver.COMPUTE_CAPABILITY_MAJOR) + "."
          + driver.attribute(0, Driver.COMPUTE_CAPABILITY_MINOR) + ", " + driver.attribute(0, Driver.MULTIPROCESSORS)
          + " multiprocessors, " + (driver.deviceMemory(0) >> 20) + " MiB; " + String.join("; ", libraries.locations()));
    } catch (BackendUnavailableException | CudaException e) {
      return new Availability.Unusable(e.getMessage());
    }
  }

  @Override
  public int deviceCount() {
    Driver driver = CudaLibraries.load().driver();
    driver.init();
    return driver.deviceCount();
  }

  @Override
  public Backend open(BackendOptions options) {
    return new CudaBackend(new OpenCudaDevice(CudaLibraries.load(), options.ordinal()));
  }
}
