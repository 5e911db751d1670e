/** Images to tensors and back: decoding, resizing, normalising, box decoding and drawing. */
module dev.slipway.vision {
  requires transitive dev.slipway.runtime;
  requires java.desktop;

  exports dev.slipway.vision;
}
