package dev.slipway.backend.cpu;

/** A {@link LinearTransform} of vectors in memory, repeated along a row. */
interface TransformKernel {
  /**
   * Applies the transform {@code count} times. All addresses are absolute, in bytes.
   *
   * @param inputs table of the addresses of the inputs of the first time
   * @param offset is added to each of them
   * @param inputStep bytes from the inputs of one time to those of the next
   * @param output the first output of the first time
   * @param outputStride bytes between two outputs of one time
   * @param outputStep bytes from the outputs of one time to those of the next
   * @param bias one vector
   */
  void run(
      long inputs,
      long offset,
      long inputStep,
      long output,
      long outputStride,
      long outputStep,
      long bias,
      int count);
}
