/** Images to tensors and back: decoding, resizing, normalising, box decoding and drawing. */
module dev.slipway.vision {
  requires transitive dev.slipway.runtime;
  requires java.desktop;

  exports dev.slipway.vision;

  provides dev.slipway.operators.KernelProvider with
      dev.slipway.vision.PreprocessingLayer;
}
