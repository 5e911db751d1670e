/** Post-training quantisation: observers, Q/DQ insertion, repairs, sensitivity and mixed precision. */
module dev.slipway.quantization {
  requires transitive dev.slipway.optimizer;
  requires transitive dev.slipway.runtime;

  exports dev.slipway.quantization;
}
