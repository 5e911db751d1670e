package dev.slipway.backend.cpu;

/** An elementwise expression over a run of output elements that lie without gaps. */
interface PointwiseKernel {
  /**
   * Addresses are absolute, in bytes; those of operands that are not there are ignored. The output may be an operand
   * that advances.
   *
   * @param count elements; a multiple of the vector length where an operand repeats a vector
   */
  void run(
      long operand0,
      long operand1,
      long operand2,
      long operand3,
      long operand4,
      long operand5,
      long output,
      int count);
}
