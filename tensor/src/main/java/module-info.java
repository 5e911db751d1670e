/** Element types, symbolic shapes, and tensors as views of memory. */
module dev.slipway.tensor {
  exports dev.slipway.tensor;
}
