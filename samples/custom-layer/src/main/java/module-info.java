/** A layer that Slipway does not have, as a plug-in. */
module dev.slipway.samples.customlayer {
  requires dev.slipway.operators;

  provides dev.slipway.operators.KernelProvider with
      dev.slipway.samples.customlayer.ModulatedDeformConv;
}
