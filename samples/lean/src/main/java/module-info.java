/** A small application on the lean runtime. */
module dev.slipway.samples.lean {
  requires dev.slipway.runtime;
}
