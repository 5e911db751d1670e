/** The CUDA backend: driver API, NVRTC, cuBLASLt and cuDNN through the foreign function API; kernel generators. */
module dev.slipway.backend.cuda {
  requires transitive dev.slipway.backend;

  exports dev.slipway.backend.cuda;

  provides dev.slipway.backend.BackendProvider with
      dev.slipway.backend.cuda.CudaBackendProvider;
}
