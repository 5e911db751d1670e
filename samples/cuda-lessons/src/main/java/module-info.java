/** Lessons in CUDA: each a layer with a naive kernel and better ones. */
module dev.slipway.samples.cudalessons {
  requires dev.slipway.builder;
  requires dev.slipway.onnx;
  requires dev.slipway.runtime;

  provides dev.slipway.operators.KernelProvider with
      dev.slipway.samples.cudalessons.MatrixProduct,
      dev.slipway.samples.cudalessons.Transposition,
      dev.slipway.samples.cudalessons.Reduction,
      dev.slipway.samples.cudalessons.Occupancy;
}
