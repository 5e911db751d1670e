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
      return new Availability.Usable(libraries.driver().deviceName(0) + (devices > 1 ? " and " + (devices - 1) + " more" : "")
          + ", driver API " + libraries.driver().version() + "; " + String.join("; ", libraries.locations()));
    } catch (BackendUnavailableException | CudaException e) {
      return new Availability.Unusable(e.getMessage());
    }
  }

  @Override
  public Backend open(BackendOptions options) {
    return new CudaBackend(new OpenCudaDevice(CudaLibraries.load(), options.ordinal()));
  }
}
